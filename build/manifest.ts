/**
 * The manifest of the package, and the licences of what it contains. The checkout's package.json
 * describes the sources: their dependencies, their scripts, and an export of the sources
 * themselves. The package has none of these.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import about from "../package.json";

/**
 * The files of the package, besides what npm adds: package.json, README.md and LICENSE. Pages about
 * other programs, and about former versions, are in the repository alone.
 */
export const packedFiles = [
  "bin",
  "dist",
  "docs/*.md",
  "!docs/findings*.md",
  "!docs/peers.md",
  "docs/*.json",
  "fixtures/wire",
  "fixtures/clients",
  "examples/clients",
] as const;

const elsewhere = "./bin/needs-bun.cjs";

/** The package's package.json. */
export function packageManifest(): Record<string, unknown> {
  const {
    scripts: _scripts,
    dependencies: _dependencies,
    workspaces: _workspaces,
    packageManager: _packageManager,
    ...kept
  } = about;
  return {
    ...kept,
    exports: {
      ".": { types: "./dist/index.d.ts", bun: "./dist/index.js", default: elsewhere },
      "./check": { types: "./dist/check.d.ts", bun: "./dist/check.js", default: elsewhere },
      "./package.json": "./package.json",
    },
    files: packedFiles,
  };
}

/** The folder in node_modules of the package that the file at `path` belongs to. */
function packageFolder(path: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
}

/** The licences of the packages that `modules`, paths below `root`, belong to, with their texts. */
export function licenceTexts(root: string, modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((path) => packageFolder(path) ?? []));
  const texts = [...folders].toSorted().map((folder) => {
    const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
    if (file === undefined) throw new Error(`${folder} has no file of its licence`);
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, "package.json"), "utf8"),
    ) as { readonly name: string; readonly version: string; readonly license: string };
    const text = readFileSync(join(root, folder, file), "utf8")
      .replaceAll("\r\n", "\n")
      .trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  const beginning = "postern contains code of these packages, under their licences.\n";
  return [beginning, ...texts].join(`\n${"-".repeat(80)}\n\n`);
}
