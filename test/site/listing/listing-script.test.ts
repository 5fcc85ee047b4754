import { expect, test } from "bun:test";

import { listingScript, listingScriptDigest } from "../../../src/site/listing/listing-script.ts";

// What it does is shown by test/browser/listing.test.ts.

test("it is a script, ends no script element, and is ASCII (WHATWG HTML §4.12.1.3)", () => {
  expect(() => new Bun.Transpiler({ loader: "js" }).scan(listingScript)).not.toThrow();
  expect(listingScript).not.toMatch(/<\/script|<!--|[^\n -~]/i);
});

test("it makes no markup of texts", () => {
  expect(listingScript).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/);
});

test("its digest is the one that the policy names", () => {
  const digest = new Bun.CryptoHasher("sha256").update(listingScript).digest("base64");
  expect(listingScriptDigest).toBe(digest);
});
