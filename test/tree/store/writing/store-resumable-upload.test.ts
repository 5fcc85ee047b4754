import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { success } from "../../../../src/base/result.ts";
import type { UploadIntent } from "../../../../src/tree/writing/upload-record.ts";
import type {
  Destining,
  ResumableUpload,
  UploadFolder,
  UploadTree,
} from "../../../../src/tree/writing/upload-tree.ts";
import type { StoredTree } from "../stored-tree.ts";
import { openSmall, partBytes } from "./small-parts.ts";

let stored: StoredTree;
/** Two processes with one store. */
let one: UploadTree;
let other: UploadTree;
let folder: UploadFolder;
let elsewhere: UploadFolder;
beforeEach(async () => {
  stored = await openSmall();
  [one, other] = [stored.uploads(), stored.uploads()];
  folder = await stored.folder("/", one);
  elsewhere = await stored.folder("/", other);
});
afterEach(async () => await stored[Symbol.asyncDispose]());

const id = "0123456789abcdefghijkl";

const intent: UploadIntent = {
  method: "PUT",
  name: "a.bin",
  conditions: [],
  user: undefined,
  address: "127.0.0.1",
};

const destining: Destining = () =>
  Promise.resolve(success({ name: "a.bin", mode: 0o600, isNumbered: false }));

function content(length: number, seed = 0): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + (i >> 8) * 17 + (i >> 16) + seed) & 0xff);
}

async function begin(length?: number): Promise<ResumableUpload> {
  const begun = await folder.beginResumable(id, intent, length, destining);
  if (!begun.ok) throw new Error(JSON.stringify(begun.error));
  return begun.value;
}

