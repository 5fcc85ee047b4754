import { afterAll, expect, test } from "bun:test";
import * as fs from "node:fs";

import { lookAt } from "../../../src/system/file-system.ts";
import { namedRoot } from "../../../src/tree/disk/named-root.ts";
import { permits } from "../../../src/tree/permission.ts";
import { TempTree } from "../temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());

test("a root is used by its path, so what is made anew in its place is found", () => {
  temp.file("built/a.txt", "old");
  const root = namedRoot(temp.at("built"));
  const size = (): number | string => {
    const stat = lookAt(`${root.prefix}a.txt`);
    return stat.ok ? stat.value.size : stat.error;
  };
  expect([size(), root.stat.mode, root.isUnmoved()]).toEqual([3, 0o040755, true]);
  fs.rmSync(temp.at("built"), { recursive: true });
  expect([size(), root.isUnmoved()]).toEqual(["ENOENT", true]);
  temp.folder("built", 0o711);
  temp.file("built/a.txt", "longer");
  expect([size(), root.stat.mode]).toEqual([6, 0o040711]);
  root.close();
});

test("a root that is gone is a folder that permits nothing", () => {
  const { stat } = namedRoot(temp.at("missing"));
  expect(stat.type).toBe("directory");
  expect([permits(stat.mode, "read"), permits(stat.mode, "search")]).toEqual([false, false]);
});

test("the root of the file system is the empty path", () => {
  expect(namedRoot("").prefix).toBe("/");
  expect(namedRoot("").stat.isFolder).toBe(true);
});
