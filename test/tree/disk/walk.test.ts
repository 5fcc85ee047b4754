import { defaultLimits } from "../../../src/base/limits.ts";
import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { holdFolder, nameFolder } from "../../../src/system/folder.ts";
import type { SymlinkRule } from "../../../src/tree/disk/walk.ts";
import { symlinkRules } from "../../../src/tree/disk/walk.ts";
import { canary, outcome, TempTree } from "../temp-tree.ts";

const ways = [
  { way: "folders held", openFolder: holdFolder },
  { way: "folders named", openFolder: nameFolder },
].filter(({ openFolder }) => process.platform === "linux" || openFolder === nameFolder);

/** Options by which so many links are followed at most. */
const hops = (most: number) => ({ limits: { ...defaultLimits, symlinkHopsMax: most } });

describe.each(ways)("symbolic links, with $way", ({ openFolder }) => {
  const temp = new TempTree();
  afterAll(() => temp.remove());
  const inside = temp.open({}, openFolder);
  const follow = temp.open({ symlinks: "follow" }, openFolder);
  const deny = temp.open({ symlinks: "deny" }, openFolder);

  temp.file("real/file.txt", "real");
  temp.file("real/sub/deep.txt", "deep");
  temp.file("real/index.html", "index");
  temp.file("top.txt", "top");
  temp.file(".secret/file.txt", "secret");
  temp.file(".well-known/x.txt", "known");
  temp.file("closed/file.txt", "closed");
  temp.file("unread.txt", "unread", 0o640);
  fs.chmodSync(temp.at("closed"), 0o750);
  temp.link("../alias", "site");

  const links: readonly (readonly [link: string, target: string])[] = [
    ["to-file", "real/file.txt"],
    ["to-folder", "real"],
    ["to-folder-slash", "real/"],
    ["to-dots", "./real/./sub/../file.txt"],
    ["real/up", "../top.txt"],
    ["real/sub/up-up", "../../real/sub/../../top.txt"],
    ["chain-1", "chain-2"],
    ["chain-2", "to-folder/../real/up"],
    ["to-absolute", temp.at("real/file.txt")],
    ["to-given", `${temp.base}/alias/real/file.txt`],
    ["to-root", temp.root],
    ["to-self", "."],
    ["loop", "loop"],
    ["ping", "pong"],
    ["pong", "ping"],
    ["dangling", "nowhere"],
    ["to-secret", ".secret/file.txt"],
    ["to-secret-folder", ".secret"],
    [".way", "real"],
    ["by-hidden-link", ".way/file.txt"],
    ["to-known", ".well-known/x.txt"],
    ["to-closed", "closed/file.txt"],
    ["through-closed", "closed/../top.txt"],
    ["to-unread", "unread.txt"],
    ["through-file", "top.txt/../real/file.txt"],
    ["out-relative", "../outside/canary.txt"],
    ["out-absolute", temp.at("../outside/canary.txt")],
    ["out-folder", "../outside"],
    ["out-and-in", "../site/top.txt"],
    ["out-by-dots", `${temp.root}/../outside/canary.txt`],
    ["out-prefix", `${temp.root}-two/x`],
    ["to-up", ".."],
  ];
  for (const [link, target] of links) temp.link(link, target);
  temp.file("../site-two/x", "neighbour");
  temp.file("../outside/locked/inner.txt", "inner");
  temp.file("../outside/locked/sub/inner.txt", "inner");
  fs.chmodSync(temp.at("../outside/locked/sub"), 0o700);
  fs.chmodSync(temp.at("../outside/locked"), 0o700);
  temp.link("../outside/back", "../site/real");
  temp.link("../outside/again", "canary.txt");
  temp.file("../outside/unread.txt", "x", 0o640);
  temp.link("out-locked-folder", "../outside/locked");
  temp.link("out-locked-file", "../outside/locked/inner.txt");
  temp.link("out-locked-sub", "../outside/locked/sub");
  temp.link("out-unread", "../outside/unread.txt");
  temp.link("out-up-ends", "../outside/locked/sub/..");
  const given = temp.open({ root: `${temp.base}/alias` }, openFolder);

  test.each([
    ["/to-file", "file real"],
    ["/to-file/", "absent"],
    ["/to-folder", "redirect"],
    ["/to-folder/", "file index"],
    ["/to-folder/sub/", "directory"],
    ["/to-folder/sub/deep.txt", "file deep"],
    ["/to-folder-slash/file.txt", "file real"],
    ["/to-dots", "file real"],
    ["/real/up", "file top"],
    ["/real/sub/up-up", "file top"],
    ["/chain-1", "file top"],
    ["/to-absolute", "file real"],
    ["/to-root/top.txt", "file top"],
    ["/to-root/to-root/to-file", "file real"],
    ["/to-self/to-self/top.txt", "file top"],
    ["/to-self", "redirect"],
    ["/loop", "absent"],
    ["/loop/x", "absent"],
    ["/ping", "absent"],
    ["/dangling", "absent"],
    ["/dangling/", "absent"],
    ["/to-secret", "absent"],
    ["/to-secret-folder/file.txt", "absent"],
    ["/to-secret-folder/missing", "absent"],
    ["/by-hidden-link", "absent"],
    ["/to-known", "file known"],
    ["/to-closed", "forbidden closed o+x"],
    ["/through-closed", "forbidden closed o+x"],
    ["/to-unread", "forbidden unread.txt o+r"],
    ["/through-file", "absent"],
  ])("inside: %p is %p", (rawPath, expected) => {
    expect(outcome(inside, rawPath)).toBe(expected);
    expect(outcome(follow, rawPath)).toBe(expected);
    expect(outcome(deny, rawPath)).toBe("absent");
  });

  test.each([
    ["/out-relative", `file ${canary}`],
    ["/out-absolute", `file ${canary}`],
    ["/out-folder/canary.txt", `file ${canary}`],
    ["/out-folder/again", `file ${canary}`],
    ["/out-folder/", "directory"],
    ["/out-folder", "redirect"],
    ["/out-folder/missing", "absent"],
    ["/out-and-in", "file top"],
    ["/out-by-dots", `file ${canary}`],
    ["/out-prefix", "file neighbour"],
    ["/to-up/outside/canary.txt", `file ${canary}`],
    ["/out-folder/back/file.txt", "file real"],
    ["/out-locked-file", "file inner"],
    ["/out-locked-folder/inner.txt", `forbidden ${temp.base}/outside/locked o+x`],
    ["/out-locked-sub/inner.txt", `forbidden ${temp.base}/outside/locked/sub o+x`],
    ["/out-up-ends/", `forbidden ${temp.base}/outside/locked o+rx`],
    ["/out-unread", `forbidden ${temp.base}/outside/unread.txt o+r`],
    ["/out-folder/locked/inner.txt", `forbidden ${temp.base}/outside/locked o+x`],
  ])("outside: %p is absent, and when followed %p", (rawPath, expected) => {
    expect(outcome(inside, rawPath)).toBe("absent");
    expect(outcome(follow, rawPath)).toBe(expected);
    expect(outcome(deny, rawPath)).toBe("absent");
  });

  test("an absolute target may spell the root as it was given", () => {
    expect(outcome(given, "/to-given")).toBe("file real");
    expect(outcome(given, "/to-absolute")).toBe("file real");
    expect(outcome(inside, "/to-given")).toBe("absent");
  });

  test("a hidden target is shown where hidden names are", () => {
    const hidden = temp.open({ hidden: true }, openFolder);
    expect(outcome(hidden, "/to-secret")).toBe("file secret");
    expect(outcome(hidden, "/by-hidden-link")).toBe("file real");
  });

  test("a chain may be as long as the limit and no longer", () => {
    temp.file("end.txt", "end");
    temp.link("hop-1", "end.txt");
    for (let i = 2; i <= 17; i++) temp.link(`hop-${i}`, `hop-${i - 1}`);
    expect(outcome(inside, "/hop-16")).toBe("file end");
    expect(outcome(inside, "/hop-17")).toBe("absent");
    expect(outcome(temp.open(hops(0), openFolder), "/hop-1")).toBe("absent");
    expect(outcome(temp.open(hops(1), openFolder), "/hop-1")).toBe("file end");
  });

  test("a name that is looked for behind a loop or a link too many is absent", () => {
    expect(outcome(inside, `${"/to-self".repeat(16)}/top.txt`)).toBe("file top");
    expect(outcome(inside, `${"/to-self".repeat(17)}/top.txt`)).toBe("absent");
  });

  test("an index may be a link, inside", () => {
    temp.link("with-link/index.html", "../real/file.txt");
    temp.link("with-out/index.html", "../../outside/canary.txt");
    temp.link("with-folder/index.html", "../real");
    temp.link("with-closed/index.html", "../closed/file.txt");
    expect(outcome(inside, "/with-link/")).toBe("file real");
    expect(outcome(inside, "/with-out/")).toBe("directory");
    expect(outcome(inside, "/with-folder/")).toBe("directory");
    expect(outcome(inside, "/with-closed/")).toBe("forbidden closed o+x");
    expect(outcome(deny, "/with-link/")).toBe("directory");
    expect(outcome(follow, "/with-out/")).toBe(`file ${canary}`);
  });
});

const ruled = new TempTree();
afterAll(() => ruled.remove());

/** What a link to a file inside the root comes to by each rule, and one to a file outside. */
const outcomes: { readonly [Rule in SymlinkRule]: readonly [inside: string, outside: string] } = {
  inside: ["file content", "absent"],
  follow: ["file content", `file ${canary}`],
  deny: ["absent", "absent"],
};

test("each rule of symbolic links says which are followed", () => {
  ruled.file("file.txt", "content");
  ruled.link("inside", "file.txt");
  ruled.link("outside", "../outside/canary.txt");
  const told = symlinkRules.map((symlinks) => {
    const tree = ruled.open({ symlinks });
    return [symlinks, [outcome(tree, "/inside"), outcome(tree, "/outside")]];
  });
  expect(Object.fromEntries(told)).toEqual(outcomes);
});
