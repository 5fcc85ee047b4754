import { afterAll, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as fs from "node:fs";
import { compareKeys, sortKey } from "../../src/files/listing.ts";
import type { OpenDirectory, Tree } from "../../src/files/resolve.ts";
import { holdFolder, nameFolder } from "../../src/files/stat.ts";
import { canListDescriptors, descriptorsInto } from "../open-descriptors.ts";
import { pathOf, TempTree } from "./temp-tree.ts";

const compare = (a: string, b: string): number => compareKeys(sortKey(a), sortKey(b));

describe("the order of names", () => {
  test.each([
    [
      ["10.txt", "9.txt", "1.txt"],
      ["1.txt", "9.txt", "10.txt"],
    ],
    [
      ["b", "A", "C", "a2", "a10"],
      ["A", "a2", "a10", "b", "C"],
    ],
    [
      ["z", "éa", "eb", "f"],
      ["éa", "eb", "f", "z"],
    ],
    [
      ["v1.10.0", "v1.9.9", "v1.9.10"],
      ["v1.9.9", "v1.9.10", "v1.10.0"],
    ],
    [
      ["ab", "a", "abc"],
      ["a", "ab", "abc"],
    ],
    [
      ["99999999999999999999", "100000000000000000000"].toReversed(),
      ["99999999999999999999", "100000000000000000000"],
    ],
  ])("%p becomes %p", (names, ordered) => {
    expect(names.toSorted(compare)).toEqual(ordered);
  });

  test("is an order: opposite ways round are opposite, and it carries over", () => {
    const name = fc.string({
      unit: fc.constantFrom("a", "B", "é", "0", "1", "9", "-"),
      maxLength: 6,
    });
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)) + 0);
        if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 5000 },
    );
  });
});

/** The folder that `rawPath` names; it has to be one that may be listed. */
function folderAt(tree: Tree, rawPath: string): OpenDirectory {
  const resolution = tree.resolve(pathOf(rawPath));
  if (resolution.kind !== "directory") throw new Error(`${rawPath}: ${resolution.kind}`);
  return resolution.directory;
}

/** Its entries' names, a folder's with a slash. */
function namesIn(tree: Tree, rawPath: string, limit = 1000): readonly string[] {
  const { entries } = folderAt(tree, rawPath).entries(limit);
  return entries.map((entry) => entry.name + (entry.kind === "directory" ? "/" : ""));
}

const ways = [
  { way: "folders held", openFolder: holdFolder },
  { way: "folders named", openFolder: nameFolder },
].filter(({ openFolder }) => process.platform === "linux" || openFolder === nameFolder);

