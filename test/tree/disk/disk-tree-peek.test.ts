import { afterAll, afterEach, beforeAll, describe, expect, mock, spyOn, test } from "bun:test";
import * as fc from "fast-check";
import * as fs from "node:fs";

import { bytes } from "../../../src/base/units.ts";
import { holdFolder, nameFolder } from "../../../src/system/folder.ts";
import type { OpenWay } from "../../../src/system/system-calls.ts";
import { errorNumber } from "../../../src/system/system-calls.ts";
import { systemCalls } from "../../../src/system/system-choice.ts";
import type { DiskTreeOptions } from "../../../src/tree/disk/disk-tree.ts";
import { containPath } from "../../../src/tree/path.ts";
import type { Kind } from "../../../src/tree/tree.ts";
import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import { Asker } from "../asker.ts";
import { outcome, pathOf, TempTree, uncachedView } from "../temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());
afterEach(() => mock.restore());

const ways = [
  { way: "folders held", openFolder: holdFolder },
  { way: "folders named", openFolder: nameFolder },
].filter(({ openFolder }) => process.platform === "linux" || openFolder === nameFolder);

beforeAll(() => {
  temp.file("file.txt");
  temp.file("private.txt", "x", 0o640);
  temp.file(".hidden");
  temp.file("with-index/index.html");
  temp.file("with-private-index/index.html", "x", 0o640);
  temp.folder("index-is-folder/index.html");
  temp.file("plain/deep/file.txt");
  temp.folder("unlisted", 0o711);
  temp.file("unlisted/file.txt");
  temp.file("closed/file.txt");
  fs.chmodSync(temp.at("closed"), 0o754);
  Bun.spawnSync(["mkfifo", "-m", "666", temp.at("fifo")]);
  temp.link("to-file", "file.txt");
  temp.link("to-private", "private.txt");
  temp.link("to-folder", "plain");
  temp.link("to-hidden", ".hidden");
  temp.link("to-outside", "../outside/canary.txt");
  temp.link("to-nothing", "nothing");
  temp.link("loop", "loop");
  temp.link("index-is-link/index.html", "../plain/deep/file.txt");
  temp.link("index-is-outside/index.html", "../../outside/canary.txt");
  temp.link("index-is-closed/index.html", "../closed/file.txt");
});

const kinds: readonly (readonly [rawPath: string, kind: Kind])[] = [
  ["/", "directory"],
  ["/file.txt", "file"],
  ["/file.txt/", "absent"],
  ["/file.txt/x", "absent"],
  ["/private.txt", "forbidden"],
  ["/nothing", "absent"],
  ["/nothing/", "absent"],
  ["/.hidden", "absent"],
  ["/with-index", "redirect"],
  ["/with-index/", "file"],
  ["/with-private-index/", "forbidden"],
  ["/index-is-folder/", "directory"],
  ["/index-is-link/", "file"],
  ["/index-is-outside/", "directory"],
  ["/index-is-closed/", "forbidden"],
  ["/plain", "redirect"],
  ["/plain/", "directory"],
  ["/plain/deep/file.txt", "file"],
  ["/unlisted", "redirect"],
  ["/unlisted/", "forbidden"],
  ["/unlisted/file.txt", "file"],
  ["/closed", "forbidden"],
  ["/closed/", "forbidden"],
  ["/closed/nothing", "forbidden"],
  ["/fifo", "absent"],
  ["/to-file", "file"],
  ["/to-private", "forbidden"],
  ["/to-folder", "redirect"],
  ["/to-folder/", "directory"],
  ["/to-folder/deep/file.txt", "file"],
  ["/to-hidden", "absent"],
  ["/to-outside", "absent"],
  ["/to-nothing", "absent"],
  ["/loop", "absent"],
  [`/${"x".repeat(255)}`, "absent"],
  ["/x".repeat(3000), "absent"],
];

/** All that was opened, and what for, from now on. */
function openings(): OpenWay[] {
  const calls = systemCalls();
  const open = calls.open.bind(calls);
  const opened: OpenWay[] = [];
  spyOn(calls, "open").mockImplementation((path, way) => {
    opened.push(way);
    return open(path, way);
  });
  return opened;
}

