import { afterAll, expect, test } from "bun:test";

import { countRefusedOf, openAuditedSite } from "../../../src/cli/audit/audited-site.ts";
import { ServeError } from "../../../src/site/serve-error.ts";
import { childPath, rootPath } from "../../../src/tree/path.ts";
import { View } from "../../../src/tree/view.ts";
import { makeAuditedFolder } from "./audited-folder.ts";

const folder = makeAuditedFolder();
afterAll(() => folder[Symbol.dispose]());

test("an audited site answers by the options of a server", async () => {
  const path = childPath(rootPath, ".notes") ?? rootPath;
  for (const [hidden, kind] of [
    [false, "absent"],
    [true, "file"],
  ] as const) {
    const site = openAuditedSite({ root: folder.root, hidden });
    expect(await site.tree.peek(path, View.anew(0))).toBe(kind);
    expect(site.root).toBe(folder.root);
    site.tree.close();
  }
});

test("an audited site has every mount, at its path and by its real path", () => {
  const file = folder.at("index.html");
  const mounts = { "/shots": folder.at("photos/"), "/one.html": file };
  const site = openAuditedSite({ root: folder.root, base: "/app", mounts });
  site.tree.close();
  expect(site.sources.map(({ at, path, folder: holder }) => [at.text, path, holder])).toEqual([
    ["/app/", folder.root, folder.root],
    ["/shots/", folder.at("photos"), folder.at("photos")],
    ["/one.html/", file, folder.root],
  ]);
});

test("a folder that can't be served can't be audited", () => {
  expect(() => openAuditedSite({ root: folder.at("nothing") })).toThrow(ServeError);
  expect(() => openAuditedSite({ root: folder.root, limits: { auditTimeMs: -1 } })).toThrow(
    "auditTimeMs must be",
  );
});

test("the count for a banner never rejects", async () => {
  expect(await countRefusedOf({ root: folder.root })).toEqual({ files: 9, isComplete: true });
  const mounts = { "/a": folder.at("photos"), "/b": folder.at("a b.html") };
  expect(await countRefusedOf({ mounts })).toEqual({ files: 6, isComplete: true });
  expect(await countRefusedOf({ root: folder.at("nothing") })).toBeUndefined();
});
