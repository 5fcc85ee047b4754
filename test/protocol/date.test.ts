import * as fc from "fast-check";
import { describe, expect, test } from "bun:test";

import { formatImfFixdate, imfFixdateLength } from "../../src/protocol/date.ts";

const first = Date.parse("0000-01-01T00:00:00Z");
const last = Date.parse("9999-12-31T23:59:59Z");

describe("IMF-fixdate (RFC 9110 §5.6.7)", () => {
  test("is written as the RFC's example", () => {
    expect(formatImfFixdate(784_111_777_000)).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  });

  test("agrees with Date.toUTCString at any instant", () => {
    const property = fc.property(fc.integer({ min: first, max: last }), (ms) => {
      const text = formatImfFixdate(ms);
      expect(text).toBe(new Date(ms).toUTCString());
      expect(text).toHaveLength(imfFixdateLength);
    });
    fc.assert(property, { numRuns: 3000 });
  });

  test("agrees with it on every day of the years around a leap day of a century", () => {
    for (const year of [1899, 1900, 1970, 1999, 2000, 2024, 2026, 2038, 2100]) {
      for (let day = 0; day < 366; day++) {
        const ms = Date.UTC(year, 0, 1 + day, day % 24, day % 60, (day * 7) % 60);
        expect(formatImfFixdate(ms)).toBe(new Date(ms).toUTCString());
      }
    }
  });

  test("cuts to the whole second below, before 1970 too", () => {
    expect(formatImfFixdate(1999.9)).toBe("Thu, 01 Jan 1970 00:00:01 GMT");
    expect(formatImfFixdate(-0.5)).toBe("Wed, 31 Dec 1969 23:59:59 GMT");
    expect(formatImfFixdate(-1000)).toBe("Wed, 31 Dec 1969 23:59:59 GMT");
    expect(formatImfFixdate(-1001)).toBe("Wed, 31 Dec 1969 23:59:58 GMT");
  });

  test("says the first and the last second that it can for what lies beyond them", () => {
    expect(formatImfFixdate(first - 1)).toBe("Sat, 01 Jan 0000 00:00:00 GMT");
    expect(formatImfFixdate(last + 1000)).toBe("Fri, 31 Dec 9999 23:59:59 GMT");
    expect(formatImfFixdate(Number.POSITIVE_INFINITY)).toBe("Fri, 31 Dec 9999 23:59:59 GMT");
  });
});
