/**
 * What `import "postern"` finds under Node and other runtimes than Bun. It names what index.ts
 * exports, so that an import gets as far as this error, instead of one about a missing name.
 */

exports.BodyError = undefined;
exports.ResponseBuilder = undefined;
exports.ServeError = undefined;
exports.defaultLimits = undefined;
exports.defineConfig = undefined;
exports.serve = undefined;

const error = new Error("postern needs Bun: run this program with bun (https://bun.com)");
// The stack shows only the loader.
error.stack = `Error: ${error.message}`;
throw error;
