import { afterAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

import { fileAt, renameChain } from "../../../src/server/logging/log-rotation.ts";
import { TempSite } from "../../temp-site.ts";

const place = new TempSite("empty");
afterAll(() => place[Symbol.dispose]());

/** The files of a log, with what was written into them. */
function filesOf(path: string): Readonly<Record<string, string>> {
  const names = readdirSync(dirname(path)).toSorted();
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(dirname(path), name), "utf8")]),
  );
}

test("each file takes the next number, and the oldest goes", async () => {
  for (const name of ["a.log", "a.log.1", "a.log.2", "a.log.3"]) place.file(`a/${name}`, name);
  const path = join(place.root, "a/a.log");
  await renameChain(path, 3);
  expect(filesOf(path)).toEqual({
    "a.log.1": "a.log",
    "a.log.2": "a.log.1",
    "a.log.3": "a.log.2",
  });
});

test("a number that is free is filled, and files behind it stay", async () => {
  for (const name of ["b.log", "b.log.1", "b.log.3"]) place.file(`b/${name}`, name);
  const path = join(place.root, "b/b.log");
  await renameChain(path, 4);
  expect(filesOf(path)).toEqual({
    "b.log.1": "b.log",
    "b.log.2": "b.log.1",
    "b.log.3": "b.log.3",
  });
});

test("a try that fails loses no file, however often it is made", async () => {
  for (const name of ["c.log.1", "c.log.2"]) place.file(`c/${name}`, name);
  const path = join(place.root, "c/c.log");
  for (let i = 0; i < 5; i++) {
    expect(await renameChain(path, 4).catch(() => "failed")).toBe("failed");
  }
  expect(Object.values(filesOf(path)).toSorted()).toEqual(["c.log.1", "c.log.2"]);
});

test("a file is known by its inode, and one that isn't there is none", async () => {
  place.file("d.log", "");
  const path = join(place.root, "d.log");
  expect(await fileAt(path)).toBe(statSync(path).ino);
  expect(await fileAt(`${path}.9`)).toBeUndefined();
});