describe.each(ways)("a peek, with $way", ({ openFolder }) => {
  test.each(kinds)("at %p sees %p", (rawPath, kind) => {
    const tree = temp.open({}, openFolder);
    expect(tree.peek(pathOf(rawPath), uncachedView())).toBe(kind);
    expect(outcome(tree, rawPath).split(" ")[0]).toBe(kind);
  });

  const changes: readonly Partial<DiskTreeOptions>[] = [
    { permissions: "process" },
    { hidden: true },
    { symlinks: "follow" },
    { symlinks: "deny" },
    { index: "" },
    { index: "file.txt" },
  ];

  test.each(changes)("sees what would be opened with %j", (change) => {
    const tree = temp.open(change, openFolder);
    for (const [rawPath] of kinds) {
      const kind = tree.peek(pathOf(rawPath), uncachedView());
      expect(`${rawPath} ${kind}`).toBe(`${rawPath} ${outcome(tree, rawPath).split(" ")[0]}`);
    }
  });

  test("sees what would be opened with any mode of the folder, the file and the index", () => {
    const tree = temp.open({}, openFolder);
    temp.file("mode/file.txt");
    temp.file("mode/index.html");
    const mode = fc.nat(0o777);
    const property = fc.property(mode, mode, fc.boolean(), (folderMode, fileMode, hasIndex) => {
      fs.rmSync(temp.at("mode/index.html"), { force: true });
      if (hasIndex) temp.file("mode/index.html", "index", fileMode | 0o400);
      fs.chmodSync(temp.at("mode/file.txt"), fileMode | 0o400);
      fs.chmodSync(temp.at("mode"), folderMode | 0o700);
      for (const rawPath of ["/mode", "/mode/", "/mode/file.txt", "/mode/nothing"]) {
        const kind = tree.peek(pathOf(rawPath), uncachedView());
        expect(`${rawPath} ${kind}`).toBe(`${rawPath} ${outcome(tree, rawPath).split(" ")[0]}`);
      }
      fs.chmodSync(temp.at("mode"), 0o755);
    });
    fc.assert(property, { numRuns: 200 });
  });

  test("opens neither files nor listings, whatever it sees", () => {
    const tree = temp.open({}, openFolder);
    const opened = openings();
    for (const [rawPath] of kinds) tree.peek(pathOf(rawPath), uncachedView());
    expect(opened.filter((way) => way !== "place")).toEqual([]);
    if (openFolder === holdFolder) expect(opened).toContain("place");
  });

  const refusals: readonly (readonly [error: keyof typeof errorNumber, kind: Kind])[] = [
    ["EACCES", "forbidden"],
    ["EPERM", "forbidden"],
    ["ENOMEM", "exhausted"],
    ["EIO", "failed"],
  ];

  test.each(refusals)("sees what the system refuses by %s, and asks it again", (error, kind) => {
    const tree = temp.open({}, openFolder);
    const mayRead = spyOn(systemCalls(), "mayRead").mockReturnValue(errorNumber[error]);
    const paths = ["/file.txt", "/with-index/", "/plain/"];
    expect(paths.map((path) => tree.peek(pathOf(path), uncachedView()))).toEqual([
      kind,
      kind,
      kind,
    ]);
    // What the bits refuse, the system isn't asked about.
    expect(tree.peek(pathOf("/private.txt"), uncachedView())).toBe("forbidden");
    expect(mayRead).toHaveBeenCalledTimes(paths.length);
    mayRead.mockReturnValue(0);
    expect(tree.peek(pathOf("/file.txt"), uncachedView())).toBe("file");
  });

  test.skipIf(!canListDescriptors)("leaves nothing open (needs /proc)", () => {
    const limits = { inlineBytesMax: bytes(0) };
    const asker = new Asker(temp, limits);
    for (let i = 0; i < 3; i++) for (const [rawPath] of kinds) asker.peek(rawPath);
    expect(descriptorsInto(temp.base)).toEqual([]);
  });
});

