import { expect, test } from "bun:test";

import { previewStyle, previewStyleDigest } from "../../../src/site/preview/preview-style.ts";

test("it ends no style element, refers to nothing, and is ASCII", () => {
  expect(previewStyle).not.toMatch(/<\/style|url\(|@import|[^\n -~]/i);
});

test("its digest is the one that the policy names", () => {
  const digest = new Bun.CryptoHasher("sha256").update(previewStyle).digest("base64");
  expect(previewStyleDigest).toBe(digest);
});