async function open(at = elsewhere): Promise<ResumableUpload> {
  const opened = await at.openResumable(id, () => destining);
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

const keys = () => [...stored.stub.stored.objects.keys()];
const object = (key: string) => stored.stub.stored.objects.get(key);
const uploads = () => stored.stub.stored.uploads.size;

async function complete(resumable: ResumableUpload): Promise<void> {
  expect(await resumable.upload.finish(0o600)).toBeUndefined();
  expect(await resumable.upload.commit("a.bin")).toEqual({ kind: "stored" });
  await resumable.discard();
}

describe("an upload is gone on with by another process", () => {
  test.each([
    ["within the first part", 1000, 2000],
    ["at the end of a part", partBytes, partBytes + 1],
    ["after some parts", 2 * partBytes + 77, 3 * partBytes],
  ])("%s", async (_where, first, whole) => {
    const octets = content(whole);
    const begun = await begin(whole);
    await begun.upload.lacks(whole);
    expect(await begun.upload.write(octets.subarray(0, first))).toBeUndefined();
    expect(await begun.settle()).toBeUndefined();
    await begun.close();
    const opened = await open();
    expect(opened.upload.octets).toBe(first);
    expect(opened.record).toMatchObject({ ...intent, length: whole, octets: first });
    await opened.upload.write(octets.subarray(first));
    await complete(opened);
    expect(Bun.hash(object("a.bin")?.content ?? "")).toBe(Bun.hash(octets));
    expect([keys(), uploads()]).toEqual([["a.bin"], 0]);
  });

  test("again and again, a few octets at a time", async () => {
    const octets = content(partBytes + 500);
    const begun = await begin();
    await begun.settle(octets.length);
    await begun.close();
    for (let at = 0; at < octets.length; at += 150_000) {
      const opened = await open();
      expect(opened.upload.octets).toBe(at);
      await opened.upload.write(octets.subarray(at, at + 150_000));
      expect(await opened.settle()).toBeUndefined();
      await opened.close();
      // A record, and at most a tail.
      expect(keys().length).toBeLessThanOrEqual(2);
    }
    await complete(await open());
    expect(Bun.hash(object("a.bin")?.content ?? "")).toBe(Bun.hash(octets));
    expect([keys(), uploads()]).toEqual([["a.bin"], 0]);
  });

  test("whose process was killed: what was sent in whole parts is there", async () => {
    const octets = content(2 * partBytes + 100);
    const begun = await begin(octets.length);
    await begun.upload.write(octets.subarray(0, 100));
    await begun.settle();
    await begun.upload.write(octets.subarray(100));
    // It is neither settled nor closed: all that it had in memory is gone.
    const opened = await open();
    expect(opened.upload.octets).toBe(2 * partBytes);
    await opened.upload.write(octets.subarray(2 * partBytes));
    await complete(opened);
    expect(Bun.hash(object("a.bin")?.content ?? "")).toBe(Bun.hash(octets));
    expect([keys(), uploads()]).toEqual([["a.bin"], 0]);
  });

  test("and not from another folder, nor by another ID", async () => {
    stored.stub.put("in/", "");
    await (await begin()).close();
    const inside = await stored.folder("/in/", one);
    expect(await inside.openResumable(id, () => destining)).toMatchObject({ error: "ENOENT" });
    const unknown = await folder.openResumable("x".repeat(22), () => destining);
    expect(unknown).toMatchObject({ error: "ENOENT" });
  });
});

describe("of two processes that have one upload", () => {
  test("the first notices that, and what it has is the other one's", async () => {
    const begun = await begin();
    await begun.upload.write(content(1000));
    expect(await begun.settle()).toBeUndefined();
    expect(await begun.isClaimed()).toBe(false);
    const opened = await open();
    expect(await begun.isClaimed()).toBe(true);
    await begun.upload.write(content(10));
    expect(await begun.settle()).toBe("EBUSY");
    await begun.discard();
    expect(await opened.isClaimed()).toBe(false);
    await opened.upload.write(content(5));
    await complete(opened);
    expect(object("a.bin")?.content.length).toBe(1005);
    expect(keys()).toEqual(["a.bin"]);
  });

  test("the first may notice it by its next write alone, and leaves what there is", async () => {
    const begun = await begin();
    await begun.upload.write(content(partBytes + 1000));
    expect(await begun.settle()).toBeUndefined();
    const opened = await open();
    await begun.upload.write(content(10));
    expect(await begun.settle()).toBe("EBUSY");
    await begun.discard();
    expect(uploads()).toBe(1);
    await complete(opened);
    expect(object("a.bin")?.content.length).toBe(partBytes + 1000);
    expect([keys(), uploads()]).toEqual([["a.bin"], 0]);
  });

  test("none makes a file of the octets of both, where the store ignores conditions, too", async () => {
    stored.stub.fault = () => ({ ignores: ["if-match", "if-none-match"] });
    const begun = await begin();
    await begun.upload.write(content(partBytes + 1, 1));
    expect(await begun.settle()).toBeUndefined();
    const opened = await open();
    await opened.upload.write(content(2 * partBytes, 2));
    // The first one goes on, and replaces parts of the other one.
    await begun.upload.write(content(2 * partBytes, 3));
    await opened.upload.finish(0o600);
    expect(await opened.upload.commit("a.bin")).toMatchObject({
      kind: "failed",
      fault: { reason: "the object store answered 400 InvalidPart" },
    });
    expect(keys()).not.toContain("a.bin");
  });
});

test("one that is cancelled leaves nothing", async () => {
  const begun = await begin();
  await begun.upload.write(content(partBytes + 1));
  await begun.settle();
  expect([keys().length, uploads()]).toEqual([2, 1]);
  await begun.close();
  await (await open()).discard();
  expect([keys(), uploads()]).toEqual([[], 0]);
  expect([one.unfinished.total, other.unfinished.total]).toEqual([1, 0]);
});

test("one whose parts the store has lost is gone", async () => {
  const begun = await begin();
  await begun.upload.write(content(partBytes + 1));
  await begun.settle();
  await begun.close();
  stored.stub.stored.uploads.clear();
  expect(await elsewhere.openResumable(id, () => destining)).toMatchObject({ error: "ENOENT" });
});

test("one whose tail isn't all there is gone", async () => {
  const begun = await begin();
  await begun.upload.write(content(100));
  await begun.settle();
  await begun.close();
  const tail = keys().find((key) => !key.endsWith(".json")) ?? "";
  stored.stub.remove(tail);
  expect(await elsewhere.openResumable(id, () => destining)).toMatchObject({ error: "ENOENT" });
});

test("a record and a tail aren't for visitors, whatever names are shown", async () => {
  const begun = await begin();
  await begun.upload.write(content(100));
  await begun.settle();
  for (const key of keys()) expect(object(key)?.fields["x-amz-meta-mode"]).toBe("100600");
  expect(keys().join(" ")).not.toContain(id);
});
