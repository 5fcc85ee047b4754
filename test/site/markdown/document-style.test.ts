import { expect, test } from "bun:test";

import { documentStyle, documentStyleDigest } from "../../../src/site/markdown/document-style.ts";

test("it ends no style element, refers to nothing, and is ASCII", () => {
  expect(documentStyle).not.toMatch(/<\/style|url\(|@import|[^\n -~]/i);
});

test("its digest is the one that the policy names", () => {
  const digest = new Bun.CryptoHasher("sha256").update(documentStyle).digest("base64");
  expect(documentStyleDigest).toBe(digest);
});
