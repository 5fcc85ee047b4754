import { describe, expect, test } from "bun:test";

import type { FolderNode, MemoryFiles } from "../../../src/tree/memory/memory-files.ts";
import { readFiles } from "../../../src/tree/memory/memory-files.ts";

const madeMs = 1_700_000_000_123;

/** What is read of `files`, as plain lines: path, mode, date, content. */
function linesOf(files: MemoryFiles): readonly string[] {
  const root = readFiles(files, madeMs);
  if (!root.ok) throw new Error(root.error);
  const lines: string[] = [];
  const visit = (folder: FolderNode, prefix: string): void => {
    for (const [name, node] of folder.children) {
      const path = `${prefix}/${name}`;
      const mode = node.mode.toString(8);
      if (node.kind === "directory") {
        lines.push(`${path}/ ${mode} ${node.mtimeMs}`);
        visit(node, path);
        continue;
      }
      const { content, mtimeMs } = node.outcome.file;
      lines.push(`${path} ${mode} ${mtimeMs} ${new TextDecoder().decode(content)}`);
    }
  };
  visit(root.value, "");
  return lines;
}

const unnameable = 'a name must have 1 to 255 octets; one that isn\'t UTF-8 is spelled "%FF"';

/** What is wrong with `files`, given by a caller without types. */
function faultOf(files: Readonly<Record<string, unknown>>): string | undefined {
  const root = readFiles(files as MemoryFiles, madeMs);
  return root.ok ? undefined : root.error;
}

describe("files given as values", () => {
  test("are writable for the owner and readable for all, and have the tree's date", () => {
    expect(linesOf({ "/a/b.txt": "hello" })).toEqual([
      `/a/ 40755 ${madeMs}`,
      `/a/b.txt 100644 ${madeMs} hello`,
    ]);
  });

  test("have the mode and the date that they are given, a folder before or after its files", () => {
    const mtime = new Date(1000);
    expect(
      linesOf({
        "/a/b.txt": { body: "b", mode: 0o600, mtime },
        "/a/": { mode: 0o1711, mtime: 2000.9 },
        "/c/": {},
        "/c/d": { body: "", mode: 0, mtime: -1.5 },
      }),
    ).toEqual([
      "/a/ 41711 2000",
      "/a/b.txt 100600 1000 b",
      `/c/ 40755 ${madeMs}`,
      "/c/d 100000 -2 ",
    ]);
  });

  test("may be spelled as in a URL, or as they are", () => {
    expect(linesOf({ "/a%20b": "", "/c d": "", "/%C3%A9": "", "/ü/50%25": "", "/q?": "" })).toEqual(
      [
        `/a b 100644 ${madeMs} `,
        `/c d 100644 ${madeMs} `,
        `/é 100644 ${madeMs} `,
        `/ü/ 40755 ${madeMs}`,
        `/ü/50% 100644 ${madeMs} `,
        `/q? 100644 ${madeMs} `,
      ],
    );
  });

  test("may have names that aren't UTF-8, or hold a backslash, by their escapes", () => {
    expect(linesOf({ "/r%E9/%5c": "", "/r\ufffd": "" })).toEqual([
      `/r\udce9/ 40755 ${madeMs}`,
      `/r\udce9/\\ 100644 ${madeMs} `,
      `/r\ufffd 100644 ${madeMs} `,
    ]);
    expect(faultOf({ "/r\udce9": "" })).toBe(`/r\\xE9: ${unnameable}`);
  });

  test("have octets of their own", () => {
    const body = new Uint8Array([1, 2, 3]);
    const root = readFiles({ "/a": body.subarray(1), "/b": Buffer.from("b") }, madeMs);
    body.fill(0);
    const contents: number[][] = [];
    for (const node of root.ok ? root.value.children.values() : []) {
      if (node.kind === "file") contents.push([...node.outcome.file.content]);
    }
    expect(contents).toEqual([[2, 3], [0x62]]);
  });

  test("may be none at all", () => {
    expect(linesOf({})).toEqual([]);
    expect(linesOf({ "/": { mode: 0o700 } })).toEqual([]);
  });
});

describe("a file that can't be", () => {
  test.each([
    ["a.txt", 'a path must begin with "/"'],
    ["", 'a path must begin with "/"'],
    ["/a%2", 'a "%" must be followed by two hexadecimal digits; "%25" stands for itself'],
    ["/100%", 'a "%" must be followed by two hexadecimal digits; "%25" stands for itself'],
    ["/a%00", "a name can't have NUL in it"],
    ["/a\\b", 'a name can\'t have an escaped "/" in it, and a "\\" in it is spelled "%5C"'],
    ["/a%2fb", 'a name can\'t have an escaped "/" in it, and a "\\" in it is spelled "%5C"'],
    ["/../a", '"." and ".." can\'t be names'],
    ["/a/%2e", '"." and ".." can\'t be names'],
    ["//a", unnameable],
    [`/${"%ff".repeat(256)}`, unnameable],
    [`/${"é".repeat(128)}`, unnameable],
  ])("because of its path: %s", (path, fault) => {
    expect(faultOf({ "/fine": "", [path]: "" })).toBe(`${path}: ${fault}`);
  });

  test("because another spelling of its path is there", () => {
    expect(faultOf({ "/a b": "", "/a%20b": "" })).toBe("/a%20b: the same path as /a b");
    expect(faultOf({ "/a/": {}, "/%61/": {} })).toBe("/%61/: the same path as /a/");
  });

  test("because it is a folder, too", () => {
    expect(faultOf({ "/a/b": "", "/a": "" })).toBe("/a: both a file and a folder");
    expect(faultOf({ "/a/": {}, "/a": "" })).toBe("/a: both a file and a folder");
    expect(faultOf({ "/a": "", "/a/b/c": "" })).toBe("/a/b/c: /a is both a file and a folder");
    expect(faultOf({ "/a": "", "/a/": {} })).toBe("/a/: /a is both a file and a folder");
  });

  test.each([
    ["/a", {}, "a file must have a body, a string or a Uint8Array"],
    ["/a", 5, "a file must have a body, a string or a Uint8Array"],
    ["/a", null, "a file must have a body, a string or a Uint8Array"],
    ["/a", { body: [1] }, "a file must have a body, a string or a Uint8Array"],
    ["/a/", "text", "a folder has no body"],
    ["/a/", { body: "" }, "a folder has no body"],
    ["/a", { body: "", mod: 0o600 }, "no attribute is called mod"],
    ["/a", { body: "", mode: 0o100644 }, "the mode must be from 0 to 0o7777"],
    ["/a", { body: "", mode: -1 }, "the mode must be from 0 to 0o7777"],
    ["/a", { body: "", mode: "0600" }, "the mode must be from 0 to 0o7777"],
    ["/a", { body: "", mtime: new Date(NaN) }, "mtime must be a date"],
    ["/a", { body: "", mtime: "yesterday" }, "mtime must be a date"],
    ["/a/", { mtime: Infinity }, "mtime must be a date"],
  ])("because of what it says: %s %p", (path, value, fault) => {
    expect(faultOf({ [path]: value })).toBe(`${path}: ${fault}`);
  });
});
