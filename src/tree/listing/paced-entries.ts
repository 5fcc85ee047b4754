/**
 * Reads a folder's entries in as many turns of the event loop as a budget of work requires.
 */

import type { Eventual } from "../../base/eventual.ts";
import type { WorkBudget } from "../../schedule/work-budget.ts";
import type { ListingStep, ListingSteps } from "../tree.ts";

/** The fixed cost of a step, in the unit of `ListingStep.work`. */
const stepWork = 32;

/**
 * The steps that `list` returns, and after one with a part the steps of that part. Each is taken
 * from `budget`, with `entryWork` for what the caller does with an entry. `list` is called when the
 * first step is asked for; its iteration ends with this one.
 */
export async function* pacedEntries(
  list: () => ListingSteps,
  budget: WorkBudget,
  entryWork = 0,
): AsyncGenerator<ListingStep, void> {
  const steps = list();
  try {
    for (;;) {
      const step = await paced(() => steps.next(), budget, entryWork);
      if (step === undefined) return;
      yield step;
      const inPart = step.part?.read();
      if (inPart === undefined) continue;
      for (;;) {
        const one = await paced(() => inPart.next(), budget, entryWork);
        if (one === undefined) break;
        yield one;
      }
    }
  } finally {
    await steps.return?.();
  }
}

/** What `next` returns, in a turn of `budget`; undefined at the end. */
async function paced(
  next: () => Eventual<IteratorResult<ListingStep, void>>,
  budget: WorkBudget,
  entryWork: number,
): Promise<ListingStep | undefined> {
  let result: Eventual<IteratorResult<ListingStep, void>> | undefined;
  await budget.do(() => {
    result = next();
    // What comes later has been paid for by the reading that it shares.
    if (result instanceof Promise || result.done === true) return stepWork;
    return stepWork + result.value.work + entryWork * result.value.entries.length;
  });
  const step = await result;
  return step?.done === false ? step.value : undefined;
}
