/**
 * The programs that postern starts beside its own: threads, and the processes of `--workers`. In the
 * sources each is named by its file, relative to the module that starts it. In a package or an
 * executable it is a file beside the bundle. In a bundle, `import.meta.url` would be the module's
 * path on the machine that made the bundle, so the bundler is given other text in its place.
 */

import { basename, join, relative } from "node:path";

import { uploadScript } from "../src/site/upload-area/upload-script.ts";
import { bytes, kibibytes, mebibytes, milliseconds, seconds } from "../src/base/units.ts";

/** The programs of threads. Each is a bundle of its own. */
export const threads = [
  "src/cli/config/config-worker.ts",
  "src/site/markdown/markdown-worker.ts",
  "src/site/variants/zlib-worker.ts",
] as const;

/** The program of a worker process. */
export const workerProcess = "src/cli/workers/worker.ts";

const names: ReadonlySet<string> = new Set(
  [...threads, workerProcess].map((path) => basename(path)),
);

/** The file of a bundled program: "zlib-worker.js". */
export function programFile(path: string): string {
  return `${basename(path, ".ts")}.js`;
}

const units = { bytes, kibibytes, mebibytes, milliseconds, seconds };

/** A quantity with its unit: `kibibytes(8)`. */
const quantity = new RegExp(`\\b(${Object.keys(units).join("|")})\\(([\\d_]+)\\)`, "g");

/**
 * `source` with quantities as numbers. The defaults of the limits call for 110 of them at each
 * start, so often that the engine compiles the functions.
 */
function withNumbers(source: string): string {
  return source.replaceAll(quantity, (_, unit: keyof typeof units, count: string) =>
    String(units[unit](Number(count.replaceAll("_", "")))),
  );
}

/**
 * `source`, the text of the module at `path`, for a bundle whose own URL is what the expression
 * `bundleUrl` gives. `fileOf` names the file beside it that a program, by its path, is in. Throws
 * where the module asks for its place in another way than for a program.
 */
export function bundledText(
  path: string,
  source: string,
  bundleUrl: string,
  fileOf = programFile,
): string {
  // With a first line for the system's loader, a file would be taken for a program of Bun's.
  return withNumbers(source)
    .replace(/^#!.*\n/, "")
    .replaceAll(
      /new URL\("\.\/([\w-]+\.ts)", import\.meta\.url\)|import\.meta\.main|import\.meta\.\w+/g,
      (found, name: string | undefined) => {
        // What is bundled is the library, and not run itself.
        if (found === "import.meta.main") return "false";
        if (name !== undefined && names.has(name)) {
          return `new URL("./${fileOf(name)}", ${bundleUrl})`;
        }
        throw new Error(`${path}: the bundle can't replace ${found}; see build/programs.ts`);
      },
    );
}

/**
 * Gives the bundler the modules of the checkout at `root` as `bundledText` makes them, and then
 * `change`, which is told a module's path below `root`.
 */
export function programPlaces(
  root: string,
  bundleUrl: string,
  change = (_name: string, text: string): string => text,
  fileOf = programFile,
): Bun.BunPlugin {
  return {
    name: "program places",
    setup: (build) => {
      // The script of each listing, as it is sent: without its comments.
      build.onLoad({ filter: /\/upload-area\/page-script\.txt$/ }, () => {
        return { contents: uploadScript, loader: "text" };
      });
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const name = relative(root, path);
        if (!/^(?:index\.ts$|src\/)/.test(name)) return undefined;
        const source = await Bun.file(join(root, name)).text();
        const contents = change(name, bundledText(name, source, bundleUrl, fileOf));
        return { contents, loader: "ts" };
      });
    },
  };
}
