import { expect, test } from "bun:test";

import { uploadScript, uploadScriptDigest } from "../../../src/site/upload-area/upload-script.ts";

// What it does is shown by test/browser/upload-area.test.ts.

test("it is a script, ends no script element, and is ASCII (WHATWG HTML §4.12.1.3)", () => {
  expect(() => new Bun.Transpiler({ loader: "js" }).scan(uploadScript)).not.toThrow();
  expect(uploadScript).not.toMatch(/<\/script|<!--|[^\n -~]/i);
});

test("it makes no markup of texts", () => {
  expect(uploadScript).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/);
});

test("it is short enough to stand in each listing", () => {
  expect(uploadScript.length).toBeLessThan(18 * 1024);
  expect(Bun.gzipSync(uploadScript).length).toBeLessThan(6 * 1024);
});

test("its digest is the one that the policy names", () => {
  const digest = new Bun.CryptoHasher("sha256").update(uploadScript).digest("base64");
  expect(uploadScriptDigest).toBe(digest);
});
