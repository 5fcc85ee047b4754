import { describe, expect, test } from "bun:test";

import { SystemClock } from "../../src/server/clock.ts";
import type { Departing } from "../../src/server/departures.ts";
import { Departures, NextTurn } from "../../src/server/departures.ts";
import { FakeClock } from "./fake-clock.ts";

/** A clock whose turns end when a test says so. */
class TurningClock extends FakeClock {
  #turn = 0;
  #atEnd: (() => void)[] = [];

  override turn(): number {
    return this.#turn;
  }

  override whenTurnEnds(run: () => void): void {
    this.#atEnd.push(run);
  }

  /** How many wait for the turn's end. */
  get waiting(): number {
    return this.#atEnd.length;
  }

  endTurn(): void {
    for (const run of this.#atEnd) run();
    this.#atEnd = [];
    this.#turn++;
  }
}

/** Departures in which names leave; each is in `gone` once it has left, however it did. */
class Station {
  readonly clock = new TurningClock();
  readonly gone: string[] = [];
  readonly #departures = new Departures(this.clock);

  /** `name` has something to send. */
  send(name: string): void {
    const one: Departing = { leave: () => this.gone.push(name) };
    if (!this.#departures.hold(one)) one.leave();
  }

  /** A turn in which `count` have something to send; who had left before it ended. */
  turn(count: number): string[] {
    const before = this.gone.length;
    for (let i = 0; i < count; i++) this.send(`${i}`);
    const early = this.gone.slice(before);
    this.clock.endTurn();
    expect(this.gone.slice(before)).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
    return early;
  }
}

describe("answers", () => {
  test("leave at once while few connections are busy", () => {
    const station = new Station();
    for (let i = 0; i < 5; i++) expect(station.turn(3)).toHaveLength(3);
    expect(station.clock.waiting).toBe(0);
  });

  test("leave together, in their order, from the turn on that follows one with many", () => {
    const station = new Station();
    expect(station.turn(8)).toHaveLength(8);
    expect(station.turn(8)).toEqual([]);
    expect(station.turn(1)).toEqual([]);
    // And at once again when few were busy in the turn before.
    expect(station.turn(8)).toHaveLength(8);
  });

  test("wait for fifteen others at most", () => {
    const station = new Station();
    station.turn(40);
    expect(station.turn(15)).toHaveLength(0);
    expect(station.turn(16)).toHaveLength(16);
    expect(station.turn(40)).toHaveLength(32);
  });

  test("that are held while others leave follow them", () => {
    const { clock, gone } = new Station();
    const departures = new Departures(clock);
    const name = (one: string): Departing => ({ leave: () => gone.push(one) });
    for (let i = 0; i < 4; i++) departures.hold(name("-"));
    clock.endTurn();
    const again: Departing = {
      leave() {
        gone.push("again");
        expect(departures.hold(name("late"))).toBe(true);
      },
    };
    expect(departures.hold(again)).toBe(true);
    clock.endTurn();
    expect(gone).toEqual(["again", "late"]);
    expect(clock.waiting).toBe(0);
  });
});

describe("the end of a turn", () => {
  test("comes before anything that was put off in it, and once", async () => {
    const clock = new SystemClock();
    const order: string[] = [];
    const turn = clock.turn();
    setImmediate(() => order.push("put off"));
    clock.whenTurnEnds(() => order.push(`end of ${clock.turn() - turn}`));
    clock.whenTurnEnds(() => {
      order.push("end");
      clock.whenTurnEnds(() => order.push("end, added then"));
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(["end of 0", "end", "end, added then", "put off"]);
    expect(clock.turn()).toBe(turn + 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toHaveLength(4);
  });
});

describe("the next turn", () => {
  test("has each of those who asked for it go on once, and those who ask then in the one after", async () => {
    const { defer } = new NextTurn();
    const order: string[] = [];
    const second = (): void => void order.push("second");
    const first = (): void => {
      order.push("first");
      if (order.length === 1) defer(first);
    };
    for (const run of [first, second, first, first]) defer(run);
    expect(order).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(["first", "second"]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(["first", "second", "first"]);
  });
});
