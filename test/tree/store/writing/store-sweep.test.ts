import { afterEach, beforeEach, expect, test } from "bun:test";

import { success } from "../../../../src/base/result.ts";
import type { UploadTree } from "../../../../src/tree/writing/upload-tree.ts";
import { pathOf } from "../../temp-tree.ts";
import type { StoredTree } from "../stored-tree.ts";
import { openSmall, partBytes } from "./small-parts.ts";

let stored: StoredTree;
let uploads: UploadTree;
beforeEach(async () => {
  stored = await openSmall();
  uploads = stored.uploads("/in/");
});
afterEach(async () => await stored[Symbol.asyncDispose]());

const dayMs = 24 * 3600 * 1000;
const id = "0123456789abcdefghijkl";

const keys = () => [...stored.stub.stored.objects.keys()];
const inParts = () => stored.stub.stored.uploads.size;
const sweep = async (laterMs: number) =>
  await uploads.sweep(pathOf("/in/"), stored.clock.epochMs() + laterMs);

/** An upload in parts whose process ends. */
async function abandoned(): Promise<void> {
  const folder = await stored.folder("/in/", uploads);
  const named = success({ name: "a", mode: 0o600, isNumbered: false });
  const begun = await folder.begin(() => Promise.resolve(named));
  if (!begun.ok) throw new Error("not begun");
  await begun.value.write(new Uint8Array(partBytes + 1));
}

/** A resumable upload with a part and a tail, which its process has left. */
async function unfinished(): Promise<void> {
  const folder = await stored.folder("/in/", uploads);
  const named = success({ name: "b", mode: 0o600, isNumbered: false });
  const intent = { method: "PUT", name: "b", conditions: [], user: undefined, address: "::1" };
  const begun = await folder.beginResumable(id, { ...intent, method: "PUT" }, 3_000_000, () =>
    Promise.resolve(named),
  );
  if (!begun.ok) throw new Error("not begun");
  await begun.value.upload.write(new Uint8Array(partBytes + 1));
  await begun.value.settle();
  await begun.value.close();
}

test("an upload in parts whose process has ended is ended after a day", async () => {
  await abandoned();
  expect([await sweep(dayMs - 60_000), keys().length, inParts()]).toEqual([0, 1, 1]);
  expect([await sweep(dayMs + 60_000), keys(), inParts()]).toEqual([1, [], 0]);
});

test("one that still gets parts stays", async () => {
  await abandoned();
  const [upload] = stored.stub.stored.uploads.values();
  if (upload !== undefined) upload.modifiedMs = stored.clock.epochMs() + dayMs;
  expect([await sweep(dayMs + 60_000), inParts()]).toEqual([0, 1]);
});

test("a resumable upload is counted, and removed with its tail when it has waited too long", async () => {
  await unfinished();
  expect([await sweep(0), keys().length, inParts()]).toEqual([0, 2, 1]);
  expect([uploads.unfinished.total, uploads.unfinished.of("::1")]).toEqual([1, 1]);
  expect([await sweep(dayMs + 60_000), uploads.unfinished.total]).toEqual([1, 0]);
  await sweep(dayMs + 60_000);
  expect([keys(), inParts()]).toEqual([[], 0]);
});

test("a record of what the store has ended itself is removed", async () => {
  await abandoned();
  stored.stub.stored.uploads.clear();
  expect([await sweep(dayMs + 60_000), keys()]).toEqual([1, []]);
});

test("nothing of others is touched, and all is found by one list", async () => {
  stored.stub.put("in/.postern-upload-mine", "x");
  stored.stub.put("in/a", "x");
  stored.stub.put(".postern-upload-0123456789abcdef0123456789abcdef", "x");
  stored.stub.told();
  expect(await sweep(10 * dayMs)).toBe(0);
  expect(stored.stub.told()).toEqual(["GET list in/.postern-upload- 200"]);
  expect(keys().length).toBe(3);
});

test("a store that fails loses nothing", async () => {
  await unfinished();
  stored.stub.fault = ({ method }) => (method === "GET" ? { status: 403 } : undefined);
  expect(await sweep(10 * dayMs)).toBe(0);
  stored.stub.fault = ({ key }) => (key.endsWith(".json") ? { status: 403 } : undefined);
  expect(await sweep(10 * dayMs)).toBe(0);
  expect([keys().length, inParts()]).toEqual([2, 1]);
});
