/**
 * Makes executables: postern in one file, with the runtime, which need neither Bun nor a package.
 *
 *   bun run build                 the one for this machine, dist/bin/postern
 *   bun run build TARGET...       those for other machines, dist/bin/postern-TARGET
 *   bun run build all             all of them
 *
 * A target is "linux-x64", "linux-x64-musl", "darwin-arm64" and so on. For another machine's, Bun
 * first gets its runtime from the npm registry.
 *
 * The bundler splits the code in chunks, each with the engine's bytecode, so that a start reads no
 * more than it uses. The programs of threads are entries of their own.
 */

import { mkdirSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";

import { licenceTexts } from "./manifest.ts";
import { leanPackages } from "./lean-packages.ts";
import { programPlaces, threads } from "./programs.ts";

const root = join(import.meta.dir, "..");

/** What executables can be made for. */
const targets = [
  "linux-x64",
  "linux-x64-musl",
  "linux-arm64",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
  "windows-x64",
  "windows-arm64",
] as const;

type Target = (typeof targets)[number];

/** The modules of an executable, relative to the checkout. */
function modulesIn({ metafile }: Bun.BuildOutput): readonly string[] {
  return Object.keys(metafile?.inputs ?? {});
}

/**
 * Makes the executable for `target`, this machine if it is absent, in `folder`, with the licences of
 * what it contains beside it. Returns the path of the executable.
 */
export async function buildExecutable(folder: string, target?: Target): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, target === undefined ? "postern" : `postern-${target}`);
  rmSync(outfile, { force: true });
  const built = await Bun.build({
    entrypoints: [join(root, "build/executable.ts"), ...threads.map((path) => join(root, path))],
    naming: "[name].[ext]",
    target: "bun",
    format: "esm",
    splitting: true,
    bytecode: true,
    minify: true,
    metafile: true,
    // The current folder may be one that isn't trusted.
    compile: {
      outfile,
      autoloadBunfig: false,
      autoloadDotenv: false,
      ...(target === undefined ? {} : { target: `bun-${target}` as const }),
    },
    plugins: [programPlaces(root, "import.meta.url"), leanPackages(root)],
  });
  await Bun.write(join(folder, "licences.txt"), licenceTexts(root, modulesIn(built)));
  return target?.startsWith("windows") === true ? `${outfile}.exe` : outfile;
}

async function main(words: readonly string[]): Promise<void> {
  const folder = resolve(root, "dist/bin");
  const wanted = words.includes("all") ? targets : words;
  const unknown = wanted.find((word) => !(targets as readonly string[]).includes(word));
  if (unknown !== undefined) {
    process.stderr.write(`${unknown} is no target; they are all, ${targets.join(", ")}\n`);
    process.exitCode = 2;
    return;
  }
  for (const target of wanted.length === 0 ? [undefined] : (wanted as readonly Target[])) {
    const path = await buildExecutable(folder, target);
    const megabytes = (Bun.file(path).size / 1e6).toFixed(0);
    process.stdout.write(`dist/bin/${basename(path)}  ${megabytes} MB\n`);
  }
}

if (import.meta.main) await main(process.argv.slice(2));
