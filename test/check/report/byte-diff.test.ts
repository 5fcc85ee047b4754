import { describe, expect, test } from "bun:test";

import { byteDiff } from "../../../src/check/report/byte-diff.ts";
import { latin1Bytes } from "../../../src/http/octets/bytes.ts";

function diff(expected: string, came: string): string {
  return byteDiff(latin1Bytes(expected), latin1Bytes(came)).join("\n");
}

describe("the bytes around a difference", () => {
  test("are nothing where both sides are equal", () => {
    expect(diff("", "")).toBe("");
    expect(diff("abc", "abc")).toBe("");
  });

  test("are one row on either side, with a mark under the byte", () => {
    const long = "0123456789abcdef".repeat(5);
    expect(diff(long, `${long.slice(0, 35)}\r\n${long.slice(37)}`)).toBe(
      `differs at byte 35
expected  00000010  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef
came      00000010  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef
expected  00000020  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef
came      00000020  30 31 32 0d 0a 35 36 37 38 39 61 62 63 64 65 66  012..56789abcdef
                             ^^
expected  00000030  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef
came      00000030  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef`,
    );
  });

  test("say where the shorter side ended", () => {
    expect(diff("abc", "ab")).toBe(
      `differs at byte 2
expected  00000000  61 62 63                                         abc
came      00000000  61 62                                            ab
                          ^^`,
    );
    expect(diff("", "a")).toContain("expected  00000000  (ended at byte 0)");
  });
});
