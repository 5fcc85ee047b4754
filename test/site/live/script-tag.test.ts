import { describe, expect, test } from "bun:test";

import { scriptTag, tagOctets } from "../../../src/site/live/script-tag.ts";

const plain = {
  source: ".postern/live.js",
  syntax: "html",
  nonce: undefined,
  isAny: false,
} as const;

describe("the script element", () => {
  test("has the nonce of the page's policy, and says when any change concerns the page", () => {
    expect(scriptTag({ ...plain, nonce: "abc+/=", isAny: true })).toBe(
      '<script src=".postern/live.js" nonce="abc+/=" data-any="" async=""></script>',
    );
  });

  test("is well-formed in XHTML", () => {
    expect(scriptTag({ ...plain, syntax: "xhtml" })).toBe(
      '<script xmlns="http://www.w3.org/1999/xhtml" src=".postern/live.js" async=""></script>',
    );
  });

  test("is written in the page's encoding", () => {
    expect(tagOctets("<a", "octet")).toEqual(Uint8Array.of(0x3c, 0x61));
    expect(tagOctets("<a", "low-first")).toEqual(Uint8Array.of(0x3c, 0, 0x61, 0));
    expect(tagOctets("<a", "high-first")).toEqual(Uint8Array.of(0, 0x3c, 0, 0x61));
  });
});
