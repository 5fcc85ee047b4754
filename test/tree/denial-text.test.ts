import { describe, expect, test } from "bun:test";

import { explainDenial, formatMode } from "../../src/tree/denial-text.ts";
import type { Denial, Need } from "../../src/tree/permission.ts";
import { deny, permits, unlisted } from "../../src/tree/permission.ts";
import { readMode } from "../../src/tree/store/object-mode.ts";

describe("a mode as ls writes it", () => {
  test.each([
    [0o100640, "-rw-r-----"],
    [0o100000, "----------"],
    [0o100777, "-rwxrwxrwx"],
    [0o040750, "drwxr-x---"],
    [0o041777, "drwxrwxrwt"],
    [0o041776, "drwxrwxrwT"],
    [0o104755, "-rwsr-xr-x"],
    [0o102644, "-rw-r-Sr--"],
    [0o104644, "-rwSr--r--"],
    [0o120777, "lrwxrwxrwx"],
    [0o010644, "prw-r--r--"],
    [0o140755, "srwxr-xr-x"],
    [0o020666, "crw-rw-rw-"],
    [0o060660, "brw-rw----"],
    [0o000644, "?rw-r--r--"],
  ])("%p is %p", (mode, text) => {
    expect(formatMode(mode)).toBe(text);
  });
});

/** The reason for the denial of an object in a store. */
function object(mode: number, need: Need, kind: Denial["object"] = "other"): string {
  return explainDenial({ ...deny("a", mode, need), object: kind });
}

describe("the reason for a denial", () => {
  test("names the file, its mode, the bit, and the remedy", () => {
    expect(explainDenial(deny("private/notes.html", 0o100640, "read"))).toBe(
      "private/notes.html: -rw-r----- lacks o+r; chmod o+r to serve it",
    );
    expect(explainDenial(deny("private", 0o040750, "search"))).toBe(
      "private: drwxr-x--- lacks o+x; chmod o+x to serve it",
    );
  });

  test("names both bits for a folder that would be listed", () => {
    const shut = unlisted(deny("private", 0o040700, "search"), () => false);
    const text = "private: drwx------ lacks o+rx; chmod o+rx to serve it";
    expect(explainDenial(shut)).toBe(text);
    expect(explainDenial({ ...shut, object: "other" })).toEndWith(
      "mode=40705 in its metadata serves it",
    );
  });

  test("names the metadata in a store, where there is no file to change", () => {
    const rest = "in its metadata serves it";
    expect(object(0o100640, "read")).toBe(`a: -rw-r----- lacks o+r; mode=100644 ${rest}`);
    expect(object(0o040750, "search")).toBe(`a: drwxr-x--- lacks o+x; mode=40751 ${rest}`);
    // A doubtful mode.
    expect(object(0o100000, "read")).toBe(`a: ---------- lacks o+r; mode=100604 ${rest}`);
    expect(object(0o100600, "read", "upload")).toBe(
      `a: -rw------- lacks o+r; mode=100604 ${rest}, --upload-mode 644 later uploads`,
    );
    for (const [mode, text] of [
      [0o100000, "100604"],
      [0o040750, "40751"],
    ] as const) {
      const kind = mode === 0o100000 ? "file" : "directory";
      const read = readMode(text, kind) ?? 0;
      expect(permits(read, kind === "file" ? "read" : "search")).toBe(true);
    }
  });

  test("doesn't ask for a bit that is there", () => {
    expect(explainDenial(deny("a.txt", 0o100004, "read"))).toBe(
      "a.txt: -------r-- has o+r, but the server itself may not open it",
    );
  });

  test("stays on its line, whatever the name holds", () => {
    expect(explainDenial(deny("a\r\nb", 0o100600, "read"))).toStartWith("a\\u{d}\\u{a}b: ");
  });
});
