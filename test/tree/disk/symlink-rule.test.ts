import { afterAll, expect, test } from "bun:test";

import type { SymlinkRule } from "../../../src/tree/disk/symlink-rule.ts";
import { symlinkRules } from "../../../src/tree/disk/symlink-rule.ts";
import { canary, outcome, TempTree } from "../temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());

/** What a link to a file inside the root comes to by each rule, and one to a file outside. */
const outcomes: { readonly [Rule in SymlinkRule]: readonly [inside: string, outside: string] } = {
  inside: ["file content", "absent"],
  follow: ["file content", `file ${canary}`],
  deny: ["absent", "absent"],
};

test("each rule says which links are followed", () => {
  temp.file("file.txt", "content");
  temp.link("inside", "file.txt");
  temp.link("outside", "../outside/canary.txt");
  const told = symlinkRules.map((symlinks) => {
    const tree = temp.open({ symlinks });
    return [symlinks, [outcome(tree, "/inside"), outcome(tree, "/outside")]];
  });
  expect(Object.fromEntries(told)).toEqual(outcomes);
});
