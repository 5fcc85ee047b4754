/**
 * What a turn of the event loop may spend on jobs that many requests can wait for at once. There is
 * one set of budgets for each server, because all of its requests share the turns.
 */

import { ByteBudget } from "./byte-budget.ts";
import type { Scheduler } from "./scheduler.ts";
import type { WorkBudget } from "./work-budget.ts";

/** What one turn does for all folder listings together, in directory entries. */
const listingWorkMax = 512;

/** How much of all forms together one turn parses, in octets: less than a millisecond's work. */
const formWorkMax = 256 * 1024;

/** The budgets of one server. */
export class TurnBudgets {
  readonly scheduler: Scheduler;
  /** Bytes of large responses that a turn begins to send. */
  readonly responses: ByteBudget;
  /** Bytes of variants that a turn hands to requests which waited until the variant was made. */
  readonly variants: ByteBudget;
  #listings: WorkBudget | undefined;
  #forms: WorkBudget | undefined;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
    this.responses = new ByteBudget(scheduler);
    this.variants = new ByteBudget(scheduler);
  }

  /** Directory entries of all listings together. */
  get listings(): WorkBudget {
    return (this.#listings ??= this.#openWork(listingWorkMax));
  }

  /** Octets of all forms together. */
  get forms(): WorkBudget {
    return (this.#forms ??= this.#openWork(formWorkMax));
  }

  /** A budget of `workMax` for each turn. Its code is loaded by the first listing or form. */
  #openWork(workMax: number): WorkBudget {
    const { WorkBudget: Budget } = require("./work-budget.ts") as typeof import("./work-budget.ts");
    return new Budget(this.scheduler, workMax);
  }
}
