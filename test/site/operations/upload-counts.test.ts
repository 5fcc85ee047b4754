import { expect, test } from "bun:test";

import { refusals } from "../../../src/http/message/error.ts";
import { UploadCounts } from "../../../src/site/operations/upload-counts.ts";
import { uploadRefusals } from "../../../src/site/uploads/upload-refusals.ts";

function limit(name: string) {
  return { name, maximum: 1, actual: 2 };
}

test("refusals of uploads are counted by kind, and those at one time, and no others", () => {
  const counts = new UploadCounts();
  counts.refuse(uploadRefusals["quota-reached"]);
  counts.refuse(uploadRefusals["quota-reached"]);
  counts.refuse({ ...uploadRefusals["upload-slow"], limit: limit("uploadBytesPerSecondMin") });
  counts.refuse({ ...refusals.overloaded, limit: limit("uploadsAtOnceMax") });
  counts.refuse({ ...refusals.overloaded, limit: limit("uploadsPerAddressMax") });
  counts.refuse(refusals.overloaded);
  counts.refuse({ ...refusals.overloaded, limit: limit("archivesMax") });
  counts.refuse(refusals.credentials);
  expect(Object.fromEntries(counts.refused)).toEqual({
    "quota-reached": 2,
    "upload-slow": 1,
    overloaded: 2,
  });
});
