import { expect, test } from "bun:test";

import { latin1Text, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import type { UploadRecord } from "../../../src/tree/writing/upload-record.ts";
import { formatRecord, parseRecord } from "../../../src/tree/writing/upload-record.ts";

const record: UploadRecord = {
  method: "PUT",
  name: "a.txt",
  conditions: [["If-Match", '"x"']],
  user: "ada",
  address: "192.0.2.1",
  length: 9,
  octets: 3,
  bootId: "b",
};

test.each([
  record,
  { ...record, length: undefined, user: undefined, bootId: undefined },
  { ...record, method: "POST", name: "ü \udcff \u{1f600}\n", conditions: [] } as const,
])("a record is read as it was written: %j", (written) => {
  const octets = formatRecord(written);
  expect(latin1Text(octets)).toMatch(/^[\x20-\x7e]+\n$/);
  expect(parseRecord(octets)).toEqual(written);
});

test.each([
  "",
  "null",
  "[]",
  "{",
  JSON.stringify(record),
  JSON.stringify({ ...record, version: 2 }),
  JSON.stringify({ ...record, version: 1, method: "GET" }),
  JSON.stringify({ ...record, version: 1, name: 1 }),
  JSON.stringify({ ...record, version: 1, name: "\ud800" }),
  JSON.stringify({ ...record, version: 1, octets: -1 }),
  JSON.stringify({ ...record, version: 1, octets: 1.5 }),
  JSON.stringify({ ...record, version: 1, length: "9" }),
  JSON.stringify({ ...record, version: 1, conditions: [["a"]] }),
  JSON.stringify({ ...record, version: 1, user: {} }),
])("%s is no record", (text) => {
  expect(parseRecord(utf8Bytes(text))).toBeUndefined();
});
