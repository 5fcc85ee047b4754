import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { defaultLimits } from "../../../src/base/limits.ts";
import type { MemoryEntry, MemoryFiles } from "../../../src/tree/memory/memory-files.ts";
import { openMemoryTree } from "../../../src/tree/memory/memory-tree.ts";
import { formatMode } from "../../../src/tree/denial-text.ts";
import type { OpenFile } from "../../../src/tree/tree.ts";
import { View } from "../../../src/tree/view.ts";
import { flatSteps, pathOf } from "../temp-tree.ts";
import type { Options } from "./both-trees.ts";
import { anew, everythingOf, madeMs, memoryTree, told, writeFiles } from "./both-trees.ts";

/** Every case that the rules tell apart, in a small tree. */
const files: MemoryFiles = {
  "/a.txt": "hello",
  "/empty.txt": "",
  "/shut.txt": { body: "secret", mode: 0o640 },
  "/only-others.txt": { body: "odd", mode: 0o604 },
  "/octets.bin": new Uint8Array([0, 1, 2, 255]),
  "/dated.html": { body: "<p>", mtime: Date.UTC(1999, 11, 31, 23, 59, 59) },
  "/README": "a name without an extension",
  "/.hidden": "hidden",
  "/.well-known/security.txt": "seen",
  "/.well-known/.not": "hidden below",
  "/home/index.html": "home",
  "/home/other.html": "other",
  "/home2/index.html": { body: "refused", mode: 0o600 },
  "/home3/index.html/a.txt": "the index is a folder",
  "/home4/index.html/": { mode: 0o700 },
  "/home5/.index": "a hidden index",
  "/locked/": { mode: 0o750 },
  "/locked/in.txt": "in",
  "/locked/deep/er.txt": "deeper",
  "/dropbox/": { mode: 0o711 },
  "/dropbox/known.txt": "known",
  "/dropbox/index.htm": "another index",
  "/read-only/": { mode: 0o744 },
  "/read-only/x.txt": "x",
  "/attic/": {},
  "/names/10.txt": "10",
  "/names/9.txt": "9",
  "/names/B.txt": "B",
  "/names/a b.txt": "a b",
  "/names/é.txt": "é",
  "/names/\ufffd.txt": "a replacement character",
  "/names/sub/": { mtime: Date.UTC(2001, 1, 1) },
  "/names/shut/": { mode: 0o700 },
};

/** Every path in the tree, with a slash and without, and for each something that isn't there. */
function pathsOf(all: MemoryFiles): readonly string[] {
  const paths = new Set<string>(["/"]);
  for (const path of Object.keys(all)) {
    const names = path.split("/").filter((name) => name !== "");
    for (let depth = 1; depth <= names.length; depth++) {
      const prefix = `/${names.slice(0, depth).map(encodeURIComponent).join("/")}`;
      for (const end of ["", "/", "/missing", "/missing/", "/.hidden", "x"])
        paths.add(prefix + end);
    }
  }
  return [...paths];
}

/** Modes with the owner's bits as they have to be: on disk those are about the test's own user. */
function modes(own: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 0o77 }).map((rest) => own | rest);
}

