import { describe, expect, test } from "bun:test";

import { fieldsOf } from "../../../../src/http/fields/fields.ts";
import {
  asksToBegin,
  askedUpload,
  isToBeContinued,
  isUncoded,
  knowsInterim,
  newUploadId,
  queryOf,
  readUploadFields,
} from "../../../../src/site/uploads/resumable/upload-fields.ts";
import { requestOf } from "../../fake-request.ts";

const fields = (values: Readonly<Record<string, string>>): ReturnType<typeof fieldsOf> =>
  fieldsOf(Object.entries(values));

test("an ID can't be guessed, and is found in the address that it makes", () => {
  const id = newUploadId();
  expect(id).toMatch(/^[\w-]{22}$/);
  expect(newUploadId()).not.toBe(id);
  expect(askedUpload(requestOf(`HEAD /a/${queryOf(id)}`).head.target)).toBe(id);
});

test.each([
  ["/?upload", undefined],
  ["/", undefined],
  ["/?uploads=x", undefined],
  ["/?upload=", ""],
  ["/?upload=..%2F..%2Fetc%2Fpasswd", ""],
  ["/?upload=../../etc/passwd", ""],
  [`/?upload=${"a".repeat(21)}`, ""],
  [`/?upload=${"a".repeat(23)}`, ""],
  [`/?upload=${"a".repeat(21)}%61`, ""],
  [`/?upload=${"a".repeat(22)}&x`, ""],
  [`/?upload=${"a".repeat(22)}`, "a".repeat(22)],
])("%s names the upload %j", (way, id) => {
  expect(askedUpload(requestOf(`HEAD ${way}`).head.target)).toBe(id);
});

describe("the fields (draft-ietf-httpbis-resumable-upload-12 §4.1)", () => {
  test("are read", () => {
    const all = fields({ "Upload-Complete": "?0", "Upload-Offset": "5", "Upload-Length": "9" });
    expect(readUploadFields(all)).toEqual({ isComplete: false, offset: 5, length: 9 });
    expect([asksToBegin(all), isToBeContinued(all)]).toEqual([true, true]);
  });

  test("count as absent when they are malformed", () => {
    const bad = fields({
      "Upload-Complete": "true",
      "Upload-Offset": "-1",
      "Upload-Length": "9007199254740993",
    });
    expect(readUploadFields(bad)).toEqual({
      isComplete: undefined,
      offset: undefined,
      length: undefined,
    });
    expect([asksToBegin(bad), isToBeContinued(bad)]).toEqual([false, false]);
  });

  test("name the version whose 104 the client knows", () => {
    expect(knowsInterim(fields({ "Upload-Draft-Interop-Version": "8" }))).toBe(true);
    for (const other of ["6", "9", "8.0"]) {
      expect(knowsInterim(fields({ "Upload-Draft-Interop-Version": other }))).toBe(false);
    }
  });
});

test("content has no coding, or only identity", () => {
  expect(isUncoded(fields({ "Content-Encoding": "identity" }))).toBe(true);
  expect(isUncoded(fields({ "Content-Encoding": "gzip" }))).toBe(false);
});
