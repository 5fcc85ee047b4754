import { describe, expect, test } from "bun:test";

import { Slot } from "../../../src/base/slot.ts";
import { WorkBudget } from "../../../src/schedule/work-budget.ts";
import { pacedEntries } from "../../../src/tree/listing/paced-entries.ts";
import type { DirectoryEntry, ListingStep } from "../../../src/tree/tree.ts";
import { FakeScheduler } from "../../schedule/fake-scheduler.ts";

const entry = (name: string): DirectoryEntry => ({ name, kind: "file", size: 0, mtimeMs: 0 });
const stepOf = (...names: readonly string[]): ListingStep => ({
  found: 4,
  entries: names.map((name) => entry(name)),
  work: 1,
});
const slot = new Slot();

/** A step with a part, whose steps follow it. */
const withPart: ListingStep = {
  ...stepOf(),
  part: { read: () => [stepOf("c"), stepOf("d")].values(), slot, wholeSlot: slot },
};

function namesOf(steps: readonly ListingStep[]): readonly string[] {
  return steps.flatMap(({ entries }) => entries.map(({ name }) => name));
}

describe("the entries of a folder, paced", () => {
  test("are those of all steps and of their parts, in order, whether at once or later", async () => {
    const scheduler = new FakeScheduler();
    const budget = new WorkBudget(scheduler, 1000);
    const all = [stepOf("a", "b"), withPart];
    async function* later(): AsyncGenerator<ListingStep, void> {
      for (const step of all) yield await Promise.resolve(step);
    }
    for (const list of [() => all.values(), later]) {
      expect(namesOf(await Array.fromAsync(pacedEntries(list, budget)))).toEqual([
        "a",
        "b",
        "c",
        "d",
      ]);
    }
  });

  test("wait for another turn when the budget of this one is spent", async () => {
    const scheduler = new FakeScheduler();
    const entries = pacedEntries(() => [stepOf("a"), stepOf("b")].values(), budgetOf(scheduler), 9);
    expect(namesOf([(await entries.next()).value ?? stepOf()])).toEqual(["a"]);
    let isThere = false;
    const next = entries.next().then((step) => {
      isThere = true;
      return step;
    });
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(isThere).toBe(false);
    scheduler.endTurn();
    expect(namesOf([(await next).value ?? stepOf()])).toEqual(["b"]);
  });

  test("are given up with the iteration, also within a part", async () => {
    let returned = 0;
    const steps = {
      next: () => ({ done: false, value: withPart }) as const,
      return: () => {
        returned++;
        return { done: true, value: undefined } as const;
      },
    };
    const budget = new WorkBudget(new FakeScheduler(), 1000);
    for await (const { entries } of pacedEntries(() => steps, budget)) {
      if (entries.length > 0) break;
    }
    expect(returned).toBe(1);
  });
});

/** A budget that one step spends. */
function budgetOf(scheduler: FakeScheduler): WorkBudget {
  return new WorkBudget(scheduler, 40);
}
