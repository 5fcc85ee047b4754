import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseScript } from "../../../src/check/script/script-parser.ts";
import type { Script } from "../../../src/check/script/script.ts";
import {
  changeTree,
  contentBytes,
  emptyFolder,
  mergeTrees,
  rewriteNames,
  writeNamedTree,
  writeTree,
} from "../../../src/check/play/script-tree.ts";

/** The time of what a script gives none, and the file that a written tree is known by. */
const mtimeMsDefault = Date.UTC(2024, 0, 1);
const treeMarker = ".wire-tree";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tree-test-"));
});

afterEach(() => {
  emptyFolder(root);
  rmSync(root, { recursive: true });
});

function script(tree: string, file = "t.wire"): Script {
  const indented = tree
    .trim()
    .split("\n")
    .map((line) => `    ${line.trim()}`)
    .join("\n");
  const parsed = parseScript(
    file,
    `# T\n\n${indented}\n\n## P (RFC 9110 §9, must)\n\n    on main\n    open\n`,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

function mode(path: string): string {
  return (statSync(join(root, path)).mode & 0o7777).toString(8);
}

test("rewriting names leaves the others as they are, changed or not", () => {
  const { tree } = script("file a.txt\n| one\nfile d/x mode=0600\n| two\nfile e/y\n| three");
  writeTree(root, tree);
  const kept = lstatSync(join(root, "e/y")).ino;
  writeFileSync(join(root, "a.txt"), "changed");
  writeFileSync(join(root, "a.txt.br"), "new");
  writeFileSync(join(root, "e/z"), "stays");
  rmSync(join(root, "d"), { recursive: true });
  rewriteNames(root, tree, (name) => !name.startsWith("e"));
  expect(readdirSync(root).toSorted()).toEqual(["a.txt", "d", "e"]);
  expect(readFileSync(join(root, "a.txt"), "utf8")).toBe("one\n");
  expect(mode("d/x")).toBe("600");
  expect(lstatSync(join(root, "e/y")).ino).toBe(kept);
  expect(readdirSync(join(root, "e")).toSorted()).toEqual(["y", "z"]);
});

describe("writing a tree", () => {
  test("sets modes and times whatever the umask", () => {
    const before = process.umask(0o077);
    try {
      writeTree(
        root,
        script(`file a.txt
          | one
          file deep/down/b mode=0640 mtime=2024-02-29T12:00:00Z
          dir shut mode=000
          file shut/c mode=4755
          dir old mtime=1999-12-31T23:59:59Z`).tree,
      );
    } finally {
      process.umask(before);
    }
    expect(["a.txt", "deep", "deep/down", "deep/down/b", "shut"].map(mode)).toEqual([
      "644",
      "755",
      "755",
      "640",
      "0",
    ]);
    expect(readFileSync(join(root, "a.txt"), "utf8")).toBe("one\n");
    expect(statSync(join(root, "a.txt")).mtimeMs).toBe(mtimeMsDefault);
    expect(statSync(join(root, "deep")).mtimeMs).toBe(mtimeMsDefault);
    expect(statSync(join(root, "deep/down/b")).mtimeMs).toBe(Date.UTC(2024, 1, 29, 12));
    expect(statSync(join(root, "old")).mtimeMs).toBe(Date.UTC(1999, 11, 31, 23, 59, 59));
    chmodSync(join(root, "shut"), 0o700);
    expect(mode("shut/c")).toBe("4755");
  });

  test("makes links as they are written, dangling and outside too", () => {
    writeTree(root, script("link a -> ../../etc/passwd\nlink b -> absent").tree);
    expect(readlinkSync(join(root, "a"))).toBe("../../etc/passwd");
    expect(readlinkSync(join(root, "b"))).toBe("absent");
  });

  test("makes names that are no UTF-8", () => {
    writeTree(root, script("file a\\xff\\x20b").tree);
    expect(readdirSync(Buffer.from(root), { encoding: "buffer" })[0]).toEqual(
      Buffer.from("a\xff b", "latin1"),
    );
  });

  test("makes a FIFO", () => {
    writeTree(root, script("fifo pipe mode=0604").tree);
    expect(lstatSync(join(root, "pipe")).isFIFO()).toBe(true);
    expect(mode("pipe")).toBe("604");
  });

  test("makes a FIFO whose name is no UTF-8", () => {
    writeTree(root, script("fifo deep/p\\xffpe").tree);
    const name = Buffer.from("p\xffpe", "latin1");
    const folder = Buffer.from(`${root}/deep/`);
    expect(readdirSync(folder, { encoding: "buffer" })).toEqual([name]);
    expect(lstatSync(Buffer.concat([folder, name])).isFIFO()).toBe(true);
    expect(readdirSync(root)).toEqual(["deep"]);
  });
});

describe("the counting pattern", () => {
  test("has i mod 251 at i, at any size", () => {
    for (const sizeBytes of [0, 1, 250, 251, 252, 502, 503, 100_000]) {
      const content = contentBytes({ kind: "count", sizeBytes });
      expect(content.length).toBe(sizeBytes);
      expect(content.every((byte, i) => byte === i % 251)).toBe(true);
    }
  });
});

describe("removing a tree", () => {
  test("gets into shut folders, and does not follow links", () => {
    const outside = mkdtempSync(join(tmpdir(), "tree-outside-"));
    writeFileSync(join(outside, "kept"), "");
    writeTree(root, script(`dir a mode=000\ndir a/b mode=000\nfile a/b/c mode=000`).tree);
    writeTree(root, script(`link out -> ${outside}`).tree);
    emptyFolder(root);
    expect(readdirSync(root)).toEqual([]);
    expect(existsSync(join(outside, "kept"))).toBe(true);
    rmSync(outside, { recursive: true });
  });
});

describe("changing a tree while it is served", () => {
  test("writes a file over in place, with the mode that is written", () => {
    writeTree(root, script("file a mode=0400\n| old").tree);
    const inode = statSync(join(root, "a")).ino;
    const content = { kind: "bytes", bytes: new TextEncoder().encode("new") } as const;
    changeTree(root, { kind: "file", line: 1, path: "a", mode: 0o604, content });
    expect(readFileSync(join(root, "a"), "utf8")).toBe("new");
    expect(statSync(join(root, "a")).ino).toBe(inode);
    expect(statSync(join(root, "a")).mtimeMs).toBeGreaterThan(mtimeMsDefault);
    expect(mode("a")).toBe("604");
  });

  test("replaces a link or a folder by a file, and does not write through the link", () => {
    writeTree(root, script("file target\n| old\nlink a -> target\ndir b\nfile b/c").tree);
    const content = { kind: "bytes", bytes: new TextEncoder().encode("new") } as const;
    for (const path of ["a", "b"]) {
      changeTree(root, { kind: "file", line: 1, path, mode: 0o644, content });
      expect(lstatSync(join(root, path)).isFile()).toBe(true);
    }
    expect(readFileSync(join(root, "target"), "utf8")).toBe("old\n");
  });

  test("changes modes, removes and makes folders and links", () => {
    writeTree(root, script("file a\ndir d\nfile d/e").tree);
    changeTree(root, { kind: "chmod", line: 1, path: "a", mode: 0 });
    expect(mode("a")).toBe("0");
    changeTree(root, { kind: "remove", line: 1, path: "d" });
    expect(existsSync(join(root, "d"))).toBe(false);
    changeTree(root, { kind: "remove", line: 1, path: "never" });
    changeTree(root, { kind: "dir", line: 1, path: "x/y", mode: 0o711 });
    expect(mode("x/y")).toBe("711");
    changeTree(root, { kind: "link", line: 1, path: "a", target: "x" });
    expect(readlinkSync(join(root, "a"))).toBe("x");
  });
});

describe("merging trees", () => {
  test("keeps what scripts agree on once", () => {
    const merged = mergeTrees([
      script("file a\n| x\ndir d mode=0700\nlink l -> a", "one.wire"),
      script("dir d mode=0700\nfile a\n| x\nfile b", "two.wire"),
    ]);
    expect(merged.ok && merged.value.map(({ path }) => path)).toEqual(["a", "d", "l", "b"]);
  });

  for (const [what, one, two] of [
    ["contents", "file a\n| x", "file a\n| y"],
    ["modes", "file a mode=0600", "file a"],
    ["times", "file a mtime=2024-01-01T00:00:00Z", "file a"],
    ["kinds", "file a", "dir a"],
    ["targets", "link a -> b", "link a -> c"],
    ["a shut folder and a plain one", "dir a mode=0700", "file a/b"],
  ] as const) {
    test(`names both places where ${what} differ`, () => {
      for (const [first, second] of [
        [one, two],
        [two, one],
      ] as const) {
        const merged = mergeTrees([script(first, "one.wire"), script(second, "two.wire")]);
        if (merged.ok) throw new Error("no conflict");
        const [fault] = merged.error;
        const other = /\w+\.wire:\d+/u.exec(fault?.expected ?? "")?.[0] ?? "";
        const places = new Set([`${fault?.file}:${fault?.line}`, other]);
        expect(places).toEqual(new Set(["one.wire:3", "two.wire:3"]));
      }
    });
  }
});

describe("a folder named by hand", () => {
  test("is made, and written afresh the next time", () => {
    const named = join(root, "made", "tree");
    expect(writeNamedTree(named, script("file a\ndir shut mode=000").tree).ok).toBe(true);
    expect(readdirSync(named).toSorted()).toEqual([treeMarker, "a", "shut"]);
    expect(writeNamedTree(named, script("file b").tree).ok).toBe(true);
    expect(readdirSync(named).toSorted()).toEqual([treeMarker, "b"]);
  });

  test("is left alone if it holds something else", () => {
    writeFileSync(join(root, "precious"), "");
    const written = writeNamedTree(root, []);
    expect(!written.ok && written.error).toContain("holds precious");
    expect(readdirSync(root)).toEqual(["precious"]);
    const long = writeNamedTree(join(root, "new"), script(`file ${"x/".repeat(3000)}x`).tree);
    expect(!long.ok && long.error).toContain("ENAMETOOLONG");
    const file = writeNamedTree(join(root, "precious"), []);
    expect(!file.ok && file.error).toContain("is no folder");
  });
});
