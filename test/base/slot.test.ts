import { expect, test } from "bun:test";

import { Slot } from "../../src/base/slot.ts";

/** A value as a layer puts one into a slot, which it knows again by its class. */
class Derived {}

test("a slot holds nothing at first, and then the one value that was put into it last", () => {
  const slot = new Slot();
  expect(slot.value).toBeUndefined();
  const [first, second] = [new Derived(), new Derived()];
  slot.value = first;
  slot.value = second;
  expect(slot.value).toBe(second);
  expect(slot.value).toBeInstanceOf(Derived);
});

test("a slot is its own: what is in one is not in another", () => {
  const [slot, other] = [new Slot(), new Slot()];
  slot.value = new Derived();
  expect(other.value).toBeUndefined();
});
