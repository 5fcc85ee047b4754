import { expect, test } from "bun:test";

import { milliseconds } from "../../../../src/base/units.ts";
import { PartMemory } from "../../../../src/tree/store/writing/part-memory.ts";
import { Alarms } from "../../writing/disk/fake-alarms.ts";

/** A memory of 10 bytes, and the alarms that it has set. */
function open(makeRoom = () => Promise.resolve(false)) {
  const alarms = new Alarms();
  const waitMs = milliseconds(60_000);
  return {
    alarms,
    memory: new PartMemory({ scheduler: alarms, bytesMax: 10, partBytes: 4, waitMs, makeRoom }),
  };
}

/** Whether `taken` is there by now. */
async function isSettled(taken: Promise<boolean>): Promise<boolean> {
  const later = Symbol("later");
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return (await Promise.race([taken, Promise.resolve(later)])) !== later;
}

test("what fits is taken at once", async () => {
  const { memory } = open();
  expect(await memory.take(6)).toBe(true);
  expect(memory.isRoomy).toBe(false);
  expect(await memory.take(4)).toBe(true);
  expect(memory.bytes).toBe(10);
});

test("others wait in their order, and the first isn't passed by a smaller one", async () => {
  const { memory } = open();
  await memory.take(8);
  const large = memory.take(6);
  const small = memory.take(1);
  expect([await isSettled(large), await isSettled(small)]).toEqual([false, false]);
  memory.give(8);
  expect(await Promise.all([large, small])).toEqual([true, true]);
  expect(memory.bytes).toBe(7);
});

test("one that is alone may have any size", async () => {
  const { memory } = open();
  expect(await memory.take(50)).toBe(true);
  const next = memory.take(1);
  expect(await isSettled(next)).toBe(false);
  memory.give(50);
  expect(await next).toBe(true);
});

test("one that waits for too long gets nothing, and takes no room", async () => {
  const { memory, alarms } = open();
  await memory.take(10);
  const late = memory.take(5);
  alarms.advance(60_000);
  expect(await late).toBe(false);
  memory.give(10);
  expect(memory.bytes).toBe(0);
});

test("while one waits, a file that comes too slowly is ended", async () => {
  let asked = 0;
  const opened = open(() => {
    asked++;
    opened.memory.give(10);
    return Promise.resolve(true);
  });
  await opened.memory.take(10);
  expect(await opened.memory.take(5)).toBe(true);
  expect([asked, opened.memory.bytes]).toEqual([1, 5]);
});

test("a buffer of the usual size is used again, while something is uploaded", async () => {
  const { memory } = open();
  await memory.take(4);
  const buffer = memory.buffer(4);
  memory.keep(buffer);
  memory.keep(memory.buffer(3));
  expect(memory.buffer(3)).not.toBe(buffer);
  expect(memory.buffer(4)).toBe(buffer);
  memory.keep(buffer);
  memory.give(4);
  await memory.take(4);
  expect(memory.buffer(4)).not.toBe(buffer);
});
