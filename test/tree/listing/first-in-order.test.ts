import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { FirstInOrder } from "../../../src/tree/listing/first-in-order.ts";

/** Adds `runs`, makes room whenever that is asked for, and takes the first in order. */
function firstOf(
  runs: readonly (readonly string[])[],
  limit: number,
  isReversed = false,
): readonly string[] {
  const first = new FirstInOrder(limit, isReversed);
  for (const run of runs) {
    first.add([...run]);
    if (first.isCrowded) settle(first);
  }
  return settle(first);
}

function settle(first: FirstInOrder): readonly string[] {
  const settling = first.settle();
  for (;;) {
    const step = settling.next();
    if (step.done === true) return step.value;
  }
}

describe("the first in order", () => {
  test("are the first of all that were added, whatever they came in", () => {
    const text = fc.string({ maxLength: 3 });
    const runs = fc.array(fc.array(text, { maxLength: 40 }), { maxLength: 12 });
    fc.assert(
      fc.property(
        fc.uniqueArray(text, { maxLength: 200 }),
        runs,
        fc.nat(60),
        (all, cuts, limit) => {
          const pieces: string[][] = [];
          let at = 0;
          for (const cut of cuts) pieces.push(all.slice(at, (at += cut.length)));
          pieces.push(all.slice(at));
          const sorted = all.toSorted();
          expect(firstOf(pieces, limit)).toEqual(sorted.slice(0, limit));
          const reversed = sorted.toReversed().slice(0, limit);
          expect(firstOf(pieces, limit, true)).toEqual(reversed);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("are counted with those that are left out", () => {
    const first = new FirstInOrder(2);
    for (let i = 0; i < 20; i++) first.add([`${i}a`, `${i}b`, `${i}c`]);
    expect(first.count).toBe(60);
    expect(settle(first)).toEqual(["0a", "0b"]);
    expect(first.count).toBe(60);
  });

  test("are never many more than are wanted", () => {
    const first = new FirstInOrder(100);
    for (let i = 0; i < 50; i++) {
      first.add(Array.from({ length: 50 }, (_, k) => `${(i * 7919 + k * 104_729) % 99_991}`));
      expect(first.held).toBeLessThanOrEqual(350);
      if (first.isCrowded) settle(first);
    }
  });

  test("are found in steps of a thousand", () => {
    const first = new FirstInOrder(5000);
    first.add(Array.from({ length: 4000 }, (_, i) => String(i)));
    const steps = [...first.settle()];
    expect(steps).toEqual([1024, 1024, 1024]);
  });

  test("are none when none are wanted", () => {
    expect(firstOf([["b", "a"], ["c"]], 0)).toEqual([]);
    expect(firstOf([], 3)).toEqual([]);
  });
});
