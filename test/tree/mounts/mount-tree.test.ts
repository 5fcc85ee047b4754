import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { folderStat } from "../../../src/tree/mounts/mounted-stat.ts";
import { MountTree } from "../../../src/tree/mounts/mount-tree.ts";
import { openSingleFile } from "../../../src/tree/disk/single-file.ts";
import { openMemoryTree } from "../../../src/tree/memory/memory-tree.ts";
import type { Tree } from "../../../src/tree/tree.ts";
import { defaultLimits } from "../../../src/base/limits.ts";
import { describeOutcome, flatSteps, pathOf, TempTree, uncachedView } from "../temp-tree.ts";
import type { SharedSteps } from "../../../src/tree/listing/shared-listings.ts";

const temp = new TempTree();
temp.file("index.html", "home");
temp.file("sub/z.txt", "z");
temp.file("docs/hidden-by-mount.txt", "shadowed");
temp.file("../docs/a.txt", "a");
temp.file("../docs/shut.txt", "shut", 0o600);
temp.file("../api/x.txt", "x");
fs.chmodSync(temp.at("../api"), 0o700);
temp.link("../docs/out", "../site/index.html");
afterAll(() => temp.remove());

/** A tree in memory of `files`. */
function memory(files: Record<string, string | object>): Tree {
  const options = {
    files,
    permissions: "other",
    hidden: false,
    index: "index.html",
    limits: defaultLimits,
    madeMs: 0,
  } as const;
  const opened = openMemoryTree(options);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

/** The root, /docs/, /docs/api/ and /sub/img/ mounted over the folders that lead there. */
function mounted(hasRoot = true): MountTree {
  const folders = memory({ "/": {}, "/docs/": {}, "/sub/": {} });
  const tree = new MountTree(folders, 7000);
  const beside = (at: string) => (path: ReturnType<typeof pathOf>) =>
    tree.entriesBeside(pathOf(at), path);
  const add = (at: string, root: string, isRoot = false): void => {
    const disk = temp.open({ root: temp.at(root), beside: beside(at) });
    const mount = { at: pathOf(at), tree: disk, source: disk.root, folder: disk.root, isRoot };
    expect(tree.mount(mount)).toBe(true);
    expect(tree.mount(mount)).toBe(false);
  };
  if (hasRoot) add("/", ".", true);
  add("/docs/", "../docs");
  add("/docs/api/", "../api");
  add("/sub/img/", "../docs");
  return tree;
}

async function ask(tree: MountTree, path: string): Promise<string> {
  const found = await tree.open(pathOf(path), uncachedView());
  const kind = await tree.peek(pathOf(path), uncachedView());
  expect(kind).toBe(found.kind);
  return describeOutcome(found);
}

/** The names in the folder at `path`, as a listing shows them. */
function names(tree: MountTree, path: string, limit = 100): readonly string[] {
  const steps = tree.list(pathOf(path), limit, uncachedView()) as SharedSteps;
  return Array.from(flatSteps(steps)).flatMap(({ entries }) =>
    entries.map(({ name, kind }) => (kind === "directory" ? `${name}/` : name)),
  );
}

describe("mounted trees", () => {
  const tree = mounted();

  test.each([
    ["/", "file home"],
    ["/sub/z.txt", "file z"],
    ["/docs", "redirect"],
    ["/docs/", "directory"],
    ["/docs/a.txt", "file a"],
    ["/docs/hidden-by-mount.txt", "absent"],
    ["/docs/api", "redirect"],
    ["/docs/api/x.txt", "file x"],
    ["/docs/api/a.txt", "absent"],
    ["/sub/", "directory"],
    ["/sub/img", "redirect"],
    ["/sub/img/a.txt", "file a"],
    ["/docs/out", "absent"],
    ["/docs/a.txt/", "absent"],
    ["/nothing", "absent"],
  ])("answer by the deepest one: %s is %s", async (path, expected) => {
    expect(await ask(tree, path)).toBe(expected);
  });

  test("tell denials with the place on the disk, and those of the root within it", async () => {
    temp.file("private.html", "no", 0o600);
    expect(await ask(tree, "/docs/shut.txt")).toBe(
      `forbidden ${fs.realpathSync(temp.at("../docs"))}/shut.txt o+r`,
    );
    expect(await ask(tree, "/private.html")).toBe("forbidden private.html o+r");
    fs.rmSync(temp.at("private.html"));
  });

  test("tell a denial of a single file with the place of the file", async () => {
    const one = openSingleFile(temp.options({ root: temp.at("../docs/shut.txt") }));
    if (one?.ok !== true) throw new Error("not opened");
    const { root, folder } = one.value;
    const single = new MountTree(memory({ "/": {} }), 0);
    single.mount({ at: pathOf("/one/"), tree: one.value, source: root, folder, isRoot: false });
    expect(await ask(single, "/one/")).toBe(`forbidden ${root} o+r`);
    expect(root).toBe(fs.realpathSync(temp.at("../docs/shut.txt")));
    single.close();
  });

  test("are among the entries of the folder above, in order, in the place of what they hide", () => {
    expect(names(tree, "/docs/")).toEqual(["api/", "a.txt", "shut.txt"]);
    expect(names(tree, "/sub/")).toEqual(["img/", "z.txt"]);
    expect(names(tree, "/docs/api/")).toEqual(["x.txt"]);
    temp.file("listed/x");
    expect(names(tree, "/listed/")).toEqual(["x"]);
    expect(names(tree, "/")).toContain("docs/");
    expect(names(tree, "/").filter((name) => name === "docs/")).toHaveLength(1);
    expect(names(tree, "/docs/", 1)).toEqual(["api/"]);
  });

  test("are described as what they are, without a slash, too, and folders that lead on", async () => {
    const kinds = ["/docs", "/docs/", "/docs/api/", "/sub/", "/docs/a.txt", "/none"].map(
      async (path) => (await tree.describe(pathOf(path), uncachedView())).kind,
    );
    expect(await Promise.all(kinds)).toEqual([
      "folder",
      "folder",
      "folder",
      "folder",
      "absent",
      "absent",
    ]);
    fs.chmodSync(temp.at("sub"), 0o700);
    const shut = await tree.describe(pathOf("/sub/"), uncachedView());
    fs.chmodSync(temp.at("sub"), 0o755);
    expect(shut.kind).toBe("forbidden");
  });

  test("have roots, the deepest first", () => {
    const roots = ["/docs/api/x", "/sub/x"].map((path) => tree.rootsOf(pathOf(path)));
    expect(roots.map((some) => some.map(({ text }) => text))).toEqual([
      ["/docs/api/", "/docs/", "/"],
      ["/"],
    ]);
  });

  test("give what is beside a folder's entries with its stats", () => {
    const beside = tree.entriesBeside(pathOf("/"), pathOf("/"));
    expect([...(beside?.keys() ?? [])]).toEqual(["docs", "sub"]);
    expect(beside?.get("sub")?.isSame(folderStat(7000))).toBe(true);
    const api = tree.entriesBeside(pathOf("/docs/"), pathOf("/"))?.get("api");
    expect(api?.mode).toBe(0o040755);
    expect(tree.entriesBeside(pathOf("/docs/"), pathOf("/api/"))).toBeUndefined();
  });
});

describe("mounts without a root", () => {
  const tree = mounted(false);

  test.each([
    ["/", "directory"],
    ["/docs/a.txt", "file a"],
    ["/sub", "redirect"],
    ["/sub/", "directory"],
    ["/sub/img/a.txt", "file a"],
    ["/sub/z.txt", "absent"],
    ["/index.html", "absent"],
  ])("leave folders that lead to them, and nothing else: %s is %s", async (path, expected) => {
    expect(await ask(tree, path)).toBe(expected);
  });

  test("close with all that is mounted", () => {
    tree.close();
    expect(tree.rootsOf(pathOf("/sub/"))).toEqual([]);
  });
});

test("a folder that leads to a mount is there though the tree around it has none", async () => {
  const folders = memory({ "/": {}, "/a/": {} });
  const tree = new MountTree(folders, 0);
  const root = memory({ "/index.html": "home" });
  tree.mount({ at: pathOf("/"), tree: root, source: "", folder: "", isRoot: true });
  tree.mount({
    at: pathOf("/a/b/"),
    tree: memory({ "/x": "x" }),
    source: "",
    folder: "",
    isRoot: false,
  });
  expect(await ask(tree, "/a")).toBe("redirect");
  expect(await ask(tree, "/a/")).toBe("directory");
  expect(await ask(tree, "/a/c")).toBe("absent");
  expect((await tree.describe(pathOf("/a/"), uncachedView())).kind).toBe("folder");
  expect(await ask(tree, "/a/b/x")).toBe("file x");
});
