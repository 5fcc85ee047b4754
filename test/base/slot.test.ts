import { expect, test } from "bun:test";

import { SharedValue, Slot } from "../../src/base/slot.ts";

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

test("a slot that is cleared holds nothing, and tells a value that something else holds, once", () => {
  let dropped = 0;
  class Shared extends SharedValue {
    drop(): void {
      dropped++;
    }
  }
  const slot = new Slot();
  slot.value = new Shared();
  slot.clear();
  slot.clear();
  expect(slot.value).toBeUndefined();
  expect(dropped).toBe(1);
});
