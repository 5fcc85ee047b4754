import { afterEach, beforeEach, expect, test } from "bun:test";

import { StoreFailure } from "../../../../src/tree/store/client/store-client.ts";
import { ObjectWriter } from "../../../../src/tree/store/writing/object-writer.ts";
import type { PartsRecord } from "../../../../src/tree/store/writing/parts-records.ts";
import { PartsRecords } from "../../../../src/tree/store/writing/parts-records.ts";
import { StoredTree } from "../stored-tree.ts";

let stored: StoredTree;
let records: PartsRecords;
beforeEach(async () => {
  stored = await StoredTree.open();
  const { client, reader } = stored;
  records = new PartsRecords({ writer: new ObjectWriter(client), reader, prefix: "in/" });
});
afterEach(async () => await stored[Symbol.asyncDispose]());

const name = `.postern-upload-${"a1".repeat(16)}`;

const plain: PartsRecord = { key: "in/ü\n.bin", uploadId: "id", resumable: undefined };

const resumable: PartsRecord = {
  key: "",
  uploadId: "",
  resumable: {
    upload: {
      method: "POST",
      name: "ü \udcff",
      conditions: [],
      user: undefined,
      address: "::1",
      length: 10,
      octets: 3,
      bootId: undefined,
    },
    name: "",
    mode: 0,
    isNumbered: false,
    token: "token",
    partBytes: 0,
    parts: 0,
    tail: name,
    tailOctets: 3,
    modifiedMs: 1,
    claim: "claim",
  },
};

test.each([
  ["of an upload that can't be resumed", plain],
  ["of one that can", resumable],
])("a record %s is read as it was written", async (_what, record) => {
  const written = await records.write(name, record, 0);
  expect(written).toMatchObject({ kind: "written" });
  const read = await records.read(name);
  if (read === undefined || read instanceof StoreFailure) throw new Error("no record");
  expect(read.record).toEqual(record);
  expect(await records.tag(name)).toBe(read.etag);
  await records.remove(name);
  expect(await records.read(name)).toBeUndefined();
});

test("a record is written in place of the one that is known", async () => {
  await records.write(name, plain, 0);
  expect(await records.write(name, plain, 0, '"other"')).toEqual({ kind: "taken" });
  const tag = await records.tag(name);
  if (typeof tag !== "string") throw new Error("no tag");
  expect(await records.write(name, plain, 0, tag)).toMatchObject({ kind: "written" });
});

test.each([
  "",
  "[]",
  "null",
  "{}",
  '{"version":2,"key":"a","uploadId":"b"}',
  '{"version":1,"key":"a"}',
  '{"version":1,"key":"","uploadId":"b"}',
  '{"version":1,"key":"a","uploadId":7}',
  '{"version":1,"key":"a","uploadId":"b","resumable":{}}',
  '{"version":1,"key":"a","uploadId":"b","resumable":null}',
])("%s is no record", async (text) => {
  stored.stub.put(`in/${name}.json`, text);
  expect(await records.read(name)).toBeUndefined();
});

test("facts of another type are no record", async () => {
  for (const [member, value] of [
    ["tailOctets", -1],
    ["parts", "1"],
    ["isNumbered", 0],
    ["token", 5],
    ["upload", {}],
  ] as const) {
    const facts = { ...resumable.resumable, [member]: value };
    stored.stub.put(
      `in/${name}.json`,
      JSON.stringify({ version: 1, ...resumable, resumable: facts }),
    );
    expect([member, await records.read(name)]).toEqual([member, undefined]);
  }
});

test("a tail is read when it is as long as it has to be", async () => {
  await records.writeTail(name, new Uint8Array([1, 2, 3]), 0);
  expect(await records.readTail(name, 3)).toEqual(new Uint8Array([1, 2, 3]));
  expect(await records.readTail(name, 4)).toBeInstanceOf(StoreFailure);
  await records.removeTail(name);
  expect(await records.readTail(name, 3)).toBeUndefined();
});

test("records and tails are listed, and nothing else", async () => {
  await records.write(name, plain, 0);
  await records.writeTail(name, new Uint8Array(1), 0);
  stored.stub.put("in/.postern-upload-x.json", "");
  stored.stub.put(`in/${name}.txt`, "");
  const listed = await records.list(100);
  if (listed instanceof StoreFailure) throw new Error("no list");
  expect(listed.map(({ kind, name: found }) => [kind, found === name])).toEqual([
    ["tail", true],
    ["record", true],
  ]);
});
