import { expect, test } from "bun:test";

import { shuffled } from "../../../src/check/run/shuffle.ts";

const items = Array.from({ length: 20 }, (_, index) => index);

test("an order follows from its seed, has every item once, and differs by seed", () => {
  expect(shuffled(items, 7)).toEqual(shuffled(items, 7));
  expect(shuffled(items, 7).toSorted((a, b) => a - b)).toEqual(items);
  expect(shuffled(items, 7)).not.toEqual(items);
  expect(shuffled(items, 7)).not.toEqual(shuffled(items, 8));
  expect(shuffled([], 1)).toEqual([]);
});
