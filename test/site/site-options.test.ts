import { expect, test } from "bun:test";

import { defaultSiteOptions, isStoreName, siteOptionWords } from "../../src/site/site-options.ts";

test("each option that is one of a few words has its words, its default among them", () => {
  const words: Readonly<Record<string, readonly string[]>> = siteOptionWords;
  expect(Object.keys(words)).toEqual(["permissions", "symlinks", "post"]);
  const defaults: Readonly<Record<string, unknown>> = defaultSiteOptions;
  for (const [name, known] of Object.entries(words)) {
    expect(known).toContain(defaults[name] as string);
  }
});

test("a site shows strangers what they may read, and adds nothing, unless it is told to", () => {
  expect(defaultSiteOptions).toMatchObject({
    permissions: "other",
    hidden: false,
    symlinks: "inside",
    explain: false,
    cors: false,
    headers: [],
    redirects: [],
    rewrites: [],
  });
});

test("a bucket of an object store is told from a path on this machine", () => {
  const names = ["s3://a", "./s3:", "S3://a", "/s3://a", "s3:/a"];
  expect(names.map(isStoreName)).toEqual([true, false, false, false, false]);
});
