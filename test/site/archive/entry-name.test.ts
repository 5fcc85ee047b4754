import { describe, expect, test } from "bun:test";

import { entryName } from "../../../src/site/archive/entry-name.ts";

describe("the path of an entry in an archive", () => {
  test("is UTF-8", () => {
    const { octets, isUtf8 } = entryName(["a", "\u{1f600}ü"], "file");
    expect([new TextDecoder().decode(octets), isUtf8]).toEqual(["a/\u{1f600}ü", true]);
  });

  test("has the octets of a name that isn't", () => {
    const { octets, isUtf8 } = entryName(["ü", "\udce9\udcff"], "file");
    expect([[...octets], isUtf8]).toEqual([[0xc3, 0xbc, 0x2f, 0xe9, 0xff], false]);
  });

  test("of a folder ends with a slash", () => {
    expect(new TextDecoder().decode(entryName(["a", "b"], "folder").octets)).toBe("a/b/");
  });
});
