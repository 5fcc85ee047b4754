import { expect, test } from "bun:test";

import { RequestSlots } from "../../../../src/tree/store/client/request-slots.ts";

const never = new AbortController().signal;

test("slots are given in the order in which they were asked for", async () => {
  const slots = new RequestSlots(1, 2);
  expect(await slots.take(never)).toBe(true);
  const order: string[] = [];
  const first = slots.take(never).then((taken) => order.push(`first ${taken}`));
  const second = slots.take(never).then((taken) => order.push(`second ${taken}`));
  expect(slots.waiting).toBe(2);
  expect(await slots.take(never)).toBe(false);
  slots.give();
  await first;
  expect(order).toEqual(["first true"]);
  slots.give();
  await second;
  slots.give();
  expect(await slots.take(never)).toBe(true);
});

test("one that waits can give up, and takes no other place", async () => {
  const slots = new RequestSlots(1, 2);
  await slots.take(never);
  const ending = new AbortController();
  const leaving = slots.take(ending.signal);
  const staying = slots.take(never);
  ending.abort();
  expect(await leaving).toBe(false);
  slots.give();
  expect(await staying).toBe(true);
  expect(await slots.take(ending.signal)).toBe(false);
});
