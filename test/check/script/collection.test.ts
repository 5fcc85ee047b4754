import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collectScripts } from "../../../src/check/script/collection.ts";

const folder = mkdtempSync(join(tmpdir(), "collection-test-"));
const text = "# T\n\n## P (RFC 9110 §9, must)\n\n    on main\n    open\n";

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array): string {
  const whole = join(folder, path);
  mkdirSync(join(whole, ".."), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}

describe("the scripts of a folder", () => {
  write("good/b.wire", text);
  write("good/a/z.wire", text);
  write("good/notes.md", "no script");

  test("are all below it, in the order of their names, each once", () => {
    const good = join(folder, "good");
    const scripts = collectScripts([good, join(good, "b.wire")]);
    const files = scripts.ok ? scripts.value.map(({ file }) => file) : scripts.error;
    expect(files).toEqual([join(good, "a/z.wire"), join(good, "b.wire")]);
  });

  test("are none at a path that does not exist, which the fault says", () => {
    const file = join(folder, "absent");
    const fault = { file, line: 0, expected: "a script, NAME.wire", missing: true as const };
    expect(collectScripts([file])).toEqual({ ok: false, error: [fault] });
  });

  test("are none where there is none, which is a fault", () => {
    mkdirSync(join(folder, "empty"));
    for (const path of [join(folder, "empty"), join(folder, "good/notes.md")]) {
      expect(collectScripts([path])).toEqual({
        ok: false,
        error: [{ file: path, line: 0, expected: "a script, NAME.wire" }],
      });
    }
  });

  test("have their faults told together", () => {
    const bad = write("bad/a.wire", "no title\n");
    const foreign = write("bad/b.wire", Uint8Array.of(0x23, 0xff));
    const scripts = collectScripts([join(folder, "bad")]);
    expect(scripts.ok ? [] : scripts.error).toContainEqual({
      file: foreign,
      line: 0,
      expected: "a readable file in UTF-8",
    });
    expect(scripts.ok ? [] : scripts.error.map(({ file }) => file)).toContain(bad);
  });
});
