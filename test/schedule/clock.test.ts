import { expect, test } from "bun:test";

import { SystemClock } from "../../src/schedule/clock.ts";
import { FakeScheduler } from "./fake-scheduler.ts";

test("a turn has one time, however long it lasts", () => {
  const scheduler = new FakeScheduler();
  const clock = new SystemClock(scheduler);
  const times = (): number[] => [clock.turnMs(), clock.epochMs()];
  const first = times();
  const beganMs = clock.monotonicMs();
  Bun.sleepSync(3);
  expect(times()).toEqual(first);
  expect(clock.monotonicMs()).toBeGreaterThan(beganMs);
  scheduler.endTurn();
  const [turnMs = 0, epochMs = 0] = times();
  expect(turnMs).toBeGreaterThan(first[0] ?? Infinity);
  expect(epochMs).toBeGreaterThan(first[1] ?? Infinity);
});
