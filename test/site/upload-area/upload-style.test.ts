import { expect, test } from "bun:test";

import { uploadStyle, uploadStyleDigest } from "../../../src/site/upload-area/upload-style.ts";

test("it ends no style element, refers to nothing, and is ASCII", () => {
  expect(uploadStyle).not.toMatch(/<\/style|url\(|@import|[^\n -~]/i);
});

test("its digest is the one that the policy names", () => {
  const digest = new Bun.CryptoHasher("sha256").update(uploadStyle).digest("base64");
  expect(uploadStyleDigest).toBe(digest);
});
