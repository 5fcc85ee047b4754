import { expect, test } from "bun:test";

import { milliseconds } from "../../../src/base/units.ts";
import { ReaderProgress } from "../../../src/system/output/reader-progress.ts";

const stallMs = milliseconds(20);
const never = new Promise<never>(() => undefined);

test("a wait ends with what it waits for", async () => {
  const progress = new ReaderProgress();
  await progress.waitFor(Promise.resolve(), stallMs, () => true);
});

test("a wait goes on for as long as the reader takes something", async () => {
  const progress = new ReaderProgress();
  const done = Promise.withResolvers<void>();
  let writes = 0;
  const reading = setInterval(() => {
    progress.note();
    if (++writes === 20) done.resolve();
  }, 5);
  await progress.waitFor(done.promise, milliseconds(1000), () => true);
  clearInterval(reading);
  expect(writes).toBe(20);
});

test("a wait ends when the reader takes nothing, and so does the next one, at once", async () => {
  const progress = new ReaderProgress();
  progress.note();
  await progress.waitFor(never, stallMs, () => true);
  // It would last for as long as the test may.
  await progress.waitFor(never, milliseconds(1_000_000), () => true);
});

test("a wait for what isn't written by this reader is no stall", async () => {
  const progress = new ReaderProgress();
  const done = Promise.withResolvers<void>();
  setTimeout(() => done.resolve(), 60);
  let isDone = false;
  void done.promise.then(() => (isDone = true));
  await progress.waitFor(done.promise, stallMs, () => false);
  expect(isDone).toBe(true);
});
