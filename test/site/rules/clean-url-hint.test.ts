import { expect, test } from "bun:test";

import { pageMeant } from "../../../src/site/rules/clean-url-hint.ts";
import { View } from "../../../src/tree/view.ts";
import { memoryTree } from "../../tree/memory/both-trees.ts";
import { pathOf } from "../../tree/temp-tree.ts";

const tree = memoryTree({ "/about.html": "", "/in/more.html": "", "/folder.html/a.txt": "" });

test.each([
  ["/about/", "/about.html", "/about"],
  ["/in/more/", "/in/more.html", "/in/more"],
])("%s was to be the page %s", async (path, page, meant) => {
  const found = await pageMeant(pathOf(path), ".html", tree, new View(1, 0));
  expect(found?.hint).toBe(`--clean-urls serves ${page} as ${meant}, without a slash at its end`);
  expect(found?.meant?.text).toBe(meant);
});

test.each(["/none/", "/folder/", "/in/", "/"])("no page was meant by %s", async (path) => {
  expect(await pageMeant(pathOf(path), ".html", tree, new View(1, 0))).toBeUndefined();
});