describe.each(ways)("the entries of a folder, with $way", ({ openFolder }) => {
  const temp = new TempTree();
  afterAll(() => temp.remove());
  const tree = temp.open({}, openFolder);

  temp.file("docs/10.txt", "0123456789");
  temp.file("docs/9.txt", "");
  temp.file("docs/Zoo/x");
  temp.folder("docs/zebra");
  temp.file("docs/a b.txt");
  temp.file("docs/.hidden");
  temp.file("docs/unread.txt", "x", 0o600);
  temp.folder("docs/closed", 0o700);
  temp.link("docs/to-file", "10.txt");
  temp.link("docs/to-folder", "zebra");
  temp.link("docs/to-nothing", "nowhere");
  temp.link("docs/to-loop", "to-loop");
  temp.link("docs/to-hidden", ".hidden");
  temp.link("docs/to-outside", "../../outside/canary.txt");
  temp.link("docs/to-closed", "closed/x");
  temp.file("docs/back\\slash");
  fs.writeFileSync(
    Buffer.concat([Buffer.from(`${temp.root}/docs/latin`), Buffer.from([0xe9])]),
    "not UTF-8",
  );
  Bun.spawnSync(["mkfifo", "-m", "666", temp.at("docs/fifo")]);
  fs.utimesSync(temp.at("docs/10.txt"), 1_700_000_000, 1_700_000_000.9996);

  const shownFolders = ["closed/", "to-folder/", "zebra/", "Zoo/"];
  const shownFiles = ["9.txt", "10.txt", "a b.txt", "to-file", "unread.txt"];
  const shown = [...shownFolders, ...shownFiles];

  test("are the folders and files that a request could name, in a person's order", () => {
    expect(namesIn(tree, "/docs/")).toEqual(shown);
  });

  test("tell of a link what it leads to", () => {
    const { entries } = folderAt(tree, "/docs/").entries(100);
    const file = { kind: "file", size: 10, mtimeMs: 1_700_000_000_999 };
    expect(entries.find((entry) => entry.name === "10.txt")).toMatchObject(file);
    expect(entries.find((entry) => entry.name === "to-file")).toMatchObject(file);
  });

  test("hold hidden names only where these are shown", () => {
    const hidden = namesIn(temp.open({ hidden: true }, openFolder), "/docs/");
    expect(hidden).toContain(".hidden");
    expect(hidden).toContain("to-hidden");
    expect(hidden).toHaveLength(shown.length + 2);
  });

  test("hold links only as far as these are followed", () => {
    expect(namesIn(temp.open({ symlinks: "deny" }, openFolder), "/docs/")).toEqual(
      shown.filter((name) => !name.startsWith("to-")),
    );
    expect(namesIn(temp.open({ symlinks: "follow" }, openFolder), "/docs/")).toContain(
      "to-outside",
    );
  });

  test("are cut at the limit, and what is left is counted", () => {
    const folder = folderAt(tree, "/docs/");
    const all = shown.length;
    expect(folder.entries(3).entries).toHaveLength(3);
    expect(folder.entries(3).left).toBe(all - 3);
    expect(folder.entries(all).left).toBe(0);
    expect(folder.entries(0)).toEqual({ entries: [], left: all });
    expect(namesIn(tree, "/docs/", 3)).toEqual(shown.slice(0, 3));
  });

  test("are read anew, by the rules of the moment", () => {
    temp.file("fresh/a.txt");
    const folder = folderAt(tree, "/fresh/");
    expect(folder.path).toEqual(pathOf("/fresh/"));
    expect(folder.entries(9).entries.map((entry) => entry.name)).toEqual(["a.txt"]);
    temp.file("fresh/b.txt");
    expect(folder.entries(9).entries.map((entry) => entry.name)).toEqual(["a.txt", "b.txt"]);
    fs.chmodSync(temp.at("fresh"), 0o751);
    expect(folder.entries(9)).toEqual({ entries: [], left: 0 });
    fs.rmSync(temp.at("fresh"), { recursive: true });
    expect(folder.entries(9)).toEqual({ entries: [], left: 0 });
  });

  test.skipIf(!canListDescriptors)("hold no descriptor (needs /proc)", () => {
    temp.file("held/a.txt");
    const folder = folderAt(tree, "/held/");
    expect(descriptorsInto(temp.base)).toEqual([]);
    expect(folder.entries(9).entries).toHaveLength(1);
    fs.chmodSync(temp.at("held"), 0o751);
    expect(folder.entries(9)).toEqual({ entries: [], left: 0 });
    fs.rmSync(temp.at("held"), { recursive: true });
    expect(folder.entries(9)).toEqual({ entries: [], left: 0 });
    expect(descriptorsInto(temp.base)).toEqual([]);
  });

  test("of the root show .well-known (RFC 8615 §3)", () => {
    temp.folder(".well-known");
    temp.folder(".other");
    expect(namesIn(tree, "/")).toEqual([".well-known/", "docs/"]);
  });

  test("may be called by the replacement character, once", () => {
    temp.file("odd/latin\ufffd");
    fs.writeFileSync(
      Buffer.concat([Buffer.from(`${temp.root}/odd/latin`), Buffer.from([0xe9])]),
      "not UTF-8",
    );
    expect(namesIn(tree, "/odd/")).toEqual(["latin\ufffd"]);
  });
});
