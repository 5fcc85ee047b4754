import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { LayerTree } from "../../../src/tree/memory/layer-tree.ts";
import type { MemoryFiles } from "../../../src/tree/memory/memory-files.ts";
import type { MemoryTree } from "../../../src/tree/memory/memory-tree.ts";
import { openMemoryTree } from "../../../src/tree/memory/memory-tree.ts";
import type { Outcome } from "../../../src/tree/tree.ts";
import { View } from "../../../src/tree/view.ts";
import { pathOf } from "../temp-tree.ts";

function treeOf(files: MemoryFiles): MemoryTree {
  const rules = { permissions: "other", hidden: false, index: "index.html" } as const;
  const tree = openMemoryTree({ ...rules, files, limits: defaultLimits, madeMs: 0 });
  if (!tree.ok) throw new Error(tree.error);
  return tree.value;
}

/** What is at a path: the content of a file, or the kind of the outcome. */
function shown(outcome: Outcome): string {
  if (outcome.kind !== "file") return outcome.kind;
  return new TextDecoder().decode(outcome.file.readAll());
}

const upper = treeOf({
  "/a.txt": "upper a",
  "/shut.txt": { body: "", mode: 0o600 },
  "/both/upper.txt": "upper",
  "/mine/upper.txt": "upper",
  "/locked/": { mode: 0o700 },
  "/file/upper.txt": "upper",
  "/below/": {},
});
const lower = treeOf({
  "/a.txt": "lower a",
  "/b.txt": "lower b",
  "/shut.txt": "lower",
  "/both/index.html": "lower index",
  "/locked/lower.txt": "lower",
  "/file": "lower",
  "/below/": { mode: 0o700 },
});
const tree = new LayerTree(upper, lower);

async function kindOf(path: string): Promise<string> {
  return (await tree.describe(pathOf(path), new View(0, 0))).kind;
}

describe("a tree over another", () => {
  test.each([
    ["/a.txt", "upper a"],
    ["/b.txt", "lower b"],
    ["/none.txt", "absent"],
    ["/shut.txt", "forbidden"],
    ["/", "directory"],
    ["/both", "redirect"],
    ["/both/", "lower index"],
    ["/both/upper.txt", "upper"],
    ["/mine", "redirect"],
    ["/mine/", "directory"],
    ["/locked", "forbidden"],
    ["/locked/", "forbidden"],
    ["/locked/lower.txt", "forbidden"],
    ["/file", "redirect"],
    ["/file/", "directory"],
    ["/file/upper.txt", "upper"],
    ["/below/", "forbidden"],
  ])("has at %s: %s", async (path, what) => {
    const outcome = await tree.open(pathOf(path), new View(0, 0));
    expect(shown(outcome)).toBe(what);
    expect(await tree.peek(pathOf(path), new View(0, 0))).toBe(outcome.kind);
  });

  test("describes a folder of either, unless one of them is shut", async () => {
    expect(
      await Promise.all(["/both/", "/mine/", "/locked/", "/below/", "/x/"].map(kindOf)),
    ).toEqual(["folder", "folder", "forbidden", "forbidden", "absent"]);
  });

  test("depends on both: an answer is made again when either has changed", async () => {
    for (const change of [upper, lower]) {
      const view = new View(0, 0);
      await tree.open(pathOf("/b.txt"), view);
      tree.list(pathOf("/"), 10, view);
      const { dependencies = [] } = view;
      expect(dependencies.every((one) => one.isCurrent(0))).toBe(true);
      change.put("/new.txt", "new", 0);
      expect(dependencies.every((one) => one.isCurrent(0))).toBe(false);
    }
  });
});
