import { expect, test } from "bun:test";
import { closeSync, constants, openSync, rmSync } from "node:fs";

import { canListDescriptors, descriptorsInto } from "./open-descriptors.ts";
import { TempSite } from "./temp-site.ts";

const { O_RDONLY, O_DIRECTORY } = constants;
/** Linux's handle that can't read, by which folders are held. */
const O_PATH = 0o10000000;

test.skipIf(!canListDescriptors)(
  "descriptors into a folder are those of its files and folders, removed or not (needs /proc)",
  () => {
    using site = new TempSite("empty");
    using other = new TempSite("empty");
    for (const name of ["a.txt", "gone.txt", "in/b.txt"]) site.file(name, name);
    other.file("c.txt", "c");
    const paths = [site.root, site.at("a.txt"), site.at("gone.txt"), other.at("c.txt")];
    const opened = paths.map((path) => openSync(path, O_RDONLY));
    opened.push(openSync(site.at("in"), O_PATH | O_DIRECTORY));
    try {
      rmSync(site.at("gone.txt"));
      expect(descriptorsInto(site.root).toSorted()).toEqual([
        site.root,
        site.at("a.txt"),
        `${site.at("gone.txt")} (deleted)`,
        site.at("in"),
      ]);
      expect(descriptorsInto(site.at("in"))).toEqual([site.at("in")]);
      expect(descriptorsInto(site.at("i"))).toEqual([]);
    } finally {
      for (const fd of opened) closeSync(fd);
    }
    expect(descriptorsInto(site.root)).toEqual([]);
  },
);
