import { afterAll, describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";

import type { AuditedSite } from "../../../src/cli/audit/audited-site.ts";
import { openAuditedSite } from "../../../src/cli/audit/audited-site.ts";
import { outcomeOf, shellPathOf, Survey } from "../../../src/cli/audit/survey.ts";
import { childPath, rootPath } from "../../../src/tree/path.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { TempSite } from "../../temp-site.ts";

const folder = new TempSite("empty");
afterAll(() => folder[Symbol.dispose]());
folder.file("a.txt", "a");
folder.file("shut.txt", "shut", 0o600);
folder.file("docs/b.txt", "b");
folder.file("docs/deep/c.txt", "c");
folder.file(".hidden/d.txt", "d");
symlinkSync(".", folder.at("loop"));

type SurveyBounds = ConstructorParameters<typeof Survey>[1];

const all: SurveyBounds = { entriesMax: 1000, depthMax: 10, timeMs: 10_000, entriesPerTurn: 2 };

async function survey(
  bounds: Partial<SurveyBounds> = {},
  clock?: FakeClock,
): Promise<{ readonly entries: readonly string[]; readonly result: Survey["result"] }> {
  const site: AuditedSite = openAuditedSite({ root: folder.root });
  const surroundings = clock === undefined ? site.surroundings : { ...site.surroundings, clock };
  const one = new Survey(site, { ...all, ...bounds }, surroundings);
  const entries: string[] = [];
  for await (const { name, kind } of one.entries()) {
    entries.push(`${name} ${kind}`);
    clock?.advance(10);
  }
  site.tree.close();
  return { entries: entries.toSorted(), result: one.result };
}

describe("a survey", () => {
  test("says of every entry what a visitor gets, and goes into no link", async () => {
    const { entries, result } = await survey();
    expect(entries).toEqual([
      ".hidden absent",
      "a.txt file",
      "docs directory",
      "docs/b.txt file",
      "docs/deep directory",
      "docs/deep/c.txt file",
      "loop redirect",
      "shut.txt forbidden",
    ]);
    expect(result).toEqual({ end: "complete", looked: 8, unread: [] });
  });

  test("ends at each of its bounds, and says at which", async () => {
    expect((await survey({ entriesMax: 3 })).result).toMatchObject({ end: "entries", looked: 3 });
    const shallow = await survey({ depthMax: 1 });
    expect(shallow.result.end).toBe("depth");
    expect(shallow.entries).not.toContain("docs/deep/c.txt file");
    const late = await survey({ timeMs: 15, entriesPerTurn: 1 }, new FakeClock());
    expect(late.result.end).toBe("time");
    expect(late.result.looked).toBeLessThan(8);
  });

  test("ends when it is stopped", async () => {
    const stopping = new AbortController();
    stopping.abort();
    const { entries, result } = await survey({ signal: stopping.signal });
    expect([entries, result.end]).toEqual([[], "stopped"]);
  });
});

test("the outcome of a path is the tree's own", async () => {
  const site = openAuditedSite({ root: folder.root });
  const outcome = await outcomeOf(site, childPath(rootPath, "shut.txt") ?? rootPath);
  site.tree.close();
  expect(outcome).toMatchObject({ kind: "forbidden", denial: { path: "shut.txt", lacks: "o+r" } });
});

describe("a survey of several folders", () => {
  test("goes through each, and says what is mounted over another", async () => {
    const mounts = { "/docs": folder.at("docs/deep"), "/more/one": folder.at("shut.txt") };
    const site = openAuditedSite({ root: folder.root, mounts });
    const one = new Survey(site, all, site.surroundings);
    const entries: string[] = [];
    for await (const { source, name, path, kind } of one.entries()) {
      entries.push(`${source.at.text} ${name} ${path?.text} ${kind}`);
    }
    site.tree.close();
    expect(entries.toSorted()).toEqual([
      "/ .hidden /.hidden/ absent",
      "/ a.txt /a.txt file",
      "/ docs /docs/ covered",
      "/ loop /loop redirect",
      "/ shut.txt /shut.txt forbidden",
      "/docs/ c.txt /docs/c.txt file",
      "/more/one/ shut.txt /more/one/ forbidden",
    ]);
    expect(one.result).toEqual({ end: "complete", looked: 7, unread: [] });
  });

  test("is silent about a folder that is mounted where it lies", async () => {
    const mounts = { "/docs": folder.at("docs") };
    const site = openAuditedSite({ root: folder.root, mounts });
    const one = new Survey(site, all, site.surroundings);
    const entries: string[] = [];
    for await (const { path, kind } of one.entries()) entries.push(`${path?.text} ${kind}`);
    site.tree.close();
    expect(entries.filter((line) => line.startsWith("/docs"))).toEqual([
      "/docs/b.txt file",
      "/docs/deep/ directory",
      "/docs/deep/c.txt file",
    ]);
  });

  test("counts the depth from each of them on", async () => {
    const site = openAuditedSite({ root: folder.at("docs"), base: "/a/b/c/d/" });
    const one = new Survey(site, { ...all, depthMax: 1 }, site.surroundings);
    for await (const _ of one.entries());
    site.tree.close();
    expect(one.result.end).toBe("complete");
  });
});

test("a path for a shell begins as the options name what it lies in", () => {
  const at = rootPath;
  const within = (named: string, isFile = false): string =>
    shellPathOf({ at, named, path: isFile ? "/srv/a.txt" : "/srv", folder: "/srv" }, "b/c");
  expect([".", "site", "site/", "/"].map((named) => within(named))).toEqual([
    "b/c",
    "site/b/c",
    "site/b/c",
    "/b/c",
  ]);
  expect([within("a.txt", true), within("../a.txt", true), within("/a.txt", true)]).toEqual([
    "b/c",
    "../b/c",
    "/b/c",
  ]);
});
