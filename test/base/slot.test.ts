import { expect, test } from "bun:test";

import { Slot } from "../../src/base/slot.ts";

test("a slot holds nothing at first, and then the one value that was put into it last", () => {
  const slot = new Slot();
  expect(slot.value).toBeUndefined();
  const [first, second] = [new Date(), new Date()];
  slot.value = first;
  slot.value = second;
  expect(slot.value).toBe(second);
  expect(slot.value).toBeInstanceOf(Date);
});

test("a slot is its own: what is in one is not in another", () => {
  const [slot, other] = [new Slot(), new Slot()];
  slot.value = new Date();
  expect(other.value).toBeUndefined();
});
