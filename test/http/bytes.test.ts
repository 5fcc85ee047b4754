import { describe, expect, test } from "bun:test";

import {
  concatBytes,
  equalBytes,
  indexOfCrlf,
  latin1Bytes,
  latin1Text,
  OctetRange,
  utf8Bytes,
} from "../../src/http/bytes.ts";

const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));

describe("octets as text (RFC 9112 §2.2)", () => {
  test("turns each octet into one code unit and back", () => {
    expect(latin1Bytes(all)).toEqual(Uint8Array.from({ length: 256 }, (_, i) => i));
    expect(latin1Text(latin1Bytes(all))).toBe(all);
  });

  test("reads a part of a view, also of one into a larger buffer", () => {
    const view = latin1Bytes("..abcdef..").subarray(2, 8);
    expect(latin1Text(view, 1, 3)).toBe("bc");
    expect(latin1Text(view, 4)).toBe("ef");
    expect(latin1Text(view, 3, 3)).toBe("");
    expect(latin1Text(new Uint8Array(0))).toBe("");
  });

  test("refuses to write a code unit that is no octet", () => {
    expect(() => latin1Bytes("a\u0100")).toThrow(new RangeError("not Latin-1: U+100"));
  });

  test("writes UTF-8 where that is asked for", () => {
    expect([...utf8Bytes("é€")]).toEqual([0xc3, 0xa9, 0xe2, 0x82, 0xac]);
  });
});

describe("concatBytes", () => {
  test("puts parts in their order into a buffer of their own", () => {
    const part = latin1Bytes("b");
    const whole = concatBytes([latin1Bytes("a"), new Uint8Array(0), part]);
    part[0] = 0;
    expect(latin1Text(whole)).toBe("ab");
    expect(concatBytes([])).toHaveLength(0);
  });
});

describe("equalBytes", () => {
  test("compares length and octets", () => {
    expect(equalBytes(latin1Bytes("ab"), latin1Bytes("ab"))).toBe(true);
    expect(equalBytes(latin1Bytes("ab"), latin1Bytes("ac"))).toBe(false);
    expect(equalBytes(latin1Bytes("ab"), latin1Bytes("abc"))).toBe(false);
    expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });
});

describe("indexOfCrlf", () => {
  test("finds CR LF and neither of the two alone", () => {
    expect(indexOfCrlf(latin1Bytes("a\rb\nc\r\r\nd\r\n"))).toBe(6);
    expect(indexOfCrlf(latin1Bytes("\r\n\r\n"), 1)).toBe(2);
    expect(indexOfCrlf(latin1Bytes("a\r"))).toBe(-1);
    expect(indexOfCrlf(latin1Bytes(""))).toBe(-1);
  });
});

describe("a range of octets", () => {
  const view = latin1Bytes("abcdef");

  test("is a view of its part when it is looked at", () => {
    const range = new OctetRange(view, 2, 5);
    expect(range.length).toBe(3);
    expect(latin1Text(range.octets)).toBe("cde");
    expect(range.octets.buffer).toBe(view.buffer);
    expect(new OctetRange(view, 3, 3).octets).toHaveLength(0);
  });

  test("is the view itself where it is all of it", () => {
    expect(new OctetRange(view).octets).toBe(view);
    expect(new OctetRange(view, 0, 6).octets).toBe(view);
    expect(new OctetRange(view, 0, 5).octets).not.toBe(view);
  });
});
