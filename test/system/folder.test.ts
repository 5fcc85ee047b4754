import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { lookAt, readEntries } from "../../src/system/file-system.ts";
import { chooseFolderOpener, holdFolder, nameFolder } from "../../src/system/folder.ts";
import { canListDescriptors, descriptorsInto } from "../open-descriptors.ts";
import { TempTree } from "../tree/temp-tree.ts";

const isLinux = process.platform === "linux";

const temp = new TempTree();
afterAll(() => temp.remove());

temp.file("plain/inside.txt", "five!");
temp.link("to-plain", "plain");

const ways = [
  { way: "held", openFolder: holdFolder },
  { way: "named", openFolder: nameFolder },
].filter(({ openFolder }) => isLinux || openFolder === nameFolder);

/** Fills the folder `name` with a file of the same name, and another folder's with another one. */
function swappable(name: string): { readonly swap: () => void; readonly swapBack: () => void } {
  temp.file(`${name}/inside.txt`, name);
  temp.file(`${name}-other/inside.txt`, "other");
  const [path, other, away] = [name, `${name}-other`, `${name}-away`].map((one) => temp.at(one));
  if (path === undefined || other === undefined || away === undefined) throw new Error(name);
  return {
    swap: () => {
      fs.renameSync(path, away);
      fs.renameSync(other, path);
    },
    swapBack: () => {
      fs.renameSync(path, other);
      fs.renameSync(away, path);
    },
  };
}

describe.each(ways)("a folder that is $way", ({ openFolder }) => {
  test("has its stat, and its entries behind its prefix", () => {
    const opened = openFolder(temp.at("plain"));
    if (!opened.ok) throw new Error(opened.error);
    const { stat, prefix } = opened.value;
    expect([stat.type, stat.mode]).toEqual(["directory", 0o040755]);
    const inside = lookAt(`${prefix}inside.txt`);
    expect(inside.ok && [inside.value.type, inside.value.size]).toEqual(["file", 5]);
    expect(opened.value.isUnmoved()).toBe(true);
    opened.value.close();
  });

  test("may be the root of the file system", () => {
    const opened = openFolder("/");
    if (!opened.ok) throw new Error(opened.error);
    expect(lookAt(`${opened.value.prefix}dev`).ok).toBe(true);
    opened.value.close();
  });

  test("is neither a file nor a link, and has to be there", () => {
    const names = ["plain/inside.txt", "to-plain", "missing", "plain/inside.txt/x"];
    const errors = names
      .map((name) => openFolder(temp.at(name)))
      .map((one) => !one.ok && one.error);
    expect(errors).toEqual(["ENOTDIR", "ENOTDIR", "ENOENT", "ENOTDIR"]);
  });

  test("shows no entries of another folder without telling, whatever takes its place", () => {
    const name = `swapped-${openFolder === holdFolder ? "held" : "named"}`;
    const { swap, swapBack } = swappable(name);
    const opened = openFolder(temp.at(name));
    if (!opened.ok) throw new Error(opened.error);
    const folder = opened.value;
    const content = (): string => fs.readFileSync(`${folder.prefix}inside.txt`, "utf8");
    for (const change of [swap, swapBack]) {
      // Renames within one tick of the file system's clock would leave the ctime as it was.
      Bun.sleepSync(12);
      change();
      expect(folder.isUnmoved() ? content() : name).toBe(name);
    }
    folder.close();
  });
});

test.skipIf(!canListDescriptors)(
  "a folder that is held has a descriptor until it is closed (needs /proc)",
  () => {
    temp.folder("held");
    const opened = holdFolder(temp.at("held"));
    expect(descriptorsInto(temp.at("held"))).toHaveLength(1);
    if (opened.ok) opened.value.close();
    expect(descriptorsInto(temp.at("held"))).toEqual([]);
  },
);

test("folders are held where that works, and named otherwise", () => {
  temp.file("chosen/inside.txt");
  const openFolder = chooseFolderOpener(temp.root);
  expect(chooseFolderOpener(temp.at("missing"))).toBe(nameFolder);
  if (!isLinux) expect(openFolder).toBe(nameFolder);
  const opened = openFolder(temp.at("chosen"));
  if (!opened.ok) throw new Error(opened.error);
  const entries = readEntries(opened.value.prefix);
  expect(entries.ok && entries.value).toEqual([{ name: "inside.txt", type: "file" }]);
  opened.value.close();
});
