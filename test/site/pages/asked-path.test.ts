import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";

import { linkFrom, linkHome, linkUp, readAskedPath } from "../../../src/site/pages/asked-path.ts";
import { rootPath } from "../../../src/tree/path.ts";
import { View } from "../../../src/tree/view.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { pathOf } from "../../tree/temp-tree.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
const client = new SiteClient(site.root);

beforeAll(() => {
  site.file("docs/deep/a.txt", "a");
  site.file("paged/index.html", "index");
  site.file("unlisted/open/a.txt", "a");
  chmodSync(site.at("unlisted"), 0o711);
  site.file("shut/open/a.txt", "a");
  chmodSync(site.at("shut"), 0o700);
  site.file(".git/hooks/x", "x");
});

const asked = (target: string, most = 256): ReturnType<typeof readAskedPath> =>
  readAskedPath(requestOf(`GET ${target}`), most);

describe("what was asked for", () => {
  test.each([
    ["/a%20b?query", "/a b"],
    ["http://a/x/y", "/x/y"],
    [`/${"%C3%BC".repeat(300)}`, `/${"ü".repeat(255)}…`],
    ["/%ff", "/\udcff"],
    ["/a%zz", "/a%zz"],
  ])("by %s is %s", (target, shown) => {
    expect(asked(target).shown).toBe(shown);
  });

  test("is cut between characters", () => {
    expect(asked("/%F0%9F%98%80%F0%9F%98%80", 2).shown.isWellFormed()).toBe(true);
  });

  test("by * is no path, and leads nowhere", () => {
    const all = readAskedPath(requestOf("OPTIONS *"), 256);
    expect([all.shown, all.path, linkHome(all, rootPath)]).toEqual(["*", undefined, undefined]);
  });
});

describe("the way home", () => {
  test.each([
    ["/", undefined],
    ["/absent", "./"],
    ["/docs/absent", "../"],
    ["/%ff/x", "../"],
  ])("from %s is %p", (target, href) => {
    expect(linkHome(asked(target), rootPath)).toBe(href);
  });

  test("is the base that the site is served under", () => {
    const base = pathOf("/my%20app/");
    const home = (target: string): string | undefined => linkHome(asked(target), base);
    expect(home("/my%20app/absent")).toBe("../my%20app/");
    expect(home("/absent")).toBe("./my%20app/");
    expect(home("/my%20app/")).toBeUndefined();
  });

  test("is a path like others", () => {
    expect(linkFrom(asked("/docs/absent"), rootPath)).toEqual({ path: "/", href: "../" });
  });
});

async function up(target: string, isListed = true): Promise<string | undefined> {
  const link = await linkUp(
    asked(target),
    { tree: client.tree, isListed, home: rootPath },
    View.anew(0),
  );
  return link?.path;
}

describe("the way up", () => {
  test("ends below the base that the site is served under", async () => {
    const based = new SiteClient(site.root, { base: "/app/" });
    const ways = { tree: based.tree, isListed: true, home: pathOf("/app/") };
    const from = async (target: string): Promise<string | undefined> =>
      (await linkUp(asked(target), ways, View.anew(0)))?.path;
    expect(await from("/app/absent")).toBeUndefined();
    expect(await from("/app/absent/absent")).toBeUndefined();
    expect(await from("/app/docs/absent")).toBe("/app/docs/");
  });

  test.each([
    ["/absent", undefined],
    ["/docs/absent", "/docs/"],
    ["/docs/deep/absent/", "/docs/deep/"],
    ["/docs/absent/deeper/still", "/docs/"],
    ["/docs/deep/a.txt/b", "/docs/deep/"],
    ["/paged/absent", "/paged/"],
    ["/none/absent", undefined],
    ["/%ff/absent", undefined],
  ])("from %s is %p", async (target, path) => {
    expect(await up(target)).toBe(path);
  });

  test("leads to no folder that a stranger can't look at", async () => {
    expect(await up("/unlisted/absent")).toBeUndefined();
    expect(await up("/unlisted/open/absent")).toBe("/unlisted/open/");
    expect(await up("/unlisted/absent/x")).toBeUndefined();
    expect(await up("/shut/open/a.txt")).toBeUndefined();
    expect(await up("/shut/none/a.txt")).toBeUndefined();
    expect(await up("/.git/hooks/x")).toBeUndefined();
  });

  test("leads to folders with an index alone where none is listed", async () => {
    expect(await up("/docs/absent", false)).toBeUndefined();
    expect(await up("/paged/absent", false)).toBe("/paged/");
  });

  test("asks for no more folders than there are, however deep the path is", async () => {
    let peeks = 0;
    const { tree } = client;
    const counting: typeof tree = {
      index: tree.index,
      open: tree.open.bind(tree),
      list: tree.list.bind(tree),
      close: tree.close.bind(tree),
      describe: tree.describe.bind(tree),
      peek(path, view) {
        peeks++;
        return tree.peek(path, view);
      },
    };
    await linkUp(
      asked(`/docs${"/x".repeat(1000)}`),
      { tree: counting, isListed: true, home: rootPath },
      View.anew(0),
    );
    expect(peeks).toBe(4);
  });
});

test("a page about a missing file in a listed folder is still cached", async () => {
  const { opened, surroundings } = client;
  const { tree } = opened;
  const tick = (): number => surroundings.logicalClock.tick();
  const view = (): View => new View(tick(), Date.now() + 60_000);
  const open = async (): Promise<View> => {
    const one = view();
    const path = asked("/docs/absent");
    await tree.open(path.path ?? rootPath, one);
    expect((await linkUp(path, { tree, isListed: true, home: rootPath }, one))?.path).toBe(folder);
    return one;
  };
  let folder: string | undefined = "/docs/";
  await open();
  const later = await open();
  // That nothing is there by this name, and that the folder has no index.
  expect(later.dependencies?.length).toBe(2);
  expect(later.dependencies?.every((each) => each.isCurrent(tick()))).toBe(true);
  site.file("docs/index.html", "shut", 0o600);
  expect(later.dependencies?.every((each) => each.isCurrent(tick()))).toBe(false);
  folder = undefined;
  await open();
});
