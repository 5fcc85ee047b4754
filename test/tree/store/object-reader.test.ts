import { describe, expect, test } from "bun:test";

import type { Found } from "../../../src/tree/store/known-object.ts";
import { ObjectFile } from "../../../src/tree/store/object-file.ts";
import { StoreFailure } from "../../../src/tree/store/client/store-client.ts";
import { objectBytesMax, StoredTree } from "./stored-tree.ts";

async function read(stored: StoredTree, key: string): Promise<Found> {
  const found = await stored.reader.read(key, "file");
  if (found instanceof StoreFailure || found === "unchanged")
    throw new Error(JSON.stringify(found));
  return found;
}

describe("an object", () => {
  test.each([0, 1, objectBytesMax])("of %d octets is read whole", async (size) => {
    await using stored = await StoredTree.open();
    stored.stub.put("docs/a.bin", new Uint8Array(size).fill(7));
    const { facts, file } = await read(stored, "docs/a.bin");
    expect(facts?.size).toBe(size);
    expect(file?.content).toEqual(new Uint8Array(size).fill(7));
    expect(file?.name).toBe("a.bin");
  });

  test("of one octet more is not, and only its beginning is there", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.bin", new Uint8Array(objectBytesMax + 1).fill(7));
    const { file } = await read(stored, "a.bin");
    expect(file).toBeInstanceOf(ObjectFile);
    expect(file?.size).toBe(objectBytesMax + 1);
    expect(file?.content).toBeUndefined();
  });

  test("is read of a store that has no ranges", async () => {
    await using stored = await StoredTree.open();
    stored.stub.fault = () => ({ ignores: ["range"] });
    stored.stub.put("a.bin", "small");
    stored.stub.put("b.bin", new Uint8Array(objectBytesMax + 1));
    stored.stub.put("empty", "");
    expect((await read(stored, "a.bin")).file?.size).toBe(5);
    expect((await read(stored, "b.bin")).file).toBeInstanceOf(ObjectFile);
    expect((await read(stored, "empty")).file?.size).toBe(0);
  });

  test("has the mode, the time and the coding of its metadata", async () => {
    await using stored = await StoredTree.open();
    const mtime = "1704067200.250000000";
    stored.stub.put("a.css", "x", {
      "x-amz-meta-mode": "33184",
      "x-amz-meta-mtime": mtime,
      "content-encoding": "aws-chunked,gzip",
    });
    const { facts, file } = await read(stored, "a.css");
    expect(facts).toMatchObject({
      mode: 0o100640,
      mtimeMs: Date.UTC(2024, 0, 1) + 250,
      coding: "gzip",
      isSettled: true,
    });
    expect(file?.coding).toBe("gzip");
    expect(file?.permissionBits).toBe(0o640);
  });

  test("without them has its own date, and the mode by default", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.css", "x", {}, Date.UTC(2024, 0, 1));
    const { facts } = await read(stored, "a.css");
    expect(facts).toMatchObject({ mode: 0o100644, mtimeMs: Date.UTC(2024, 0, 1) });
  });

  test("whose mode is doubtful permits nothing", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.css", "x", { "x-amz-meta-mode": "644" });
    expect((await read(stored, "a.css")).facts?.mode).toBe(0o100000);
  });

  test("is confirmed by HEAD where a 304 has no date", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "one");
    const { facts } = await read(stored, "a.txt");
    stored.stub.told();
    stored.stub.omitsDateOf304 = true;
    expect(await stored.reader.read("a.txt", "file", { known: facts })).toBe("unchanged");
    expect(stored.stub.told()).toEqual(["GET a.txt 304", "HEAD a.txt 200"]);
    // Such a store is asked one question from then on, and two when the object has changed.
    expect(await stored.reader.read("a.txt", "file", { known: facts })).toBe("unchanged");
    expect(stored.stub.told()).toEqual(["HEAD a.txt 200"]);
    stored.stub.put("a.txt", "one", { "x-amz-meta-mode": "100600" }, stored.stub.nowMs - 60_000);
    expect(await stored.reader.read("a.txt", "file", { known: facts })).toMatchObject({
      facts: { mode: 0o100600 },
    });
    expect(stored.stub.told()).toEqual(["HEAD a.txt 200", "GET a.txt 206"]);
  });

  test("without an entity tag is a failure of the store", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "one");
    stored.stub.omitsTags = true;
    expect(await stored.reader.read("a.txt", "file")).toMatchObject({ status: 502 });
  });
});

describe("a list", () => {
  test("says whether there are keys below another", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("docs/a.txt", "x");
    const below = async (key: string): Promise<boolean> => {
      const found = await stored.reader.read(key, "below");
      if (found instanceof StoreFailure || found === "unchanged") throw new Error("failed");
      return found.facts !== undefined;
    };
    expect([await below("docs/"), await below("doc/"), await below("docs/a.txt/")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("of a bucket that isn't there is a failure", async () => {
    await using stored = await StoredTree.open();
    stored.stub.fault = () => ({ status: 404, code: "NoSuchBucket" });
    expect(await stored.reader.list({ prefix: "", mostKeys: 1 })).toMatchObject({
      status: 502,
      reason: "the object store has no such bucket",
    });
  });

  test("that is none is a failure", async () => {
    await using stored = await StoredTree.open();
    stored.stub.fault = () => ({ status: 200, code: "Odd" });
    expect(await stored.reader.list({ prefix: "", mostKeys: 1 })).toMatchObject({ status: 502 });
  });
});