test("a peek sees what would be opened by any way through the tree", () => {
  const names = "file.txt private.txt plain deep to-folder to-file closed . .. index.html".split(
    " ",
  );
  const parts = fc.constantFrom("/", "//", "/with-index/", ...names.map((name) => `/${name}`));
  const tree = temp.open({ symlinks: "follow", hidden: true });
  const property = fc.property(fc.array(parts, { maxLength: 6 }), (chosen) => {
    const path = containPath(chosen.join("") || "/");
    if (!path.ok) return;
    const kind = tree.peek(path.value, uncachedView());
    expect(kind).toBe(outcome(tree, path.value.text).split(" ")[0] as Kind);
  });
  fc.assert(property, { numRuns: 1000 });
});

describe("what was seen by a peek", () => {
  const cached: readonly (readonly [what: string, path: string, kind: Kind])[] = [
    ["a file", "/file.txt", "file"],
    ["a forbidden file", "/private.txt", "forbidden"],
    ["nothing", "/nothing", "absent"],
    ["a folder without its slash", "/plain", "redirect"],
    ["an index", "/with-index/", "file"],
    ["a folder that may not be listed", "/unlisted/", "forbidden"],
    ["what is in a closed folder", "/closed/nothing", "forbidden"],
  ];

  test.each(cached)("is cached: %s", (_what, path, kind) => {
    const asker = new Asker(temp);
    const first = asker.view();
    expect(asker.tree.peek(pathOf(path), first)).toBe(kind);
    // It was seen for the first time, so nothing says when it changes.
    expect(first.dependencies).toBeUndefined();
    const opened = openings();
    const second = asker.view();
    expect(asker.tree.peek(pathOf(path), second)).toBe(kind);
    expect(second.dependencies).toHaveLength(1);
    expect(second.dependencies?.[0]?.isCurrent(asker.clock.tick())).toBe(true);
    expect(opened).toEqual([]);
  });

  test.each([
    ["a listing", "/plain/"],
    ["a hidden name", "/.hidden"],
  ])("is not cached: %s", (_what, path) => {
    const asker = new Asker(temp);
    for (let i = 0; i < 3; i++) {
      const view = asker.view();
      asker.tree.peek(pathOf(path), view);
      expect(view.dependencies).toBeUndefined();
    }
  });

  test("is not cached when the system has refused it: its reasons don't show", () => {
    const asker = new Asker(temp);
    const mayRead = spyOn(systemCalls(), "mayRead").mockReturnValue(errorNumber.EACCES);
    for (let i = 0; i < 3; i++) expect(asker.peek("/file.txt")).toBe("forbidden");
    expect(mayRead).toHaveBeenCalledTimes(3);
    mayRead.mockReturnValue(0);
    expect(asker.peek("/file.txt")).toBe("file");
  });

  test("is not given out as opened, and what was opened is seen by a peek", () => {
    const asker = new Asker(temp);
    for (let i = 0; i < 2; i++) asker.peek("/unlisted/");
    expect(asker.tell("/unlisted/")).toBe("forbidden unlisted o+r");
    for (let i = 0; i < 2; i++) asker.peek("/file.txt");
    const found = asker.ask("/file.txt");
    expect(found).toMatchObject({ kind: "file", file: { name: "file.txt", size: 8 } });
    expect(asker.peek("/file.txt")).toBe("file");
    expect(asker.ask("/file.txt")).toBe(found);
  });

  test("is dropped with its dependents when the file is opened", () => {
    const asker = new Asker(temp);
    asker.peek("/file.txt");
    const view = asker.view();
    asker.tree.peek(pathOf("/file.txt"), view);
    const drops = { bytes: 1, count: 0, drop: () => void drops.count++ };
    const [lookup] = view.dependencies ?? [];
    expect(lookup?.attach(drops)).toBe(true);
    asker.ask("/file.txt");
    expect(drops.count).toBe(1);
    expect(lookup?.attach(drops)).toBe(false);
  });

  test.skipIf(!canListDescriptors)("of a large file needs no open file (needs /proc)", () => {
    const asker = new Asker(temp, { inlineBytesMax: bytes(0) });
    for (let i = 0; i < 3; i++) {
      const found = asker.ask("/file.txt");
      if (found.kind === "file") found.file.close();
    }
    asker.tree.close();
    expect(descriptorsInto(temp.base)).toEqual([]);
    expect(asker.peek("/file.txt")).toBe("file");
    expect(descriptorsInto(temp.base)).toEqual([]);
  });

  const changes: readonly (readonly [
    what: string,
    path: string,
    before: Kind,
    change: () => void,
    after: Kind,
  ])[] = [
    ["a file goes", "/n/a", "file", () => fs.rmSync(temp.at("n/a")), "absent"],
    ["a file comes", "/n/b", "absent", () => temp.file("n/b"), "file"],
    ["a file loses a bit", "/n/a", "file", () => fs.chmodSync(temp.at("n/a"), 0o640), "forbidden"],
    ["a file is given a bit", "/n/shut", "forbidden", () => temp.file("n/shut"), "file"],
    ["a folder loses a bit", "/n/a", "file", () => fs.chmodSync(temp.at("n"), 0o754), "forbidden"],
    ["an index comes", "/n/", "directory", () => temp.file("n/index.html"), "file"],
    ["an index goes", "/n/m/", "file", () => fs.rmSync(temp.at("n/m/index.html")), "directory"],
    [
      "a folder is given its bit",
      "/n/unlisted/",
      "forbidden",
      () => fs.chmodSync(temp.at("n/unlisted"), 0o755),
      "directory",
    ],
    [
      "an index comes where no listing is",
      "/n/unlisted/",
      "forbidden",
      () => temp.file("n/unlisted/index.html"),
      "file",
    ],
  ];

  test.each(changes)("is seen anew when %s", (_what, path, before, change, after) => {
    temp.file("n/a");
    temp.file("n/shut", "shut", 0o640);
    temp.file("n/m/index.html");
    temp.folder("n/unlisted", 0o711);
    const asker = new Asker(temp);
    for (let i = 0; i < 3; i++) expect(asker.peek(path)).toBe(before);
    change();
    for (let i = 0; i < 3; i++) expect(asker.peek(path)).toBe(after);
    fs.chmodSync(temp.at("n"), 0o755);
    fs.rmSync(temp.at("n"), { recursive: true });
  });

  test("serves the requests before the look, and none after it", () => {
    temp.file("look/a");
    const asker = new Asker(temp);
    asker.peek("/look/a");
    const since = asker.clock.tick();
    const peekSince = (): Kind => asker.tree.peek(pathOf("/look/a"), asker.viewSince(since));
    expect(peekSince()).toBe("file");
    fs.rmSync(temp.at("look/a"));
    expect(peekSince()).toBe("file");
    expect(asker.peek("/look/a")).toBe("absent");
  });
});

