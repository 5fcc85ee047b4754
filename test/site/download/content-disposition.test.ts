import { describe, expect, test } from "bun:test";

import { attachmentNamed } from "../../../src/site/download/content-disposition.ts";

describe("Content-Disposition of an attachment (RFC 6266)", () => {
  test.each([
    ["a plain name is a token", "docs-1.tar.gz", "attachment; filename=docs-1.tar.gz"],
    [
      "a space makes it a quoted string",
      "a b.txt",
      "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt",
    ],
    [
      "other letters are in filename* (RFC 8187 §3.2)",
      "grüße.zip",
      "attachment; filename=\"gr__e.zip\"; filename*=UTF-8''gr%C3%BC%C3%9Fe.zip",
    ],
    [
      "a character outside of the first plane is replaced by one",
      "\u{1f600}",
      "attachment; filename=\"_\"; filename*=UTF-8''%F0%9F%98%80",
    ],
    [
      "what ends a quoted string, or means something in a path, is replaced",
      'a"b\\c%d/e.txt',
      "attachment; filename=\"a_b_c_d_e.txt\"; filename*=UTF-8''a%22b%5Cc%25d%2Fe.txt",
    ],
    [
      "a line break starts no field",
      "a\r\nSet-Cookie: b",
      "attachment; filename=\"a__Set-Cookie_ b\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b",
    ],
    [
      "an octet that is no UTF-8 is that octet",
      "caf\udce9",
      "attachment; filename=\"caf_\"; filename*=UTF-8''caf%E9",
    ],
  ])("%s", (_what, name, value) => {
    expect(attachmentNamed(name)).toBe(value);
  });
});
