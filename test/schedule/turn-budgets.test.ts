import { describe, expect, test } from "bun:test";

import { TurnBudgets } from "../../src/schedule/turn-budgets.ts";
import { FakeScheduler } from "./fake-scheduler.ts";

describe("the budgets of a server", () => {
  test("are each their own: what responses take is there for variants still", () => {
    const budgets = new TurnBudgets(new FakeScheduler());
    expect(budgets.responses.take(100, 100)).toBeUndefined();
    expect(budgets.responses.take(1, 100)).toBeInstanceOf(Promise);
    expect(budgets.variants.take(1, 100)).toBeUndefined();
  });

  test("let 512 entries be listed in a turn, and no more", () => {
    const budgets = new TurnBudgets(new FakeScheduler());
    const done: string[] = [];
    const list = (name: string, entries: number): void => {
      void budgets.listings.do(() => {
        done.push(name);
        return entries;
      });
    };
    list("first", 511);
    list("second", 1);
    list("third", 1);
    expect(done).toEqual(["first", "second"]);
  });
});
