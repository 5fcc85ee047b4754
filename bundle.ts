/**
 * Builds the package: the files of this checkout, and the command line as one bundled file with the
 * engine's bytecode. A start then reads two files instead of ninety, and transpiles and parses none
 * of them. A different version of Bun ignores the bytecode and parses the bundle
 * (bun-types/docs/bundler/bytecode.mdx).
 *
 *   bun bundle.ts            the bundle, in dist/; what `prepack` does
 *   bun bundle.ts FOLDER     the whole package, laid out in FOLDER as it is installed
 *
 * Programs that import the package get the sources, with their types. Workers also run from the
 * sources, because each is a program of its own.
 */

import { cpSync } from "node:fs";
import { join, relative } from "node:path";

import about from "./package.json";

/**
 * In a bundle, `import.meta.url` would be the path of the module on the machine that made the
 * bundle. This plugin replaces it with the module's path in the installed package, relative to the
 * program, bin/postern.ts.
 */
const modulePaths = (root: string): Bun.BunPlugin => ({
  name: "module paths",
  setup: (build) => {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const place = JSON.stringify(`/../../${relative(root, path)}`);
      const source = await Bun.file(path).text();
      const contents = source.replaceAll(
        "import.meta.url",
        `Bun.pathToFileURL(Bun.main + ${place}).href`,
      );
      if (contents.includes("import.meta."))
        throw new Error(`${path}: import.meta is used in a way that the bundle cannot replace`);
      return { contents, loader: "ts" };
    });
  },
});

/** Bundles the command line of the package in `root` into dist/. */
async function bundle(root: string): Promise<void> {
  await Bun.build({
    entrypoints: [join(root, "src/cli/main.ts")],
    outdir: join(root, "dist"),
    naming: "postern.js",
    target: "bun",
    // The only format that supports bytecode.
    format: "cjs",
    bytecode: true,
    minify: true,
    // Maps the stack of an error to the sources.
    sourcemap: "linked",
    external: Object.keys(about.dependencies),
    plugins: [modulePaths(root)],
  });
}

/** Writes the package to `folder`, without its dependencies. */
export async function layOut(folder: string): Promise<void> {
  for (const name of ["package.json", ...about.files]) {
    if (name === "dist") continue;
    cpSync(join(import.meta.dir, name), join(folder, name), { recursive: true });
  }
  await bundle(folder);
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  await (folder === undefined ? bundle(import.meta.dir) : layOut(folder));
}
