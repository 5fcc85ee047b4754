import { afterAll, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ScriptFolder } from "../../../src/check/record/script-folder.ts";
import { utf8Bytes } from "../../../src/http/octets/bytes.ts";

const root = mkdtempSync(join(tmpdir(), "script-folder-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function opened(path: string): ScriptFolder {
  const folder = ScriptFolder.open(path);
  if (!folder.ok) throw new Error(folder.error);
  return folder.value;
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe("a folder of scripts", () => {
  test("is made for its owner alone, as are its files", () => {
    const path = join(root, "a/b");
    const folder = opened(path);
    const files = new Map([["0001-bodies/x.html", utf8Bytes("<p>")]]);
    const written = folder.write("get-x", "# T\n", files);
    expect(written).toEqual({ ok: true, value: join(path, "0001-get-x.wire") });
    expect(readFileSync(join(path, "0001-get-x.wire"), "utf8")).toBe("# T\n");
    expect(modeOf(path)).toBe("700");
    expect(modeOf(join(path, "0001-bodies"))).toBe("700");
    expect(modeOf(join(path, "0001-get-x.wire"))).toBe("600");
    expect(modeOf(join(path, "0001-bodies/x.html"))).toBe("600");
  });

  test("goes on after the highest number, and keeps its mode", () => {
    const path = join(root, "c");
    mkdirSync(path, { mode: 0o755 });
    writeFileSync(join(path, "0041-old.wire"), "old");
    writeFileSync(join(path, "notes.txt"), "notes");
    const folder = opened(path);
    expect(folder.next).toBe("0042");
    folder.write("one", "1", new Map());
    folder.write("two", "2", new Map());
    expect(readdirSync(path).toSorted()).toEqual([
      "0041-old.wire",
      "0042-one.wire",
      "0043-two.wire",
      "notes.txt",
    ]);
    expect(modeOf(path)).toBe("755");
  });

  test("never replaces a file that has come meanwhile", () => {
    const path = join(root, "d");
    const folder = opened(path);
    writeFileSync(join(path, "0001-a.wire"), "mine");
    expect(folder.write("a", "2", new Map()).ok).toBe(false);
    expect(readFileSync(join(path, "0001-a.wire"), "utf8")).toBe("mine");
  });

  test("has no more than 9999", () => {
    const path = join(root, "e");
    mkdirSync(path);
    writeFileSync(join(path, "9999-a.wire"), "");
    expect(opened(path).next).toBeUndefined();
  });

  test("is a folder, and can be made", () => {
    writeFileSync(join(root, "file"), "");
    const file = join(root, "file");
    expect(ScriptFolder.open(file)).toEqual({ ok: false, error: `${file} is no folder` });
    expect(ScriptFolder.open(join(file, "below")).ok).toBe(false);
  });
});
