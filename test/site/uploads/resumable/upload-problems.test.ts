import { expect, test } from "bun:test";

import {
  inconsistentLength,
  mismatchingOffset,
} from "../../../../src/site/uploads/resumable/upload-problems.ts";
import { show } from "../../shown-response.ts";

test("an offset that doesn't match is told with the right one (§7.1)", () => {
  const { status, fields, body, close } = show(mismatchingOffset(5, 9));
  expect([status, close]).toEqual([409, false]);
  expect(fields).toMatchObject({
    "Content-Type": "application/problem+json",
    "Upload-Complete": "?0",
    "Upload-Offset": "5",
  });
  expect(JSON.parse(body)).toMatchObject({
    type: "https://iana.org/assignments/http-problem-types#mismatching-upload-offset",
    "expected-offset": 5,
    "provided-offset": 9,
  });
});

test("lengths that differ are a problem of their own (§7.2)", () => {
  const { status, fields, body, close } = show(inconsistentLength("why"));
  expect([status, close, fields["Upload-Complete"]]).toEqual([400, true, "?0"]);
  expect(JSON.parse(body)).toMatchObject({
    type: "https://iana.org/assignments/http-problem-types#inconsistent-upload-length",
    detail: "why",
  });
  expect(show(inconsistentLength("why", true)).fields["Upload-Complete"]).toBe("?1");
});
