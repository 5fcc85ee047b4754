import { expect, test } from "bun:test";

import { archiveFormats, archiveTypes } from "../../../src/site/download/archive-format.ts";

test("every format has a media type that is registered, or in common use", () => {
  expect(archiveFormats).toEqual(["zip", "tar", "tar.gz", "tar.zst"]);
  expect(archiveFormats.map((format) => archiveTypes[format])).toEqual([
    "application/zip",
    "application/x-tar",
    "application/gzip",
    "application/zstd",
  ]);
});
