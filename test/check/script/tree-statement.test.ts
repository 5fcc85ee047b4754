import { describe, expect, test } from "bun:test";

import { readPath, readTreeStatement } from "../../../src/check/script/tree-statement.ts";

describe("a statement about the tree", () => {
  test("has a mode and a time, or the usual mode and none", () => {
    expect(readTreeStatement("file", "a size=3 fill=count", 2)).toEqual({
      ok: true,
      value: {
        kind: "file",
        line: 2,
        path: "a",
        mode: 0o644,
        content: { kind: "count", sizeBytes: 3 },
      },
    });
    expect(readTreeStatement("dir", "a/b mode=700 mtime=2024-02-29T12:00:00.5Z", 2)).toEqual({
      ok: true,
      value: {
        kind: "dir",
        line: 2,
        path: "a/b",
        mode: 0o700,
        mtimeMs: Date.UTC(2024, 1, 29, 12, 0, 0, 500),
      },
    });
  });

  test.each([
    ["file", `a size=${256 * 1024 * 1024 + 1} fill=count`, "size= a count of bytes up to"],
    ["dir", "a size=3", 'mode=, mtime= and not "size=3"'],
    ["link", "a -> ", "a target"],
    ["chmod", "a", "chmod PATH MODE"],
    ["remove", "a b", "remove PATH"],
    ["fifo", "a mode=9", "a mode in octal"],
  ])("is refused as %s %s", (keyword, rest, error) => {
    const read = readTreeStatement(keyword, rest, 2);
    expect(read.ok ? "" : read.error).toStartWith(error);
  });
});

describe("a path", () => {
  test("is Latin-1 text, one code unit for each byte", () => {
    expect(readPath("é/\\xff\\x20")).toEqual({ ok: true, value: "\xc3\xa9/\xff " });
  });

  test.each(["", "/a", "a/", "a//b", ".", "a/../b", "a\\x00"])("is refused as %j", (text) => {
    expect(readPath(text).ok).toBe(false);
  });
});
