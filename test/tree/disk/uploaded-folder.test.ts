import { afterAll, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { relative } from "node:path";

import { lookAt } from "../../../src/system/file-system.ts";
import type { FileStat } from "../../../src/system/file-stat.ts";
import { UploadedFolder } from "../../../src/tree/disk/uploaded-folder.ts";
import { TempTree } from "../temp-tree.ts";

const tree = new TempTree();
afterAll(() => tree.remove());
tree.folder("in/sub/deep");
tree.folder("out");
symlinkSync(tree.root, tree.at("../linked-root"));

/** The folders at `paths` of the tree, as a walk has entered them. */
function folders(...paths: readonly string[]): readonly { readonly stat: FileStat }[] {
  return paths.map((path) => {
    const seen = lookAt(`${tree.at(path)}/.`);
    if (!seen.ok) throw new Error(seen.error);
    return { stat: seen.value };
  });
}

const uploads = new UploadedFolder(tree.root, "in");

test("a folder holds itself and what was entered from it", () => {
  expect(uploads.holds(tree.root, folders(".", "in"))).toBe(true);
  expect(uploads.holds(tree.root, folders(".", "in", "in/sub"))).toBe(true);
  expect(uploads.holds(tree.root, folders(".", "out"))).toBe(false);
  expect(uploads.holds(tree.root, folders("."))).toBe(false);
});

test("it holds all that is below a root that lies in it", () => {
  expect(uploads.holds(tree.at("in/sub/deep"), folders("in/sub/deep"))).toBe(true);
  expect(uploads.holds(tree.at("out"), folders("out"))).toBe(false);
  expect(uploads.holds("", folders("../..", "..", ".", "out"))).toBe(false);
});

test("however it is named", () => {
  for (const [root, below] of [
    [tree.at("../linked-root"), "/in/"],
    [relative(process.cwd(), tree.root), "in"],
    [`${tree.root}/`, "./in"],
    [tree.at("in"), "/"],
  ] as const) {
    const named = new UploadedFolder(root, below);
    expect([root, named.holds(tree.root, folders(".", "in", "in/sub"))]).toEqual([root, true]);
    expect([root, named.holds(tree.root, folders(".", "out"))]).toEqual([root, false]);
  }
});

test("it is looked at each time: one that is gone holds nothing, one that is made anew does", () => {
  tree.folder("late");
  const late = new UploadedFolder(tree.root, "late");
  expect(late.holds(tree.root, folders(".", "late"))).toBe(true);
  rmSync(tree.at("late"), { recursive: true });
  expect(late.holds(tree.root, folders("."))).toBe(false);
  mkdirSync(tree.at("late"));
  expect(late.holds(tree.root, folders(".", "late"))).toBe(true);
});