/** Whether a tree with these options shows the file at `path`. */
const shows = (path: string, changes: Partial<DiskTreeOptions> = {}): boolean =>
  temp.open(changes).shows(path);

describe("a file on this machine is shown to strangers", () => {
  test.each([
    ["in the tree", "file.txt", true],
    ["deep in the tree", "plain/deep/file.txt", true],
    ["by a link in the tree", "to-file", true],
    ["that strangers may not read", "private.txt", false],
    ["in a closed folder", "closed/file.txt", false],
    ["with a hidden name", ".hidden", false],
    ["that is not there", "nothing", false],
    ["that is a folder", "plain", false],
    ["that is the root", ".", false],
    ["that is a FIFO", "fifo", false],
    ["outside", "../outside/canary.txt", false],
    ["outside, behind a link in the tree", "to-outside", false],
    ["above the root", "..", false],
  ])("%s: %p, %p", (_what, name, isShown) => {
    expect(shows(temp.at(name))).toBe(isShown);
  });

  test("when it is found under another name that leads into the tree", () => {
    temp.link("../outside/into", "../site/file.txt");
    expect(shows(temp.at("../outside/into"))).toBe(true);
  });

  test("by the rules of the tree", () => {
    expect(shows(temp.at(".hidden"), { hidden: true })).toBe(true);
    expect(shows(temp.at("private.txt"), { permissions: "process" })).toBe(true);
  });

  test("as it is now", () => {
    const tree = temp.open();
    temp.file("key.pem", "x", 0o644);
    const told = [0o600, 0o644, 0o600].map((mode) => {
      fs.chmodSync(temp.at("key.pem"), mode);
      return tree.shows(temp.at("key.pem"));
    });
    expect(told).toEqual([false, true, false]);
  });
});
