import { expect, test } from "bun:test";

import { Semaphore } from "../../src/schedule/semaphore.ts";

test("lets so many in, and the others in their order", async () => {
  const gate = new Semaphore(2);
  const inside: number[] = [];
  const leaving: (() => void)[] = [];
  const all = [0, 1, 2, 3, 4].map(async (who) => {
    leaving[who] = await gate.enter();
    inside.push(who);
  });
  await Promise.all(all.slice(0, 2));
  expect(inside).toEqual([0, 1]);
  leaving[1]?.();
  await all[2];
  expect(inside).toEqual([0, 1, 2]);
  leaving[0]?.();
  leaving[2]?.();
  await Promise.all(all);
  expect(inside).toEqual([0, 1, 2, 3, 4]);
});

test("counts two exits of one caller once", async () => {
  const gate = new Semaphore(1);
  const leave = await gate.enter();
  leave();
  leave();
  const second = await gate.enter();
  let isThirdInside = false;
  const third = gate.enter().then((next) => {
    isThirdInside = true;
    return next;
  });
  leave();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isThirdInside).toBe(false);
  second();
  (await third)();
});
