/**
 * Makes a package of this checkout: its files, and the command line as one file, bundled, with the
 * engine's bytecode for it beside it. So a start reads two files instead of ninety, and transpiles
 * and parses none of them. Another Bun than the one that has made the bytecode ignores it and
 * parses the bundle (bun-types/docs/bundler/bytecode.mdx).
 *
 *   bun bundle.ts            the bundle, in dist/; what `prepack` does
 *   bun bundle.ts FOLDER     the whole package, laid out in FOLDER as it is installed
 *
 * What imports the package gets the sources, with their types; so do its workers, which are
 * programs of their own.
 */

import { cpSync } from "node:fs";
import { join, relative } from "node:path";

import about from "./package.json";

/**
 * A bundle would say of each module that it lies where it lay when it was bundled. It has to say
 * where it lies in the package, beside which is the program, bin/postern.ts.
 */
const ownPlaces = (root: string): Bun.BunPlugin => ({
  name: "own places",
  setup: (build) => {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const place = JSON.stringify(`/../../${relative(root, path)}`);
      const source = await Bun.file(path).text();
      const contents = source.replaceAll(
        "import.meta.url",
        `Bun.pathToFileURL(Bun.main + ${place}).href`,
      );
      if (contents.includes("import.meta.")) throw new Error(`${path}: where does it lie?`);
      return { contents, loader: "ts" };
    });
  },
});

/** Bundles the command line of the package in `root` into its dist/. */
async function bundle(root: string): Promise<void> {
  await Bun.build({
    entrypoints: [join(root, "src/cli/main.ts")],
    outdir: join(root, "dist"),
    naming: "postern.js",
    target: "bun",
    // The only one that may have bytecode beside it.
    format: "cjs",
    bytecode: true,
    minify: true,
    // Read when an error is shown, whose stack then names the sources.
    sourcemap: "linked",
    external: Object.keys(about.dependencies),
    plugins: [ownPlaces(root)],
  });
}

/** Lays the package out in `folder`, without what it depends on. */
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
