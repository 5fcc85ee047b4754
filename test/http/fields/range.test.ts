import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { growth } from "../../growth.ts";
import { readRange } from "../../../src/http/fields/range.ts";
import type { RangeOutcome } from "../../../src/http/fields/range.ts";

/** An outcome in short: its kind, or its regions as "first-last" in their order. */
function shown(outcome: RangeOutcome): string {
  if (outcome.kind !== "regions") return outcome.kind;
  return outcome.regions.map(({ start, octets }) => `${start}-${start + octets - 1}`).join(" ");
}

const read = (value: string, size = 10_000, countMax = 32): string =>
  shown(readRange(value, size, countMax));

describe("byte ranges (RFC 9110 §14.1.2)", () => {
  test.each([
    ["bytes=0-499", "0-499"],
    ["bytes=500-999", "500-999"],
    ["bytes=-500", "9500-9999"],
    ["bytes=9500-", "9500-9999"],
    ["bytes=0-0,-1", "0-0 9999-9999"],
    ["bytes=0-0", "0-0"],
    ["bytes=0-", "0-9999"],
    ["bytes=9999-", "9999-9999"],
    ["bytes=0-9999", "0-9999"],
    ["bytes=9000-10000", "9000-9999"],
    ["bytes=0-99999999999999999999999999999", "0-9999"],
    [`bytes=0-${"9".repeat(400)}`, "0-9999"],
    [`bytes=${"0".repeat(400)}1-2`, "1-2"],
    ["bytes=-10000", "0-9999"],
    ["bytes=-10001", "0-9999"],
    [`bytes=-${"9".repeat(400)}`, "0-9999"],
    ["bytes=01-02", "1-2"],
    ["BYTES=0-1", "0-1"],
    ["Bytes=0-1", "0-1"],
    ["bytes= 0-1", "0-1"],
    ["bytes=0-1 ", "0-1"],
    ["bytes=0-1 ,\t3-4", "0-1 3-4"],
    ["bytes=,0-1,, 3-4,", "0-1 3-4"],
  ])("%p is %p", (value, wanted) => {
    expect(read(value)).toBe(wanted);
  });

  test("past 2^32 are as exact as before it", () => {
    const size = 2 ** 40 + 3;
    expect(read("bytes=4294967295-4294967296", size)).toBe("4294967295-4294967296");
    expect(read("bytes=1099511627776-", size)).toBe("1099511627776-1099511627778");
    expect(read("bytes=-4294967297", size)).toBe("1095216660482-1099511627778");
  });
});

describe("what is no range (RFC 9110 §14.1.1, §14.2)", () => {
  test.each([
    "",
    "bytes",
    "bytes=",
    "bytes= ",
    "bytes=,",
    "bytes=-",
    "bytes=--1",
    "bytes=5-2",
    "bytes=0-1-2",
    "bytes=a-b",
    "bytes=0-b",
    "bytes=a-1",
    "bytes=+0-1",
    "bytes=0-+1",
    "bytes=0x0-1",
    "bytes=0.0-1",
    "bytes=1e1-20",
    "bytes=0 -1",
    "bytes=0- 1",
    "bytes=- 1",
    "bytes=0",
    "bytes=0-1;2-3",
    "bytes=0-1 2-3",
    "bytes=0-1,x",
    "bytes=0-1,5-2",
    "bytes=5-2,0-1",
    "bytes=99999-2,0-1",
    "bytes=\u0660-\u0661",
    "bytes: 0-1",
    "bytes 0-1",
    "bytes 0-1/2",
    "bytes =0-1",
    " bytes=0-1",
    "byte=0-1",
    "lines=0-1",
    "seconds=1-2",
    "none",
    "bytes=bytes=0-1",
  ])("%p is ignored", (value) => {
    expect(read(value)).toBe("whole");
    expect(read(value, 0)).toBe("whole");
  });
});

describe("what can't be satisfied (RFC 9110 §14.1.2, §15.5.17)", () => {
  test.each([
    ["bytes=10000-", 10_000],
    ["bytes=10000-10001", 10_000],
    [`bytes=${"9".repeat(400)}-`, 10_000],
    ["bytes=-0", 10_000],
    ["bytes=-000", 10_000],
    ["bytes=10000-,20000-,-0", 10_000],
    ["bytes=0-", 0],
    ["bytes=0-0", 0],
    ["bytes=-0", 0],
  ])("%p of %p octets", (value, size) => {
    expect(read(value, size)).toBe("unsatisfiable");
  });

  test("is left out where something else can", () => {
    expect(read("bytes=10000-,0-1,-0")).toBe("0-1");
  });

  test("doesn't excuse what is malformed", () => {
    expect(read("bytes=10000-,x")).toBe("whole");
  });
});

