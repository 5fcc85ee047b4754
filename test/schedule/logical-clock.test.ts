import { describe, expect, test } from "bun:test";

import { LogicalClock } from "../../src/schedule/logical-clock.ts";

describe("moments", () => {
  test("are counted: each is later than all before it", () => {
    const clock = new LogicalClock();
    const start = clock.now;
    const moments = [clock.tick(), clock.tick(), clock.tick()];
    expect(moments).toEqual([start + 1, start + 2, start + 3]);
  });

  test("stay until the next", () => {
    const clock = new LogicalClock();
    const moment = clock.tick();
    expect([clock.now, clock.now]).toEqual([moment, moment]);
  });

  test("of two clocks have nothing to do with each other", () => {
    const [one, other] = [new LogicalClock(), new LogicalClock()];
    for (let i = 0; i < 5; i++) one.tick();
    expect(other.tick()).toBe(1);
  });
});

describe("the start of a turn", () => {
  test("is a moment of its own, later than all before it", () => {
    const clock = new LogicalClock();
    const before = clock.tick();
    const start = clock.startOfTurn(7);
    expect(start).toBeGreaterThan(before);
    expect(clock.now).toBe(start);
  });

  test("stays what it was first said to be, whatever happens in the turn", () => {
    const clock = new LogicalClock();
    const start = clock.startOfTurn(7);
    const after = clock.tick();
    expect(clock.startOfTurn(7)).toBe(start);
    expect(after).toBeGreaterThan(start);
    expect(clock.now).toBe(after);
  });

  test("is another one for each turn, the very first among them", () => {
    const clock = new LogicalClock();
    const starts = [0, 1, 1, 5, 6].map((turn) => clock.startOfTurn(turn));
    expect(starts).toEqual([1, 2, 2, 3, 4]);
  });
});
