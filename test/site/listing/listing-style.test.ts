import { expect, test } from "bun:test";

import { listingStyle, listingStyleDigest } from "../../../src/site/listing/listing-style.ts";
import { entryGroups } from "../../../src/tree/listing/entry-group.ts";

test("every group has an icon", () => {
  // What has no icon of its own has that of a file.
  const classes = entryGroups.map((group) => (group === "folder" ? "dir" : group));
  const unnamed = classes.filter(
    (group) => !new RegExp(`\\.${group}\\b[^{]*::before \\{ mask-image`).test(listingStyle),
  );
  expect(unnamed).toEqual(["file"]);
  expect(listingStyle).toContain("\ntd a::before { mask-image");
});

test("it ends no style element, and is ASCII", () => {
  expect(listingStyle).not.toMatch(/<\/style|[^\n -~]/i);
});

test("its digest is the one that the policy names", () => {
  const digest = new Bun.CryptoHasher("sha256").update(listingStyle).digest("base64");
  expect(listingStyleDigest).toBe(digest);
});