describe("a suffix of nothing", () => {
  test("is satisfied, and can be said by the whole alone (RFC 9110 §14.1.2, §14.4)", () => {
    expect(read("bytes=-1", 0)).toBe("whole");
    expect(read("bytes=-500", 0)).toBe("whole");
    expect(read("bytes=0-,-1", 0)).toBe("whole");
  });
});

/** So many ranges of an octet, each one octet from the next. */
const set = (count: number): string =>
  `bytes=${Array.from({ length: count }, (_, i) => `${2 * i}-${2 * i}`).join(",")}`;

describe("several ranges (RFC 9110 §15.3.7.2)", () => {
  test.each([
    ["bytes=7-8,0-1", "7-8 0-1"],
    ["bytes=0-4,2-6", "0-6"],
    ["bytes=2-6,0-4", "0-6"],
    ["bytes=0-9,2-3", "0-9"],
    ["bytes=2-3,0-9", "0-9"],
    ["bytes=0-1,0-1", "0-1"],
    ["bytes=0-,0-,0-,0-", "0-9999"],
    ["bytes=-10,-20,-5", "9980-9999"],
    ["bytes=0-4,4-4", "0-4"],
    ["bytes=0-4,5-9", "0-4 5-9"],
    ["bytes=50-59,0-4,55-69,2-8,90-91", "50-69 0-8 90-91"],
    ["bytes=0-4,10-14,3-11", "0-14"],
    ["bytes=20-21,0-4,10-14,3-11", "20-21 0-14"],
  ])("%p becomes %p", (value, wanted) => {
    expect(read(value)).toBe(wanted);
  });

  test("up to the limit are answered apart, and with one more the whole", () => {
    expect(read(set(3), 100, 3)).toBe("0-0 2-2 4-4");
    expect(read(set(4), 100, 3)).toBe("whole");
    expect(read(`${set(3)},0-0,2-2,200-`, 100, 3)).toBe("0-0 2-2 4-4");
  });

  test("of a header section's length are read at once", () => {
    for (const spec of ["0-,", "-1,", "0-0,", ",", " ", "0"]) {
      const power = growth(
        (count) => `bytes=${spec.repeat(count)}`,
        (value) => void read(value),
        2000,
      );
      expect([spec, power < 1.5]).toEqual([spec, true]);
    }
  });
});

describe("whatever is asked for", () => {
  const position = fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 2 ** 31 }));
  const spec = fc.oneof(
    fc.tuple(position, position).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    position.map((first) => `${first}-`),
    position.map((suffix) => `-${suffix}`),
  );
  const sizes = fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 2 ** 32 }));
  const anything = fc.oneof(
    { weight: 4, arbitrary: fc.array(spec, { minLength: 1, maxLength: 12 }) },
    { weight: 1, arbitrary: fc.array(fc.oneof(spec, fc.string({ maxLength: 4 }))) },
  );

  test("regions lie within the size, have octets, don't overlap, and are at most it", () => {
    const property = fc.property(anything, sizes, fc.nat({ max: 8 }), (specs, size, countMax) => {
      const outcome = readRange(`bytes=${specs.join(",")}`, size, countMax);
      if (outcome.kind !== "regions") return;
      const { regions } = outcome;
      expect(regions.length).toBeLessThanOrEqual(countMax);
      let total = 0;
      let end = 0;
      for (const { start, octets } of regions.toSorted((a, b) => a.start - b.start)) {
        expect(octets).toBeGreaterThan(0);
        expect(start).toBeGreaterThanOrEqual(end);
        end = start + octets;
        total += octets;
      }
      expect(end).toBeLessThanOrEqual(size);
      expect(total).toBeLessThanOrEqual(size);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test("exactly the octets that were asked for are answered, in the order of the asking", () => {
    const small = fc.nat({ max: 25 });
    const ranges = fc.array(fc.tuple(small, small), { minLength: 1, maxLength: 10 });
    const property = fc.property(ranges, fc.integer({ min: 1, max: 20 }), (asked, size) => {
      const specs = asked.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
      const outcome = readRange(`bytes=${specs.map((s) => s.join("-")).join(",")}`, size, 32);
      const wanted = new Set(
        specs.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i)),
      );
      const regions = outcome.kind === "regions" ? outcome.regions : [];
      const answered = regions.flatMap(({ start, octets }) =>
        Array.from({ length: octets }, (_, i) => start + i),
      );
      expect(answered.toSorted((a, b) => a - b)).toEqual(
        [...wanted].filter((at) => at < size).toSorted((a, b) => a - b),
      );
      // Each region stands where the first range stood that it holds.
      const firstOf = regions.map(({ start, octets }) =>
        specs.findIndex(([a]) => a >= start && a < start + octets),
      );
      expect(firstOf).toEqual(firstOf.toSorted((a, b) => a - b));
    });
    fc.assert(property, { numRuns: 2000 });
  });
});
