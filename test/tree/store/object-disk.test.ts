import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Found, ObjectFacts } from "../../../src/tree/store/known-object.ts";
import { ObjectDisk, prepareFolder } from "../../../src/tree/store/object-disk.ts";
import { StoredContent } from "../../../src/tree/store/object-file.ts";
import { MovedClock, objectBytesMax, StoredTree } from "./stored-tree.ts";

const base = mkdtempSync(join(tmpdir(), "postern-object-disk-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const facts: ObjectFacts = {
  etag: '"e"',
  modified: "Mon, 01 Jan 2024 00:00:00 GMT",
  isSettled: true,
  size: 5,
  mtimeMs: Date.UTC(2024, 0, 1) + 250,
  mode: 0o100640,
  coding: undefined,
};

function found(text: string, changes: Partial<ObjectFacts> = {}): Found {
  const content = new TextEncoder().encode(text);
  const own = { ...facts, size: content.length, ...changes };
  return { facts: own, file: new StoredContent("a.txt", content, own) };
}

function open(name: string, storeDiskBytesMax = 1_000_000, store = "http://a/site"): ObjectDisk {
  expect(prepareFolder(join(base, name))).toBeUndefined();
  const limits = { storeDiskBytesMax, storeObjectBytesMax: objectBytesMax };
  return new ObjectDisk({ folder: join(base, name), store, clock: new MovedClock(), limits });
}

/** The content that `disk` has for `key`; undefined for none. */
async function textOf(disk: ObjectDisk, key: string): Promise<string | undefined> {
  const kept = await disk.find(key);
  return kept?.file?.content === undefined
    ? undefined
    : new TextDecoder().decode(kept.file.content);
}

describe("a small object on disk", () => {
  test("is there for another process, with all its facts", async () => {
    await open("kept").keep("docs/a.txt", found("hello", { coding: "gzip" }));
    const kept = await open("kept").find("docs/a.txt");
    expect(kept?.facts).toEqual({ ...facts, coding: "gzip" });
    expect(kept?.file).toMatchObject({ name: "a.txt", permissionBits: 0o640, coding: "gzip" });
    expect(await textOf(open("kept"), "docs/a.txt")).toBe("hello");
    expect(await textOf(open("kept"), "docs/b.txt")).toBeUndefined();
    expect(await textOf(open("kept", 1000, "http://b/site"), "docs/a.txt")).toBeUndefined();
  });

  test("is for this user alone", async () => {
    await open("private").keep("a.txt", found("hello"));
    const [name = ""] = readdirSync(join(base, "private"));
    expect(statSync(join(base, "private")).mode & 0o777).toBe(0o700);
    expect(statSync(join(base, "private", name)).mode & 0o777).toBe(0o600);
  });

  test("takes the place of the version before, and leaves nothing beside it", async () => {
    const disk = open("replaced");
    await disk.keep("a.txt", found("one"));
    await disk.keep("a.txt", found("two"));
    expect(await textOf(disk, "a.txt")).toBe("two");
    expect(readdirSync(join(base, "replaced"))).toHaveLength(1);
  });

  test.each([
    ["a changed octet", (octets: Buffer) => octets.fill(0x21, octets.length - 1)],
    [
      "a changed fact",
      (octets: Buffer) => Buffer.from(octets.toString().replace("33184", "33188")),
    ],
    ["a missing end", (octets: Buffer) => octets.subarray(0, -1)],
    ["more than its end", (octets: Buffer) => Buffer.concat([octets, octets])],
    ["no line", (octets: Buffer) => octets.fill(0x20)],
    ["nothing", () => Buffer.alloc(0)],
    ["another line", () => Buffer.from("null\nhello")],
  ])("is removed when it has %s", async (_, damage) => {
    const folder = join(base, "damaged");
    rmSync(folder, { recursive: true, force: true });
    await open("damaged").keep("a.txt", found("hello"));
    const [name = ""] = readdirSync(folder);
    writeFileSync(join(folder, name), damage(readFileSync(join(folder, name))));
    expect(await open("damaged").find("a.txt")).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("of another key under its name is not taken for it", async () => {
    const folder = join(base, "swapped");
    await open("swapped").keep("a.txt", found("a"));
    const [first = ""] = readdirSync(folder);
    await open("swapped").keep("b.txt", found("b"));
    const second = readdirSync(folder).find((name) => name !== first) ?? "";
    writeFileSync(join(folder, second), readFileSync(join(folder, first)));
    expect(await textOf(open("swapped"), "b.txt")).toBeUndefined();
    expect(await textOf(open("swapped"), "a.txt")).toBe("a");
  });

  test("isn't kept when it may change unseen, or is large, or can't be written", async () => {
    const disk = open("none");
    await disk.keep("a.txt", found("hello", { isSettled: false }));
    await disk.keep("b.txt", { facts, file: undefined });
    await disk.keep("c.txt", { facts: undefined, file: undefined });
    expect(readdirSync(join(base, "none"))).toEqual([]);
    rmSync(join(base, "none"), { recursive: true });
    await disk.keep("d.txt", found("hello"));
    expect(await textOf(disk, "d.txt")).toBeUndefined();
  });
});

describe("the folder", () => {
  test("is refused where others may write, and where it can't be made", () => {
    const shared = join(base, "of-others");
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    expect(prepareFolder(shared)).toContain("only its owner may write to");
    writeFileSync(join(base, "file"), "");
    expect(prepareFolder(join(base, "file/below"))).toContain("ENOTDIR");
    symlinkSync(base, join(base, "link"));
    expect(prepareFolder(join(base, "link"))).toContain("must be a folder");
  });
});

test("what was used longest ago goes when there are too many bytes, and what was left behind", async () => {
  const folder = join(base, "bounded");
  const disk = open("bounded", 20_000);
  for (let i = 0; i < 8; i++) {
    await disk.keep(`${i}.txt`, found("x".repeat(2000)));
    const newest = readdirSync(folder).map((name) => join(folder, name));
    for (const path of newest) {
      const { mtimeMs } = statSync(path);
      utimesSync(path, mtimeMs / 1000 - 60, mtimeMs / 1000 - 60);
    }
  }
  expect(await textOf(disk, "0.txt")).toBeDefined();
  const left = join(folder, `.new-${crypto.randomUUID()}`);
  writeFileSync(left, "");
  utimesSync(left, 0, 0);
  writeFileSync(join(folder, "not-ours"), "x".repeat(100_000));
  for (let i = 8; i < 12; i++) await disk.keep(`${i}.txt`, found("x".repeat(2000)));
  const names = readdirSync(folder);
  const bytes = names
    .filter((name) => name !== "not-ours")
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(20_000 + 20_000 / 16 + 2500);
  expect(names).toContain("not-ours");
  expect(names.filter((name) => name.startsWith(".new-"))).toEqual([]);
  expect(await textOf(disk, "0.txt")).toBeDefined();
  expect(await textOf(disk, "1.txt")).toBeUndefined();
});

test("a process that starts asks for no octets that are on disk", async () => {
  const store = { cacheFolder: join(base, "shared") };
  await using stored = await StoredTree.open({ store });
  stored.stub.put("a.txt", "hello", { "x-amz-meta-mode": "100644" });
  await stored.ask("/a.txt");
  while (readdirSync(store.cacheFolder).every((name) => name.startsWith("."))) await Bun.sleep(1);
  stored.tree.close();
  stored.stub.told();
  const again = await stored.ask("/a.txt");
  expect(again.kind === "file" && new TextDecoder().decode(again.file.content)).toBe("hello");
  expect(stored.stub.told()).toEqual(["GET a.txt 304"]);
  stored.tree.close();
  stored.stub.put("a.txt", "hello", { "x-amz-meta-mode": "100600" }, stored.stub.nowMs - 60_000);
  expect(await stored.peek("/a.txt")).toBe("forbidden");
  stored.tree.close();
  stored.stub.remove("a.txt");
  expect(await stored.peek("/a.txt")).toBe("absent");
});
