import { describe, expect, test } from "bun:test";

import { bytes, kibibytes, mebibytes, milliseconds, seconds } from "../../src/base/units.ts";
import type { ByteCount, Milliseconds } from "../../src/base/units.ts";

describe("byte counts", () => {
  test("are whole and not negative", () => {
    expect(Number(bytes(0))).toBe(0);
    expect(Number(kibibytes(8))).toBe(8192);
    expect(Number(mebibytes(1))).toBe(1_048_576);
    for (const count of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => bytes(count)).toThrow(new RangeError(`not a byte count: ${count}`));
    }
    expect(() => kibibytes(2 ** 50)).toThrow(RangeError);
  });
});

describe("spans of time", () => {
  test("are finite and not negative", () => {
    expect(Number(milliseconds(0.5))).toBe(0.5);
    expect(Number(seconds(10))).toBe(10_000);
    for (const count of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => milliseconds(count)).toThrow(new RangeError(`not a span of time: ${count}`));
    }
  });

  test("do not pass for byte counts, nor plain numbers for either", () => {
    // @ts-expect-error a span of time is no byte count
    const span: ByteCount = seconds(1);
    // @ts-expect-error a number has no unit
    const plain: Milliseconds = 5;
    expect([Number(span), Number(plain)]).toEqual([1000, 5]);
  });
});
