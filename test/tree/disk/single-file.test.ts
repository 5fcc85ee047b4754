import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import type { DiskTreeOptions } from "../../../src/tree/disk/disk-tree.ts";
import type { SingleFileTree } from "../../../src/tree/disk/single-file.ts";
import { openSingleFile } from "../../../src/tree/disk/single-file.ts";
import { canary, describeOutcome, pathOf, TempTree, uncachedView } from "../temp-tree.ts";

const temp = new TempTree();
temp.file("report.html", "the report");
temp.file("style.css", "a secret beside it");
temp.file("404.html", "a page beside it");
temp.file("report.html.gz", "a variant beside it");
temp.file(".notes", "notes");
temp.file("shut.txt", "shut", 0o600);
temp.folder("folder");
temp.link("out.txt", "../outside/canary.txt");
temp.link("to-folder", "folder");
afterAll(() => temp.remove());

function open(name: string, changes: Partial<DiskTreeOptions> = {}): SingleFileTree {
  const opened = openSingleFile(temp.options({ root: temp.at(name), ...changes }));
  if (opened?.ok !== true) throw new Error(opened?.error ?? "no file");
  return opened.value;
}

const ask = (tree: SingleFileTree, path: string): string =>
  describeOutcome(tree.open(pathOf(path), uncachedView()));

describe("a file as the root", () => {
  test("is at /, and at / with its name", () => {
    const tree = open("report.html");
    expect(ask(tree, "/")).toBe("file the report");
    expect(ask(tree, "/report.html")).toBe("file the report");
    expect(tree.index).toBe("report.html");
    expect(tree.root).toBe(temp.at("report.html"));
  });

  test("is the only one in its folder that is shown", () => {
    const path = temp.at("report.html").replace(/\/[^/]*$/, "");
    expect(open("report.html").folders).toEqual([{ path, at: "", only: "report.html" }]);
  });

  test.each([
    "/style.css",
    "/404.html",
    "/report.html.gz",
    "/report.html/",
    "/report.html/x",
    "/folder",
    "/folder/",
    "/.notes",
    "/out.txt",
  ])("is all there is: %s is absent, and peeks agree", (path) => {
    const tree = open("report.html", { hidden: true, symlinks: "follow", permissions: "process" });
    expect(ask(tree, path)).toBe("absent");
    expect(tree.peek(pathOf(path), uncachedView())).toBe("absent");
    expect(tree.describe()).toEqual({ kind: "absent" });
    expect(tree.list().next()).toEqual({ done: true, value: undefined });
  });

  test("is relative to the working directory, with no slash needed", () => {
    const opened = openSingleFile(temp.options({ root: "package.json" }));
    expect(opened?.ok === true && opened.value.root).toBe(`${process.cwd()}/package.json`);
  });

  test("may be hidden or a link that leads out, because it was named", () => {
    expect(ask(open(".notes"), "/")).toBe("file notes");
    expect(ask(open("out.txt", { symlinks: "deny" }), "/")).toBe(`file ${canary}`);
    expect(ask(open("out.txt"), "/out.txt")).toBe(`file ${canary}`);
  });

  test("has to be readable for others", () => {
    expect(ask(open("shut.txt"), "/")).toBe("forbidden shut.txt o+r");
    expect(ask(open("shut.txt"), "/shut.txt")).toBe("forbidden shut.txt o+r");
    expect(open("shut.txt").peek(pathOf("/"), uncachedView())).toBe("forbidden");
    expect(ask(open("shut.txt", { permissions: "process" }), "/")).toBe("file shut");
  });

  test("is seen when another is renamed over it, and when it is gone", () => {
    temp.file("built.html", "first");
    const tree = open("built.html");
    expect(ask(tree, "/")).toBe("file first");
    temp.file("built.tmp", "second");
    fs.renameSync(temp.at("built.tmp"), temp.at("built.html"));
    expect(ask(tree, "/")).toBe("file second");
    fs.rmSync(temp.at("built.html"));
    expect(ask(tree, "/")).toBe("absent");
    temp.folder("built.html");
    expect(ask(tree, "/")).toBe("absent");
    expect(tree.peek(pathOf("/"), uncachedView())).toBe("absent");
    fs.rmdirSync(temp.at("built.html"));
    temp.file("built.html", "third");
    expect(ask(tree, "/built.html")).toBe("file third");
    tree.close();
  });

  test("is no folder, no device, no link to a folder, and not missing", () => {
    for (const name of ["folder", "to-folder", "missing", "report.html/", "folder/", "/dev/null"]) {
      const root = name.startsWith("/") ? name : temp.at(name);
      expect([name, openSingleFile(temp.options({ root }))]).toEqual([name, undefined]);
    }
  });

  test("may have any name that a request can spell", () => {
    temp.file("ä b%.txt", "odd");
    expect(ask(open("ä b%.txt"), "/%C3%A4%20b%25.txt")).toBe("file odd");
    expect(ask(open("ä b%.txt"), "/")).toBe("file odd");
  });

  test("shows itself, and no other file of this machine", () => {
    const tree = open("report.html");
    expect(tree.shows(temp.at("report.html"))).toBe(true);
    expect(tree.shows(temp.at("style.css"))).toBe(false);
    expect(tree.shows(temp.at("missing"))).toBe(false);
    expect(open("shut.txt").shows(temp.at("shut.txt"))).toBe(false);
    expect(open("out.txt").shows(temp.at("../outside/canary.txt"))).toBe(true);
  });
});