describe("what is on disk and in memory", () => {
  const variants: readonly Options[] = [
    {},
    { permissions: "process" },
    { hidden: true },
    { index: "" },
    { index: "index.htm" },
    { index: ".index" },
    { index: ".index", hidden: true },
    { permissions: "process", hidden: true, index: "other.html" },
  ];

  test.each(variants)("is the same at every path, with %j", async (options) => {
    using temp = writeFiles(files);
    const disk = temp.open(options);
    const memory = memoryTree(files, options);
    for (const path of pathsOf(files)) {
      const inMemory = { path, said: await everythingOf(memory, path) };
      expect(inMemory).toEqual({ path, said: await everythingOf(disk, path) });
    }
    disk.close();
  });

  test("is the same in a listing that is cut", async () => {
    using temp = writeFiles(files);
    const disk = temp.open();
    for (const limit of [0, 1, 3, 7]) {
      expect(await everythingOf(memoryTree(files), "/names/", limit)).toEqual(
        await everythingOf(disk, "/names/", limit),
      );
    }
    disk.close();
  });

  test("is the same whatever the modes are", async () => {
    const name = fc.constantFrom("a", "b", "index.html", ".c");
    const leaf = fc.record({ body: fc.constantFrom("", "x"), mode: modes(0o600) });
    const folders = fc.tuple(name, name, modes(0o700), modes(0o700));
    const options = fc.record({
      permissions: fc.constantFrom("other" as const, "process" as const),
      hidden: fc.boolean(),
      index: fc.constantFrom("index.html", "a", ""),
    });
    await fc.assert(
      fc.asyncProperty(
        folders,
        name,
        leaf,
        options,
        async ([top, sub, m1, m2], file, entry, how) => {
          const some: Record<string, MemoryEntry> = {
            [`/${top}/`]: { mode: m1 },
            [`/${top}/${sub}/`]: { mode: m2 },
            [`/${top}/${sub}/${file}`]: entry,
          };
          using temp = writeFiles(some);
          const disk = temp.open(how);
          const memory = memoryTree(some, how);
          for (const path of pathsOf(some)) {
            const inMemory = { path, said: await everythingOf(memory, path) };
            expect(inMemory).toEqual({ path, said: await everythingOf(disk, path) });
          }
          disk.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a tree in memory", () => {
  const tree = memoryTree(files);
  const fileAt = (path: string): OpenFile => {
    const outcome = tree.open(pathOf(path), anew());
    if (outcome.kind !== "file") throw new Error(`${path} is ${outcome.kind}`);
    return outcome.file;
  };

  test("is found by any spelling of a path", () => {
    expect(fileAt("/%61.txt")).toBe(fileAt("/a.txt"));
    expect(fileAt("/names/a%20b.txt").name).toBe("a b.txt");
    expect(fileAt("/names/%c3%a9.txt").name).toBe("é.txt");
  });

  test("gives the same open file to all requests, and closing it does nothing", () => {
    const file = fileAt("/a.txt");
    file.close();
    expect(fileAt("/a.txt")).toBe(file);
    expect(told({ kind: "file", file })).toMatchObject({ content: "hello", mtimeMs: madeMs });
    expect(fileAt("/home/")).toBe(fileAt("/home/index.html"));
  });

  test("refuses with the mode as ls writes it", () => {
    const refused = tree.open(pathOf("/shut.txt"), anew());
    expect(refused).toMatchObject({
      kind: "forbidden",
      denial: { path: "shut.txt", lacks: "o+r" },
    });
    expect(refused.kind === "forbidden" && formatMode(refused.denial.mode)).toBe("-rw-r-----");
    const shut = tree.open(pathOf("/locked/deep/er.txt"), anew());
    expect(shut.kind === "forbidden" && formatMode(shut.denial.mode)).toBe("drwxr-x---");
  });

  test("lists a folder of any size in steps", () => {
    const many = memoryTree(
      Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`/n/${i}.txt`, String(i)])),
    );
    const steps = [...flatSteps(many.list(pathOf("/n/"), 2000, anew()))];
    expect(Math.max(...steps.map(({ work }) => work))).toBeLessThan(1500);
    const entries = steps.flatMap((step) => step.entries);
    expect(entries.map(({ name }) => name)).toEqual(
      Array.from({ length: 2000 }, (_, i) => `${i}.txt`),
    );
    expect(steps.at(-1)?.found).toBe(5000);
  });

  test("says why it can't be", () => {
    const options = { permissions: "other", hidden: false, limits: defaultLimits, madeMs } as const;
    const withIndex = openMemoryTree({ ...options, files, index: "a/b" });
    expect(withIndex).toEqual({ ok: false, error: "not a file's name: a/b" });
    const withPath = openMemoryTree({ ...options, files: { "a.txt": "" }, index: "" });
    expect(withPath).toEqual({ ok: false, error: 'a.txt: a path must begin with "/"' });
  });
});

describe("what an answer depends on", () => {
  test("is one dependency, for all paths and questions, however many there were", () => {
    const tree = memoryTree(files);
    const view = new View(1, madeMs);
    for (const path of ["/a.txt", "/missing", "/locked/", "/names/"]) {
      tree.open(pathOf(path), view);
      tree.peek(pathOf(path), view);
      for (const _ of tree.list(pathOf(path), 10, view));
    }
    expect(new Set(view.dependencies).size).toBe(1);
    expect(view.dependencies?.[0]?.isCurrent(Infinity)).toBe(true);
  });

  test("ends with the tree, which still answers requests", () => {
    const tree = memoryTree(files);
    const view = new View(1, madeMs);
    tree.open(pathOf("/a.txt"), view);
    let dropped = 0;
    expect(view.dependencies?.[0]?.attach({ bytes: 1, drop: () => dropped++ })).toBe(true);
    tree.close();
    expect(dropped).toBe(1);
    expect(view.dependencies?.[0]?.isCurrent(1)).toBe(false);
    expect(tree.peek(pathOf("/a.txt"), anew())).toBe("file");
  });
});
