/**
 * How much of some long work one turn of the event loop does. The work comes in steps; steps of all
 * callers share the budget and run in the order in which they were asked for, so no turn lasts
 * longer than one budget and one step.
 */

import type { Scheduler } from "./scheduler.ts";

/** A step of work, and the promise that its caller waits for. */
interface Step {
  readonly work: () => number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A budget of work that each turn has anew. */
export class WorkBudget {
  readonly #scheduler: Scheduler;
  readonly #amountMax: number;
  readonly #waiting: Step[] = [];
  /** Done in this turn. */
  #amount = 0;

  /** A turn begins no further step once it has done `amountMax`. */
  constructor(scheduler: Scheduler, amountMax: number) {
    this.#scheduler = scheduler;
    this.#amountMax = amountMax;
  }

  /**
   * Runs `work` in this turn or in a later one. `work` returns how much it was, in any unit, and
   * more than 0. Rejects with the error that `work` throws.
   */
  do(work: () => number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ work, resolve, reject });
    // When others wait already, the budget of this turn is spent.
    if (this.#waiting.length === 1) this.#run();
    return promise;
  }

  #run(): void {
    while (this.#amount < this.#amountMax) {
      const step = this.#waiting.shift();
      if (step === undefined) return;
      if (this.#amount === 0) this.#scheduler.defer(this.#nextTurn);
      try {
        this.#amount += step.work();
        step.resolve();
      } catch (error) {
        step.reject(error);
      }
    }
  }

  readonly #nextTurn = (): void => {
    this.#amount = 0;
    this.#run();
  };
}
