import { expect, test } from "bun:test";

import { entryGroups, groupOf } from "../../../src/tree/listing/entry-group.ts";

test.each([
  ["photo.JPG", "image"],
  ["a.tar.gz", "archive"],
  ["main.ts", "code"],
  ["report.pdf", "document"],
  ["data.json", "data"],
  ["song.flac", "audio"],
  ["film.mkv", "video"],
  ["notes.md", "text"],
  ["face.woff2", "font"],
  ["Makefile", "file"],
  ["constructor", "file"],
  ["a.nothing", "file"],
  ["ends.", "file"],
] as const)("%s is of the group %s", (name, group) => {
  expect(groupOf(name, "file")).toBe(group);
});

test("a folder is a folder, whatever it is called", () => {
  expect(groupOf("photo.jpg", "directory")).toBe("folder");
});

test("folders are the first group, and the rest is the last", () => {
  expect([entryGroups[0], entryGroups.at(-1)]).toEqual(["folder", "file"]);
});
