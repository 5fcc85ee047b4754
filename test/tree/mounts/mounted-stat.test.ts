import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, statSync, utimesSync } from "node:fs";

import { folderStat, mountedStat } from "../../../src/tree/mounts/mounted-stat.ts";
import { TempTree } from "../temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());

describe("the stat of something mounted", () => {
  test.each([0, 1, 1_700_000_000_123, 4_294_967_296_000 * 1000 + 999, -1])(
    "of a folder that only leads on has the date %p and is open",
    (mtimeMs) => {
      const stat = folderStat(mtimeMs);
      expect(stat.mtimeMs).toBe(mtimeMs);
      expect([stat.type, stat.mode]).toEqual(["directory", 0o040755]);
    },
  );

  test("of a folder is its own, but open, because it was named", () => {
    temp.folder("shut", 0o700);
    utimesSync(temp.at("shut"), 1_600_000_000, 1_600_000_000);
    const stat = mountedStat(temp.at("shut"));
    expect([stat?.type, stat?.mode, stat?.mtimeMs]).toEqual([
      "directory",
      0o040755,
      1_600_000_000_000,
    ]);
    chmodSync(temp.at("shut"), 0o755);
  });

  test("of a file is its own", () => {
    temp.file("a.txt", "four", 0o600);
    const stat = mountedStat(temp.at("a.txt"));
    expect([stat?.type, stat?.size, stat?.mode]).toEqual(["file", 4, 0o100600]);
    expect(statSync(temp.at("a.txt")).size).toBe(4);
  });

  test("of what is gone is none", () => {
    expect(mountedStat(temp.at("gone"))).toBeUndefined();
    expect(mountedStat("")).toBeUndefined();
  });
});
