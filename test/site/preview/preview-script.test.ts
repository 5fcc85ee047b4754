import { expect, test } from "bun:test";

import { previewScript, previewScriptDigest } from "../../../src/site/preview/preview-script.ts";

// What it does is shown by test/browser/previews.test.ts.

test("it is a script, ends no script element, and is ASCII (WHATWG HTML §4.12.1.3)", () => {
  expect(() => new Bun.Transpiler({ loader: "js" }).scan(previewScript)).not.toThrow();
  expect(previewScript).not.toMatch(/<\/script|<!--|[^\n -~]/i);
});

test("it makes no markup of texts", () => {
  expect(previewScript).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/);
});

test("its digest is the one that the policy names", () => {
  const digest = new Bun.CryptoHasher("sha256").update(previewScript).digest("base64");
  expect(previewScriptDigest).toBe(digest);
});
