/**
 * What `import "postern"` and `import "postern/check"` find under Node and other runtimes than Bun.
 * It names what these export, so that an import gets as far as this error, instead of one about a
 * missing name.
 */

exports.BodyError = undefined;
exports.ResponseBuilder = undefined;
exports.ServeError = undefined;
exports.defaultLimits = undefined;
exports.defineConfig = undefined;
exports.recordScripts = undefined;
exports.serve = undefined;
exports.wire = undefined;
exports.wireClient = undefined;

const error = new Error(
  "postern needs Bun (https://bun.com): npm install --global bun, and run this program with bun",
);
// The stack shows only the loader.
error.stack = `Error: ${error.message}`;
throw error;
