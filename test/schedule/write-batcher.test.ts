import { describe, expect, test } from "bun:test";

import type { Batched } from "../../src/schedule/write-batcher.ts";
import { WriteBatcher } from "../../src/schedule/write-batcher.ts";
import { FakeScheduler } from "./fake-scheduler.ts";

/** WriteBatcher in which names leave; each is in `gone` once it has left, however it did. */
class Station {
  readonly scheduler = new FakeScheduler();
  readonly gone: string[] = [];
  readonly #departures = new WriteBatcher(this.scheduler);

  /** `name` has something to send. */
  send(name: string): void {
    let hasLeft = false;
    const one: Batched = {
      leave: () => {
        hasLeft = true;
        this.gone.push(name);
      },
    };
    // A connection that is held back has not been written yet.
    if (this.#departures.hold(one)) expect(hasLeft).toBe(false);
    else one.leave();
  }

  /** A turn in which `count` have something to send; who had left before it ended. */
  turn(count: number): string[] {
    const before = this.gone.length;
    for (let i = 0; i < count; i++) this.send(`${i}`);
    const early = this.gone.slice(before);
    this.scheduler.endTurn();
    expect(this.gone.slice(before)).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
    return early;
  }
}

describe("answers", () => {
  test("leave at once while few connections are busy", () => {
    const station = new Station();
    for (let i = 0; i < 5; i++) expect(station.turn(3)).toHaveLength(3);
    expect(station.scheduler.waiting).toBe(0);
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
    const { scheduler, gone } = new Station();
    const departures = new WriteBatcher(scheduler);
    const name = (one: string): Batched => ({ leave: () => gone.push(one) });
    for (let i = 0; i < 4; i++) departures.hold(name("-"));
    scheduler.endTurn();
    const again: Batched = {
      leave() {
        gone.push("again");
        expect(departures.hold(name("late"))).toBe(true);
      },
    };
    expect(departures.hold(again)).toBe(true);
    scheduler.endTurn();
    expect(gone).toEqual(["again", "late"]);
    expect(scheduler.waiting).toBe(0);
  });
});
