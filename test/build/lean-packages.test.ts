import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import standardTypes from "mime/types/standard.js";

import { leanPackages } from "../../build/lean-packages.ts";

const root = join(import.meta.dir, "../..");
const folder = mkdtempSync(join(tmpdir(), "postern-lean-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The text of a bundle of `source`, a module of the checkout, with or without the smaller forms. */
async function bundled(source: string, isLean = true): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(root, "bundled.ts")],
    files: { [join(root, "bundled.ts")]: source },
    target: "bun",
    minify: true,
    plugins: isLean ? [leanPackages(root)] : [],
  });
  return (await outputs[0]?.text()) ?? "";
}

/** What a module exports whose text is `text`. */
async function exportsOf(name: string, text: string): Promise<Record<string, unknown>> {
  const file = join(folder, name);
  writeFileSync(file, text);
  return (await import(file)) as Record<string, unknown>;
}

describe("the smaller forms of packages", () => {
  test("have all that is used of X.509, in 30 KB less", async () => {
    const source = 'export * from "@peculiar/asn1-x509";';
    const text = await bundled(source);
    expect(text.length).toBeLessThan((await bundled(source, false)).length - 30_000);
    const authority = readFileSync(join(root, "src/server/tls/local/authority.ts"), "utf8");
    const used = new Set(Array.from(authority.matchAll(/\basn1\.(\w+)/g), ([, name = ""]) => name));
    expect(used.size).toBeGreaterThan(20);
    const given = await exportsOf("x509.js", text);
    for (const name of used) expect([name, typeof given[name]]).not.toEqual([name, "undefined"]);
  });

  test("have the tables of media types as texts, and frozen", async () => {
    const text = await bundled('export { default } from "mime/types/standard.js";');
    expect(text).toContain("JSON.parse(");
    const { default: types } = await exportsOf("types.js", text);
    expect(types).toEqual(standardTypes);
    expect(Object.isFrozen(types)).toBe(true);
  });
});
