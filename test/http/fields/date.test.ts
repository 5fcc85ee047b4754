import * as fc from "fast-check";
import { describe, expect, test } from "bun:test";

import { formatImfFixdate, parseHttpDate } from "../../../src/http/fields/date.ts";

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
      expect(text).toHaveLength("Sun, 06 Nov 1994 08:49:37 GMT".length);
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

/** The instant of the tests below, in seconds since 1970. */
const now = Date.parse("2026-11-22T12:00:00Z") / 1000;

describe("HTTP-date as it may come (RFC 9110 §5.6.7)", () => {
  const example = 784_111_777;

  test.each([
    ["Sun, 06 Nov 1994 08:49:37 GMT", example],
    ["Sunday, 06-Nov-94 08:49:37 GMT", example],
    ["Sun Nov  6 08:49:37 1994", example],
    ["Sun Nov 16 08:49:37 1994", example + 10 * 86_400],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000],
    ["Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400],
    ["Mon, 19 Jan 2038 03:14:08 GMT", 2 ** 31],
    ["Wed, 31 Dec 1969 23:59:59 GMT", -1],
    ["Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200],
    ["Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799],
  ])("%p is %p", (text, seconds) => {
    expect(parseHttpDate(text, now)).toBe(seconds);
  });

  test("counts a leap second as the second after", () => {
    expect(parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT", now)).toBe(1_483_228_800);
  });

  test("doesn't hold a wrong day of the week against the date", () => {
    expect(parseHttpDate("Mon, 06 Nov 1994 08:49:37 GMT", now)).toBe(example);
  });

  test.each([
    "",
    "0",
    "-1",
    "784111777",
    "1994-11-06T08:49:37Z",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 06 Nov 1994 08:49:37 gmt",
    "sun, 06 nov 1994 08:49:37 GMT",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 94 08:49:37 GMT",
    "Sun,06 Nov 1994 08:49:37 GMT",
    "Sun, 06  Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 8:49:37 GMT",
    "Sun, 06 Nov 1994 08:49 GMT",
    " Sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT ",
    "Sunday, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06-Nov-94 08:49:37 GMT",
    "Sunday, 06-Nov-1994 08:49:37 GMT",
    "Sun Nov 6 08:49:37 1994",
    "Sun Nov 06 08:49:37 94",
    "Sun Nov  6 08:49:37 1994 GMT",
    "Xyz, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Xyz 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 31 Nov 1994 08:49:37 GMT",
    "Sun, 32 Jan 1994 08:49:37 GMT",
    "Sun, 99 Dec 1994 08:49:37 GMT",
    "Tue, 29 Feb 2023 12:00:00 GMT",
    "Thu, 29 Feb 1900 12:00:00 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:37 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 0६ Nov 1994 08:49:37 GMT",
  ])("%p is none", (text) => {
    expect(parseHttpDate(text, now)).toBeUndefined();
  });

  test("is read as it was written", () => {
    const property = fc.property(fc.integer({ min: first / 1000, max: last / 1000 }), (seconds) => {
      expect(parseHttpDate(formatImfFixdate(seconds * 1000), now)).toBe(seconds);
    });
    fc.assert(property, { numRuns: 3000 });
  });

  test("is read, or is none, whatever it is", () => {
    const near = fc.array(
      fc.oneof(
        fc.constantFrom("Sun", "Sunday", ", ", " ", "Nov", "06", "99", "1994", ":", "-", " GMT"),
        fc.string({ maxLength: 3 }),
      ),
    );
    fc.assert(
      fc.property(near, (parts) => {
        const seconds = parseHttpDate(parts.join(""), now);
        expect(seconds === undefined || Number.isSafeInteger(seconds)).toBe(true);
      }),
    );
  });
});

const year = (text: string, at: string): number | undefined => {
  const seconds = parseHttpDate(text, Date.parse(at) / 1000);
  return seconds === undefined ? undefined : new Date(seconds * 1000).getUTCFullYear();
};

describe("a year of two digits (RFC 9110 §5.6.7)", () => {
  test.each([
    ["Sunday, 22-Nov-26 11:59:59 GMT", "2026-11-22T12:00:00Z", 2026],
    ["Sunday, 01-Jan-27 00:00:00 GMT", "2026-11-22T12:00:00Z", 2027],
    ["Sunday, 01-Jan-76 00:00:00 GMT", "2026-11-22T12:00:00Z", 2076],
    ["Sunday, 22-Nov-76 12:00:00 GMT", "2026-11-22T12:00:00Z", 2076],
    ["Sunday, 22-Nov-76 12:00:01 GMT", "2026-11-22T12:00:00Z", 1976],
    ["Sunday, 31-Dec-76 00:00:00 GMT", "2026-11-22T12:00:00Z", 1976],
    ["Sunday, 01-Jan-77 00:00:00 GMT", "2026-11-22T12:00:00Z", 1977],
    ["Sunday, 06-Nov-94 08:49:37 GMT", "2026-11-22T12:00:00Z", 1994],
    ["Sunday, 06-Nov-00 08:49:37 GMT", "2026-11-22T12:00:00Z", 2000],
    ["Sunday, 06-Nov-01 08:49:37 GMT", "1999-12-31T12:00:00Z", 2001],
    ["Sunday, 06-Nov-99 08:49:37 GMT", "2100-01-01T00:00:00Z", 2099],
  ])("of %p, seen at %s, is %p", (text, at, wanted) => {
    expect(year(text, at)).toBe(wanted);
  });

  test("is never more than 50 years ahead, nor more than 50 behind", () => {
    const instant = { min: Date.UTC(1970) / 1000, max: Date.UTC(2400) / 1000 };
    const month = fc.constantFrom("Jan", "Feb", "Jul", "Dec");
    fc.assert(
      fc.property(fc.nat({ max: 99 }), month, fc.integer(instant), (yy, name, at) => {
        const two = String(yy).padStart(2, "0");
        const seconds = parseHttpDate(`Sunday, 28-${name}-${two} 12:00:00 GMT`, at) ?? NaN;
        expect(new Date(seconds * 1000).getUTCFullYear() % 100).toBe(yy);
        const limit = new Date(at * 1000);
        const current = limit.getUTCFullYear();
        expect(seconds * 1000).toBeLessThanOrEqual(limit.setUTCFullYear(current + 50));
        // A leap day has none 50 years before, so a day's grace.
        expect(seconds * 1000).toBeGreaterThan(limit.setUTCFullYear(current - 50) - 86_400_000);
      }),
      { numRuns: 2000 },
    );
  });
});
