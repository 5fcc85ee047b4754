import { afterAll, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync } from "node:fs";

import { nativeWriting } from "../../../src/system/writing/native-writing.ts";
import { TempSite } from "../../temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
const calls = nativeWriting();

test.skipIf(calls === undefined)("renames to a name that nothing has, and to no other", () => {
  site.file("a", "a");
  site.file("b", "b");
  expect(calls?.renameNew(site.at("a"), site.at("b"))).toBe(17);
  expect(readFileSync(site.at("b"), "utf8")).toBe("b");
  expect(calls?.renameNew(site.at("a"), site.at("c"))).toBe(0);
  expect(readFileSync(site.at("c"), "utf8")).toBe("a");
  expect(calls?.renameNew(site.at("a"), site.at("d"))).toBe(2);
});

test.skipIf(calls === undefined)("locks a file for one opening at a time", () => {
  site.file("locked", "");
  const [first, second] = [openSync(site.at("locked"), "r"), openSync(site.at("locked"), "r")];
  expect(calls?.lock(first)).toBe(true);
  expect(calls?.lock(second)).toBe(false);
  closeSync(first);
  expect(calls?.lock(second)).toBe(true);
  closeSync(second);
});
