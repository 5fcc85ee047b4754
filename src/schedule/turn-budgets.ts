/**
 * What a turn of the event loop may spend on jobs that many requests can wait for at once. There is
 * one set of budgets for each server, because all of its requests share the turns.
 */

import { ByteBudget } from "./byte-budget.ts";
import type { Scheduler } from "./scheduler.ts";
import { Semaphore } from "./semaphore.ts";
import { WorkBudget } from "./work-budget.ts";

/** What one turn does for all folder listings together, in directory entries. */
const listingWorkMax = 512;

/** How much of all forms together one turn parses, in octets: less than a millisecond's work. */
const formWorkMax = 256 * 1024;

/**
 * Folders that are read at a time. Until its entries are chosen, each holds a descriptor, and more
 * names than its listing shows.
 */
const folderReadersMax = 4;

/** The budgets of one server. */
export class TurnBudgets {
  readonly scheduler: Scheduler;
  /** Bytes of large responses that a turn begins to send. */
  readonly responses: ByteBudget;
  /** Bytes of variants that a turn hands to requests which waited until the variant was made. */
  readonly variants: ByteBudget;
  readonly listings: WorkBudget;
  readonly forms: WorkBudget;
  readonly folderReaders = new Semaphore(folderReadersMax);

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
    this.responses = new ByteBudget(scheduler);
    this.variants = new ByteBudget(scheduler);
    this.listings = new WorkBudget(scheduler, listingWorkMax);
    this.forms = new WorkBudget(scheduler, formWorkMax);
  }
}
