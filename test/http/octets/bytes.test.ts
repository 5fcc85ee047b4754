import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import {
  concatBytes,
  digestOf,
  equalBytes,
  indexOfCrlf,
  isRunAt,
  isSameView,
  latin1Bytes,
  latin1Text,
  OctetRange,
  utf8Bytes,
} from "../../../src/http/octets/bytes.ts";

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

/** `octets` in a buffer that has others before and behind. */
function within(octets: Uint8Array, before = 3, behind = 5): Uint8Array {
  const buffer = new Uint8Array(before + octets.length + behind).fill(0x7e);
  buffer.set(octets, before);
  return buffer.subarray(before, before + octets.length);
}

/** `octets` with another one at `at`. */
function changedAt(octets: Uint8Array, at: number): Uint8Array {
  const other = octets.slice();
  other[at] = (other[at] ?? 0) ^ 0x40;
  return other;
}

const requestFor = (path: string): Uint8Array =>
  latin1Bytes(`GET ${path} HTTP/1.1\r\nHost: example.com\r\n\r\n`);

/** Long enough for every way of comparing by words. */
const some = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) & 0xff);

describe("two views hold the same octets", () => {
  test("wherever they lie in their buffers", () => {
    for (let length = 0; length <= some.length; length++) {
      const octets = some.subarray(0, length);
      expect(isSameView(octets, within(octets))).toBe(true);
      expect(isSameView(within(octets, 1), within(octets, 8, 0))).toBe(true);
    }
  });

  test("not when one octet differs, wherever it is", () => {
    for (let at = 0; at < some.length; at++) {
      expect(isSameView(some, changedAt(some, at))).toBe(false);
      expect(isSameView(within(some), within(changedAt(some, at), 2))).toBe(false);
    }
  });

  test("not when one of them is only the other's beginning", () => {
    for (let length = 0; length < some.length; length++) {
      expect(isSameView(some, some.subarray(0, length))).toBe(false);
      expect(isSameView(some.subarray(0, length), some)).toBe(false);
    }
  });
});

describe("a run stands in a view", () => {
  test("as it does in text, at any place where there is room", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\r", "\xff"), maxLength: 12 });
    const property = fc.property(text, text, fc.nat(12), (whole, run, start) => {
      fc.pre(start + run.length <= whole.length);
      const view = within(latin1Bytes(whole));
      expect(isRunAt(view, start, latin1Bytes(run))).toBe(whole.startsWith(run, start));
    });
    fc.assert(property, { numRuns: 3000 });
  });

  test("not when one octet differs, wherever it is", () => {
    const run = some.subarray(20, 120);
    expect(isRunAt(some, 20, run)).toBe(true);
    for (let at = 0; at < run.length; at++) {
      expect(isRunAt(some, 20, changedAt(run, at))).toBe(false);
    }
    expect(isRunAt(some, 19, run)).toBe(false);
    expect(isRunAt(some, 21, run)).toBe(false);
  });
});

describe("a digest", () => {
  /** Octets that count each by itself; so do none behind them. */
  const digested = 128;

  test("is a whole number of 32 bits, never below zero", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const digest = digestOf(octets);
      expect(digest).toBe(digest >>> 0);
    });
    fc.assert(property, { numRuns: 1000 });
  });

  test("is that of the octets, wherever they lie in their buffer", () => {
    for (let length = 0; length <= some.length; length++) {
      const octets = some.slice(0, length);
      expect(digestOf(within(octets))).toBe(digestOf(octets));
      expect(digestOf(within(octets, 1, 0))).toBe(digestOf(octets));
    }
  });

  test("is another one when one of the first octets differs", () => {
    for (let at = 0; at < digested; at++) {
      expect(digestOf(changedAt(some, at))).not.toBe(digestOf(some));
    }
  });

  test("is another one for another length, also when all else is the same", () => {
    const digests = Array.from({ length: 300 }, (_, length) => digestOf(new Uint8Array(length)));
    expect(new Set(digests).size).toBe(300);
  });

  test("is another one when much behind them differs", () => {
    for (let at = digested; at + 16 <= some.length; at++) {
      const other = some.slice();
      for (let i = at; i < at + 16; i++) other[i] = (other[i] ?? 0) ^ 0x40;
      expect(digestOf(other)).not.toBe(digestOf(some));
    }
  });

  test("is hardly ever the same for requests that are like each other", () => {
    const count = 10_000;
    const digests = Array.from({ length: count }, (_, i) =>
      digestOf(requestFor(`/news/${i}.html`)),
    );
    expect(new Set(digests).size).toBeGreaterThan(count - 10);
  });
});
