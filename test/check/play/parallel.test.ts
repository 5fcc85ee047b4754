import { expect, test } from "bun:test";

import { inParallel } from "../../../src/check/play/parallel.ts";

test("runs every item, as many at once as there are lanes, none twice in one lane", async () => {
  const done: number[] = [];
  const busy = new Set<number>();
  let most = 0;
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item, lane) => {
    expect(busy.has(lane)).toBe(false);
    busy.add(lane);
    most = Math.max(most, busy.size);
    await Bun.sleep(item % 2);
    busy.delete(lane);
    done.push(item);
  });
  expect(done.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

test("is rejected with what the work is rejected with", async () => {
  const failing = inParallel([1], 2, () => Promise.reject(new Error("no")));
  expect(await failing.catch(({ message }: Error) => message)).toBe("no");
});
