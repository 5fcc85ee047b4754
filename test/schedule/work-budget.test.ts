import { describe, expect, test } from "bun:test";

import { WorkBudget } from "../../src/schedule/work-budget.ts";
import { FakeScheduler } from "./fake-scheduler.ts";

/** Ends the turn, and lets promises go on. */
async function endTurn(scheduler: FakeScheduler): Promise<void> {
  scheduler.endTurn();
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

function fail(): number {
  throw new Error("no");
}

describe("work in turns", () => {
  test("is done at once where the turn has done little", async () => {
    const scheduler = new FakeScheduler();
    const turns = new WorkBudget(scheduler, 10);
    const done: string[] = [];
    const first = turns.do(() => done.push("first"));
    const second = turns.do(() => done.push("second"));
    expect(done).toEqual(["first", "second"]);
    await Promise.all([first, second]);
  });

  test("is put off where it has done enough, in the order of asking", async () => {
    const scheduler = new FakeScheduler();
    const turns = new WorkBudget(scheduler, 10);
    const done: number[] = [];
    const amounts = [4, 4, 4, 9, 9, 100, 1];
    const all = amounts.map((amount, i) =>
      turns.do(() => {
        done.push(i);
        return amount;
      }),
    );
    const byTurn: number[][] = [[...done]];
    while (done.length < amounts.length) {
      await endTurn(scheduler);
      byTurn.push([...done]);
    }
    await Promise.all(all);
    expect(byTurn.map((now) => now.length).filter((now, i, rest) => now !== rest[i - 1])).toEqual([
      3, 5, 6, 7,
    ]);
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("that is asked for meanwhile waits behind the others", async () => {
    const scheduler = new FakeScheduler();
    const turns = new WorkBudget(scheduler, 1);
    const done: string[] = [];
    const job = (name: string) => (): number => done.push(name);
    const [one, two] = [turns.do(job("one")), turns.do(job("two"))];
    await one;
    const three = turns.do(job("three"));
    expect(done).toEqual(["one"]);
    scheduler.endTurn();
    await two;
    expect(done).toEqual(["one", "two"]);
    scheduler.endTurn();
    await three;
    expect(done).toEqual(["one", "two", "three"]);
  });

  test("is begun anew in each turn", async () => {
    const scheduler = new FakeScheduler();
    const turns = new WorkBudget(scheduler, 1);
    let count = 0;
    for (let i = 0; i < 3; i++) {
      await turns.do(() => ++count);
      expect(count).toBe(i + 1);
      await endTurn(scheduler);
      await endTurn(scheduler);
    }
  });

  test("that fails is its own fault", async () => {
    const scheduler = new FakeScheduler();
    const turns = new WorkBudget(scheduler, 1);
    const all = [turns.do(fail), turns.do(fail), turns.do(() => 1), turns.do(fail)];
    scheduler.endTurn();
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
      "fulfilled",
      "rejected",
    ]);
  });
});
