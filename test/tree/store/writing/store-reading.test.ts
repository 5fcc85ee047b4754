import { afterEach, beforeEach, expect, test } from "bun:test";

import { StoreFailure } from "../../../../src/tree/store/client/store-client.ts";
import { StoreReading } from "../../../../src/tree/store/writing/store-reading.ts";
import { pathOf } from "../../temp-tree.ts";
import { StoredTree } from "../stored-tree.ts";

let stored: StoredTree;
let reading: StoreReading;
beforeEach(async () => {
  stored = await StoredTree.open({ store: { fresh: 3600 } });
  const { tree, reader, clock, logicalClock } = stored;
  reading = new StoreReading({ tree, reader, objects: tree.cache, clock, logicalClock, depth: 1 });
});
afterEach(async () => await stored[Symbol.asyncDispose]());

test("what has a key is asked for each time, however fresh answers are", async () => {
  stored.stub.put("a", "one", { "x-amz-meta-mode": "100640" });
  expect(await reading.facts("a")).toMatchObject({ mode: 0o100640, size: 3 });
  stored.stub.put("a", "other");
  expect(await reading.facts("a")).toMatchObject({ mode: 0o100644, size: 5 });
  stored.stub.remove("a");
  expect(await reading.facts("a")).toBeUndefined();
  stored.stub.fault = () => ({ status: 403 });
  expect(await reading.facts("a")).toBeInstanceOf(StoreFailure);
});

test("keys below another one make it a folder", async () => {
  stored.stub.put("a/b", "");
  expect([await reading.isFolder("a/"), await reading.isFolder("b/")]).toEqual([true, false]);
});

test("a file is the one with the tag, though another one is known", async () => {
  stored.stub.put("a", "one");
  const first = stored.stub.stored.objects.get("a")?.etag ?? "";
  expect((await reading.file("a", first))?.size).toBe(3);
  stored.stub.put("a", "other");
  const second = stored.stub.stored.objects.get("a")?.etag ?? "";
  expect((await reading.file("a", second))?.size).toBe(5);
  expect(await reading.file("a", first)).toBeUndefined();
});

test("the folder of uploads is there in any case, and one below it with its keys", async () => {
  expect(await reading.folder(pathOf("/in/"))).toEqual({ kind: "folder" });
  expect(await reading.folder(pathOf("/in/a/"))).toMatchObject({ kind: "absent" });
});
