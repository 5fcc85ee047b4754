import { describe, expect, test } from "bun:test";

import { askedArchiveOf, askedPresentationOf } from "../../../src/site/download/asked-download.ts";

describe("what a query asks for", () => {
  test.each([
    ["raw", "raw"],
    ["raw=", "raw"],
    ["raw=1", "raw"],
    ["v=2&raw", "raw"],
    ["download", "attachment"],
    ["download=1&v=2", "attachment"],
    ["download&raw", "attachment"],
    ["raw=0", undefined],
    ["raw=yes", undefined],
    ["download=0", undefined],
    ["download=zip", undefined],
    ["Raw", undefined],
    ["v=raw", undefined],
    ["", undefined],
  ] as const)("of a file by ?%s is %s", (query, presentation) => {
    expect(askedPresentationOf(query)).toBe(presentation);
  });

  test.each([
    ["download=zip", "zip"],
    ["download=tar", "tar"],
    ["download=tar.gz", "tar.gz"],
    ["v=1&download=tar.zst", "tar.zst"],
    ["download=ZIP", undefined],
    ["download=rar", undefined],
    ["download=1", undefined],
    ["download", undefined],
    ["zip", undefined],
  ] as const)("of a folder by ?%s is %s", (query, format) => {
    expect(askedArchiveOf(query)).toBe(format);
  });
});
