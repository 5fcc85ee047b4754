import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import { defaultLimits } from "../../../src/base/limits.ts";
import { TurnBudgets } from "../../../src/schedule/turn-budgets.ts";
import { NearSearch } from "../../../src/site/near/near-search.ts";
import type { SiteOptions } from "../../../src/site/site-options.ts";
import { containPath } from "../../../src/tree/path.ts";
import type { Tree } from "../../../src/tree/tree.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());

beforeAll(() => {
  site.file("docs/Read Me.md", "read");
  site.file("docs/about.html", "about");
  site.file("docs/.notes.txt", "hidden");
  site.file("docs/secret.html", "shut", 0o640);
  site.file("docs/deep/inside.txt", "in");
  site.file("unlisted/page.html", "page");
  chmodSync(site.at("unlisted"), 0o711);
  site.file("shut/page.html", "page");
  chmodSync(site.at("shut"), 0o700);
  symlinkSync("/etc/passwd", site.at("docs/passwd"));
});

function searchIn(
  options: Omit<SiteOptions, "root"> = {},
  limits = defaultLimits,
  clock = new FakeClock(),
): (path: string) => Promise<readonly string[]> {
  const { tree } = new SiteClient(site.root, options);
  return searchOf(tree, limits, clock);
}

function searchOf(
  tree: Tree,
  limits = defaultLimits,
  clock = new FakeClock(),
): (path: string) => Promise<readonly string[]> {
  const budgets = new TurnBudgets(new EventLoop());
  const search = new NearSearch({ tree, limits, budgets, clock });
  return async (path) => {
    const contained = containPath(path);
    if (!contained.ok) throw new Error(contained.error);
    return (await search.find(contained.value)).map(({ text }) => text);
  };
}

describe("a search", () => {
  test.each([
    ["/docs/readme.md", ["/docs/Read Me.md"]],
    ["/docs/about", ["/docs/about.html"]],
    ["/docs/about.html/", ["/docs/about.html"]],
    ["/docs/about.html/x", ["/docs/about.html"]],
    ["/Docs/about.html", ["/docs/about.html"]],
    ["/Docs/deep/inside.txt", ["/docs/deep/inside.txt"]],
    ["/Docs/nothing", ["/docs/"]],
    ["/docs/Deep/nothing", ["/docs/deep/"]],
    ["/nothing/like/this", []],
    ["/", []],
  ])("for %s finds %j", async (path, found) => {
    expect(await searchIn()(path)).toEqual(found);
  });

  test("finds nothing that a visitor would not get", async () => {
    const search = searchIn();
    expect(await search("/docs/secret")).toEqual([]);
    expect(await search("/docs/notes.txt")).toEqual([]);
    expect(await search("/docs/Passwd")).toEqual([]);
    expect(await search("/unlisted/page")).toEqual([]);
    expect(await search("/shut/page")).toEqual([]);
  });

  test("finds by the rules of the tree", async () => {
    expect(await searchIn({ hidden: true })("/docs/.notes")).toEqual(["/docs/.notes.txt"]);
    expect(await searchIn({ symlinks: "follow" })("/docs/Passwd")).toEqual(["/docs/passwd"]);
    expect(await searchIn({ permissions: "process" })("/docs/secret")).toEqual([
      "/docs/secret.html",
    ]);
  });

  test("works on files in memory", async () => {
    const { tree } = new SiteClient("", { files: { "/Index.txt": "x", "/a/b.txt": "y" } });
    expect(await searchOf(tree)("/index")).toEqual(["/Index.txt"]);
    expect(await searchOf(tree)("/A/b.txt")).toEqual(["/a/b.txt"]);
  });

  test("has at most nearNamesMax, the nearest first", async () => {
    mkdirSync(site.at("many"));
    chmodSync(site.at("many"), 0o755);
    for (const end of ["", "1", "2", "3", "4", "5", "6"]) site.file(`many/name${end}.txt`, "x");
    const limits = { ...defaultLimits, nearNamesMax: 3 };
    const found = await searchIn({}, limits)("/many/Name.txt");
    expect(found).toHaveLength(3);
    expect(found[0]).toBe("/many/name.txt");
    rmSync(site.at("many"), { recursive: true });
  });

  test("reads no folder with more than nearNamesEntriesMax entries", async () => {
    const limits = { ...defaultLimits, nearNamesEntriesMax: 3 };
    expect(await searchIn({}, limits)("/docs/deep/Inside.txt")).toEqual(["/docs/deep/inside.txt"]);
    site.file("long/about.html", "x");
    for (const name of ["a", "b", "c"]) site.file(`long/${name}`, "x");
    expect(await searchIn({}, limits)("/long/About.html")).toEqual([]);
  });
});

describe("of many searches", () => {
  test("no more than nearSearchesPerSecondMax begin in a second", async () => {
    const clock = new FakeClock();
    const limits = { ...defaultLimits, nearSearchesPerSecondMax: 2 };
    const search = searchIn({}, limits, clock);
    const path = "/docs/about";
    expect(await search(path)).not.toEqual([]);
    expect(await search(path)).not.toEqual([]);
    expect(await search(path)).toEqual([]);
    clock.advance(1000);
    expect(await search(path)).not.toEqual([]);
  });

  test("those in one folder read it once a second", async () => {
    const clock = new FakeClock();
    const { tree } = new SiteClient(site.root);
    let readings = 0;
    const counting: Tree = {
      index: tree.index,
      open: tree.open.bind(tree),
      peek: tree.peek.bind(tree),
      close: tree.close.bind(tree),
      describe: tree.describe.bind(tree),
      list(path, limit, view) {
        readings++;
        return tree.list(path, limit, view);
      },
    };
    const search = searchOf(counting, defaultLimits, clock);
    await search("/docs/about");
    await search("/docs/readme.md");
    expect(readings).toBe(1);
    writeFileSync(site.at("docs/new.txt"), "new");
    chmodSync(site.at("docs/new.txt"), 0o644);
    clock.advance(1000);
    expect(await search("/docs/New.txt")).toEqual(["/docs/new.txt"]);
    expect(readings).toBe(2);
  });
});
