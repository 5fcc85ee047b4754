import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";

import { EventLoop } from "../../../../src/schedule/event-loop.ts";
import { writingCalls } from "../../../../src/system/writing/writing-calls.ts";
import { folderUsage } from "../../../../src/tree/writing/disk/folder-usage.ts";
import { countedBytes } from "../../../../src/tree/writing/upload-quota.ts";
import { TempSite } from "../../../temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const options = {
  calls: writingCalls,
  scheduler: new EventLoop(),
  entriesMax: 1000,
  isLeftOut: () => false,
};

test("a file counts in whole blocks, an empty one as one", () => {
  expect([0, 1, 4096, 4097].map(countedBytes)).toEqual([4096, 4096, 4096, 8192]);
});

describe("a folder holds", () => {
  test("all that is below it, hidden or not, readable or not", async () => {
    expect(await folderUsage(site.root, options)).toBe(0);
    site.file("a", "x".repeat(4097));
    site.file(".hidden/b", "x");
    mkdirSync(site.at("shut"), { mode: 0o700 });
    site.file("shut/deep/c", "");
    // a, .hidden, b, shut, deep, c.
    expect(await folderUsage(site.root, options)).toBe(8192 + 5 * 4096);
  });

  test("a link, and not what it leads to", async () => {
    const other = new TempSite("empty");
    other.file("large", "x".repeat(100_000));
    symlinkSync(other.root, site.at("folder"));
    symlinkSync(other.at("large"), site.at("file"));
    expect(await folderUsage(site.root, options)).toBe(2 * 4096);
    other[Symbol.dispose]();
  });

  test("names of any octets", async () => {
    const other = new TempSite("empty");
    mkdirSync(Buffer.from(`${other.root}/\xff`, "latin1"));
    mkdirSync(Buffer.from(`${other.root}/\xff/\xfe`, "latin1"));
    expect(await folderUsage(other.root, options)).toBe(2 * 4096);
    other[Symbol.dispose]();
  });

  test("more than one turn looks at", async () => {
    for (let i = 0; i < 600; i++) site.file(`many/${i}`, "");
    expect(await folderUsage(site.root, options)).toBe(601 * 4096);
  });

  test("nothing that is counted elsewhere", async () => {
    site.file("a", "x");
    site.file("b", "x");
    const others = { ...options, isLeftOut: (name: string) => name === "a" };
    expect(await folderUsage(site.root, others)).toBe(4096);
  });

  test("too many entries to be counted, or can't be read", async () => {
    for (const name of ["a", "b", "c"]) site.file(name, "");
    expect(await folderUsage(site.root, { ...options, entriesMax: 2 })).toBeUndefined();
    expect(await folderUsage(site.root, { ...options, entriesMax: 3 })).toBe(3 * 4096);
    expect(await folderUsage(site.at("none"), options)).toBeUndefined();
  });
});
