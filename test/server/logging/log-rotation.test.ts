import { afterAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { fileAt, renameChain } from "../../../src/server/logging/log-rotation.ts";
import { TempSite } from "../../temp-site.ts";

const place = new TempSite("empty");
afterAll(() => place[Symbol.dispose]());

test("each file takes the next number, the oldest goes, and a gap stays a gap", async () => {
  for (const name of ["a.log", "a.log.1", "a.log.3", "a.log.4"]) place.file(name, name);
  const path = join(place.root, "a.log");
  await renameChain(path, 3);
  expect(readdirSync(place.root).toSorted()).toEqual([1, 2, 3, 4].map((n) => `a.log.${n}`));
  expect(readFileSync(`${path}.2`, "utf8")).toBe("a.log.1");
  await renameChain(path, 3);
  expect(existsSync(`${path}.1`)).toBe(false);
  expect(readFileSync(`${path}.3`, "utf8")).toBe("a.log.1");
});

test("a file is known by its inode, and one that isn't there is none", async () => {
  place.file("b.log", "");
  const path = join(place.root, "b.log");
  expect(await fileAt(path)).toBe(statSync(path).ino);
  expect(await fileAt(`${path}.9`)).toBeUndefined();
});
