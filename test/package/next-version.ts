/**
 * Another version of a package that is installed: a package like it, whose code says another
 * version, and whose parts have other names, as those of every other version have. It has no
 * bytecode, so it takes no second build.
 */

import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import about from "../../package.json";
import type { PackedPackage } from "./packed-package.ts";

/** The digest in the names of an installed package's parts. */
function digestIn(dist: string): string {
  const part = readdirSync(dist).find((name) => /^often-[0-9a-f]{8}\.js$/.test(name));
  if (part === undefined) throw new Error(`${dist} has no part with a digest in its name`);
  return part.slice("often-".length, -".js".length);
}

/** Packs `version` of the package that is installed in `folder`. Returns the path of its tarball. */
export async function packNext(
  packed: PackedPackage,
  folder: string,
  version: string,
): Promise<string> {
  const next = packed.folder(`version-${version}`);
  cpSync(folder, next, { recursive: true });
  const dist = join(next, "dist");
  const digest = digestIn(dist);
  const other = digest.replaceAll(/./g, (digit) => (digit === "0" ? "1" : "0"));
  for (const name of readdirSync(dist)) {
    const path = join(dist, name);
    if (name.endsWith(".jsc")) rmSync(path);
    if (!name.endsWith(".js")) continue;
    const text = readFileSync(path, "utf8").replaceAll(digest, other);
    writeFileSync(path, text.replaceAll(`"${about.version}"`, `"${version}"`));
    renameSync(path, join(dist, name.replace(digest, other)));
  }
  const manifest = JSON.parse(readFileSync(join(next, "package.json"), "utf8")) as object;
  writeFileSync(join(next, "package.json"), JSON.stringify({ ...manifest, version }));
  const { stdout, stderr, status } = await packed.run(["bun", "pm", "pack", "--quiet"], next);
  const name = stdout.trim().split("\n").at(-1) ?? "";
  if (status !== 0 || !name.endsWith(".tgz")) throw new Error(`bun pm pack: ${stderr}`);
  return name.startsWith("/") ? name : join(next, name);
}
