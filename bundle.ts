/**
 * Makes the package: the programs of this checkout in a few files with the engine's bytecode
 * (`build/parts.ts`), the declarations of what it exports (`build/declarations.ts`), the manual page,
 * a manifest of its own (`build/manifest.ts`), and documents and wire scripts as they are.
 *
 *   bun bundle.ts FOLDER      the package, laid out in FOLDER as it is installed
 *   bun bundle.ts --prepack   the package in the checkout itself, for `npm pack` and `bun pm pack`,
 *                             until `postpack` has made it a checkout again
 */

import { cpSync, globSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { writeDeclarations } from "./build/declarations.ts";
import { licenceTexts, packageManifest, packedFiles } from "./build/manifest.ts";
import { manualPage } from "./src/cli/manual/manual-page.ts";
import about from "./package.json";
import { exportedValues, readProgram, writeLibraries, writePrograms } from "./build/parts.ts";

const root = import.meta.dir;

/** Where the checkout's manifest is while the package's is in its place; `postpack` moves it back. */
const checkoutManifest = join(root, "package.json.checkout");

/** Writes to `folder` what the checkout itself hasn't: programs, declarations, the manual. */
async function build(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const dist = join(folder, "dist");
  const program = await readProgram();
  const modules = await writePrograms(dist, program);
  await writeLibraries(dist, program);
  await writeDeclarations(root, dist, exportedValues());
  // `man` of package.json is a list, since npm 11 puts no single path where `man` looks.
  for (const page of about.man) await Bun.write(join(folder, page), manualPage());
  await Bun.write(join(dist, "licences.txt"), licenceTexts(root, [...modules.values()].flat()));
  return modules;
}

function writeManifest(folder: string): Promise<number> {
  const text = `${JSON.stringify(packageManifest(), undefined, 2)}\n`;
  return Bun.write(join(folder, "package.json"), text);
}

/**
 * Writes the package to `folder`. Returns the modules in each file of its dist/, relative to the
 * checkout.
 */
async function layOut(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const built = await build(folder);
  const copied = ["README.md", "LICENSE", ...packedFiles].filter((name) => name !== "dist");
  const left = copied.filter((pattern) => pattern.startsWith("!"));
  const exclude = left.flatMap((pattern) => globSync(pattern.slice(1), { cwd: root }));
  for (const name of copied.flatMap((pattern) => globSync(pattern, { cwd: root, exclude }))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  await writeManifest(folder);
  return built;
}

/** Makes the checkout the package. Its manifest is replaced last, when nothing more can fail. */
async function prepack(): Promise<void> {
  await build(root);
  renameSync(join(root, "package.json"), checkoutManifest);
  await writeManifest(root);
}

if (import.meta.main) {
  const [word] = process.argv.slice(2);
  if (word === "--prepack") await prepack();
  else if (word !== undefined) await layOut(resolve(word));
  else throw new Error("a folder is missing: bun bundle.ts FOLDER");
}
