import { expect, test } from "bun:test";

import { UploadCounts } from "../../../src/site/operations/upload-counts.ts";

test("refused uploads are counted by reason", () => {
  const counts = new UploadCounts();
  counts.refuse("quota-reached");
  counts.refuse("405");
  counts.refuse("quota-reached");
  expect(Object.fromEntries(counts.refused)).toEqual({ "quota-reached": 2, "405": 1 });
});
