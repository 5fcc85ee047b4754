/**
 * Smaller forms of modules in packages of the registry, for a bundle that holds them. What they
 * export stays the same.
 */

import { join } from "node:path";

/** The helpers that TypeScript's output calls, in the form of which a bundler leaves out most. */
const helpers = "tslib/tslib.es6.mjs";

/** A table of media types by name, as the one export of a module. */
const mediaTypes = /\/mime\/dist\/types\/\w+\.js$/;

/** Gives the bundler the smaller forms of the packages that the checkout at `root` has installed. */
export function leanPackages(root: string): Bun.BunPlugin {
  return {
    name: "lean packages",
    setup: (build) => {
      // Where Node is one of its conditions, the package leads to a form that is loaded whole.
      build.onResolve({ filter: /^tslib$/ }, () => ({
        path: Bun.resolveSync(helpers, join(root, "node_modules")),
      }));
      build.onLoad({ filter: mediaTypes }, async ({ path }) => {
        const { default: types } = (await import(path)) as { readonly default: object };
        // The bytecode of an object's literal takes four times its text; a text is taken as it is.
        const text = JSON.stringify(JSON.stringify(types));
        return { contents: `export default Object.freeze(JSON.parse(${text}));`, loader: "js" };
      });
    },
  };
}
