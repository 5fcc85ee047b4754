import { describe, expect, test } from "bun:test";

import { PseudoRandom } from "../../../src/server/faults/pseudo-random.ts";

/** The first of them from `seed` on. */
function bits(seed: number): number[] {
  const random = new PseudoRandom(seed);
  return [random.bits(), random.bits(), random.bits()];
}

describe("pseudorandom numbers", () => {
  test("are the same for the same seed, on every machine", () => {
    expect(bits(0)).toEqual(bits(0));
    expect(bits(0)).not.toEqual(bits(1));
    expect(bits(0)).toEqual([1684164658, 3653269916, 2939563536]);
  });

  test("from 0 on and below 1 are spread evenly", () => {
    const random = new PseudoRandom(7);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) {
      const at = Math.floor(random.next() * 10);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    for (const count of counts) {
      expect(count).toBeGreaterThan(850);
      expect(count).toBeLessThan(1150);
    }
  });
});
