import { describe, expect, test } from "bun:test";

import type { Waiter } from "../../../src/server/throttle/wake-ups.ts";
import { WakeUps } from "../../../src/server/throttle/wake-ups.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";

const clock = new FakeClock(0);
const woken: (readonly [name: string, atMs: number])[] = [];

/** Waits until `wakeMs`, and as often as `spans` says for so many milliseconds more. */
function waiterOf(name: string, wakeMs: number, ...spans: readonly number[]): Waiter {
  const left = [...spans];
  return {
    wakeMs,
    wake() {
      woken.push([name, clock.monotonicMs()]);
      const span = left.shift();
      if (span === undefined) return;
      (this as { wakeMs: number }).wakeMs = clock.monotonicMs() + span;
      wakeUps.add(this);
    },
  };
}

const wakeUps = new WakeUps(clock, clock);

/** Who is woken when, until `endMs`. */
function until(endMs: number): readonly (readonly [string, number])[] {
  woken.length = 0;
  clock.advance(endMs - clock.monotonicMs());
  return [...woken];
}

describe("wake-ups", () => {
  test("are rounded up, and share a timer", () => {
    wakeUps.add(waiterOf("a", 12));
    wakeUps.add(waiterOf("b", 20));
    wakeUps.add(waiterOf("c", 5));
    expect(until(100)).toEqual([
      ["c", 10],
      ["a", 20],
      ["b", 20],
    ]);
    expect(clock.alarmMs).toBe(Infinity);
  });

  test("are for one moment each, and may follow each other", () => {
    wakeUps.add(waiterOf("a", 101, 50, 50));
    wakeUps.add(waiterOf("b", 109, 50));
    expect(until(300)).toEqual([
      ["a", 110],
      ["b", 110],
      ["a", 160],
      ["b", 160],
      ["a", 210],
    ]);
  });

  test("can be taken back, also by one who is woken at the same time", () => {
    const gone = waiterOf("gone", 305);
    wakeUps.add({ wakeMs: 304, wake: () => wakeUps.remove(gone) });
    wakeUps.add(gone);
    expect(until(400)).toEqual([]);
    wakeUps.add(gone);
    wakeUps.remove(gone);
    expect(clock.alarmMs).toBe(Infinity);
  });

  test("that are overdue come at the next moment", () => {
    wakeUps.add(waiterOf("late", 1));
    expect(until(500)).toEqual([["late", 401]]);
  });
});
