import { describe, expect, test } from "bun:test";

import { ByteBudget } from "../../src/schedule/byte-budget.ts";
import { FakeScheduler } from "./fake-scheduler.ts";

/** Lets promises go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

describe("a budget of bytes", () => {
  test("is given in the order of asking, until a turn has given all of it", async () => {
    const scheduler = new FakeScheduler();
    const budget = new ByteBudget(scheduler);
    const served: string[] = [];
    const take = (name: string, octets: number, octetsMax: number): void => {
      const later = budget.take(octets, octetsMax);
      if (later === undefined) served.push(name);
      else void later.then(() => served.push(name));
    };
    take("a", 60, 100);
    take("b", 60, 100);
    take("c", 60, 100);
    // Its own limit would allow this one, but "c" came before.
    take("d", 1, 1000);
    expect(served).toEqual(["a", "b"]);
    scheduler.endTurn();
    await settle();
    expect(served).toEqual(["a", "b", "c", "d"]);
  });

  test("asks for no turn while nothing is taken", () => {
    const scheduler = new FakeScheduler();
    const budget = new ByteBudget(scheduler);
    expect(scheduler.deferred).toBe(0);
    expect(budget.take(5, 10)).toBeUndefined();
    expect(budget.take(5, 10)).toBeUndefined();
    expect(scheduler.deferred).toBe(1);
    scheduler.endTurn();
    expect(scheduler.deferred).toBe(0);
  });
});
