import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { success } from "../../../../src/base/result.ts";
import { countedBytes } from "../../../../src/tree/writing/upload-quota.ts";
import type { UploadIntent } from "../../../../src/tree/writing/upload-record.ts";
import type {
  Destining,
  UploadFolder,
  UploadTree,
} from "../../../../src/tree/writing/upload-tree.ts";
import { pathOf } from "../../temp-tree.ts";
import type { StoredTree } from "../stored-tree.ts";
import { openSmall, partBytes } from "./small-parts.ts";

let stored: StoredTree;
beforeEach(async () => (stored = await openSmall()));
afterEach(async () => await stored[Symbol.asyncDispose]());

const makeRoom = (): Promise<boolean> => Promise.resolve(false);
const mebibytes = 1024 * 1024;
const octets = new Uint8Array(2 * partBytes + 1000);

const destining: Destining = () =>
  Promise.resolve(success({ name: "a.bin", mode: 0o600, isNumbered: false }));

const intent: UploadIntent = {
  method: "PUT",
  name: "a.bin",
  conditions: [],
  user: undefined,
  address: "127.0.0.1",
};

/** A process whose quota is `bytesMax`, and the folder that it writes to. */
async function start(
  bytesMax = 100 * mebibytes,
): Promise<{ readonly uploads: UploadTree; readonly folder: UploadFolder }> {
  const uploads = stored.uploads("/in/", { quota: { folder: pathOf("/in/"), bytesMax, makeRoom } });
  return { uploads, folder: await stored.folder("/in/", uploads) };
}

/** What `uploads` counts now; makes it count anew. */
async function used({ uploads, folder }: Awaited<ReturnType<typeof start>>): Promise<number> {
  stored.clock.addedMs += 3_600_000;
  expect(await folder.makeFolder("counted", 0o755)).toBeUndefined();
  expect(await folder.remove("counted/")).toBeUndefined();
  return uploads.quota?.usedBytes ?? NaN;
}

/** An upload in parts, as far as two parts and the begin of a third one. */
async function begin(folder: UploadFolder) {
  const begun = await folder.begin(destining);
  if (!begun.ok) throw new Error("not begun");
  expect(await begun.value.write(octets)).toBeUndefined();
  return begun.value;
}

/** Blocks that the folder, the records and whatever else is small take: some. */
const few = 8 * 4096;

describe("parts of uploads that aren't complete", () => {
  test("count when another process has them, until they are gone", async () => {
    const [one, other] = [await start(), await start()];
    stored.stub.put("in/there", "x".repeat(5000));
    const before = await used(other);
    const upload = await begin(one.folder);
    const more = (await used(other)) - before;
    expect(more).toBeGreaterThanOrEqual(2 * partBytes);
    expect(more).toBeLessThan(2 * partBytes + few);
    await upload.discard();
    expect(await used(other)).toBe(before);
  });

  test("leave no room for other files", async () => {
    const one = await start();
    await begin(one.folder);
    const { folder } = await start(2 * partBytes + mebibytes / 2);
    const begun = await folder.begin(destining);
    if (!begun.ok) throw new Error("not begun");
    expect(await begun.value.lacks(mebibytes)).toBe("quota");
    expect(await begun.value.lacks(mebibytes / 4)).toBeUndefined();
  });

  test("count once when this process has them", async () => {
    const one = await start();
    const before = await used(one);
    const upload = await begin(one.folder);
    const more = (await used(one)) - before;
    expect(more).toBeGreaterThanOrEqual(countedBytes(octets.length));
    expect(more).toBeLessThan(countedBytes(octets.length) + few);
    expect(await upload.finish(0o600)).toBeUndefined();
    expect(await upload.commit("a.bin")).toEqual({ kind: "stored" });
    expect((await used(one)) - before).toBe(countedBytes(octets.length));
  });

  test("of an upload that waits for its rest count, and once when it is gone on with", async () => {
    const one = await start();
    const before = await used(one);
    const begun = await one.folder.beginResumable("id", intent, undefined, destining);
    if (!begun.ok) throw new Error("not begun");
    expect(await begun.value.upload.write(octets)).toBeUndefined();
    expect(await begun.value.settle()).toBeUndefined();
    await begun.value.close();
    const atOnce = (one.uploads.quota?.usedBytes ?? NaN) - before;
    expect(atOnce).toBe(countedBytes(octets.length));
    const waiting = (await used(one)) - before;
    expect(waiting).toBeGreaterThanOrEqual(octets.length);
    expect(waiting).toBeLessThan(octets.length + few);
    const opened = await one.folder.openResumable("id", () => destining);
    if (!opened.ok) throw new Error("not opened");
    expect((one.uploads.quota?.usedBytes ?? NaN) - before).toBeLessThan(octets.length + few);
    expect((await used(one)) - before).toBeLessThan(octets.length + 2 * few);
    await opened.value.discard();
    expect(await used(one)).toBe(before);
  });

  test("aren't known when the store fails, and then there is no room", async () => {
    const one = await start();
    await begin(one.folder);
    const { folder } = await start();
    for (const failing of ["uploadId", "record"]) {
      stored.stub.fault = ({ method, key, query }) => {
        const isRecord = method === "GET" && key.endsWith(".json");
        return (failing === "record" ? isRecord : query.has("uploadId"))
          ? { status: 403 }
          : undefined;
      };
      stored.clock.addedMs += 3_600_000;
      expect(await folder.makeFolder("f", 0o755)).toBe("quota-uncounted");
    }
  });

  test("of a record that is none, or of an upload that is over, are none", async () => {
    const one = await start();
    const before = await used(one);
    const name = `in/.postern-upload-${"0".repeat(32)}.json`;
    stored.stub.put(name, "{");
    expect((await used(one)) - before).toBe(4096);
    const record = { version: 1, key: "in/a.bin", uploadId: "gone" };
    stored.stub.put(name, JSON.stringify(record));
    expect((await used(one)) - before).toBe(4096);
  });
});
