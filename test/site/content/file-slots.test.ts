import { expect, test } from "bun:test";

import { Slot } from "../../../src/base/slot.ts";
import { fileSlotsOf } from "../../../src/site/content/file-slots.ts";
import type { OpenFile } from "../../../src/tree/tree.ts";
import { FakeFile } from "../fake-file.ts";

/** A file that is given out again. */
const repeated = (): OpenFile => Object.assign(new FakeFile("text"), { slot: new Slot() });

test("a file that is given out once has no slots", () => {
  expect(fileSlotsOf(new FakeFile("text"))).toBeUndefined();
});

test("the slots of a file stay the same, are its own, and begin empty", () => {
  const file = repeated();
  const slots = fileSlotsOf(file);
  expect(slots).toMatchObject({
    representation: undefined,
    presentations: {},
    variant: { value: undefined },
  });
  expect(fileSlotsOf(file)).toBe(slots);
  expect(fileSlotsOf(repeated())).not.toBe(slots);
});
