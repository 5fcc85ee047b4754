/**
 * The queue of passwords that are being verified. A hash takes a thread and up to some hundred
 * milliseconds, so only a few are made at one time, others wait, and beyond a bound there is no
 * room. One whose clients have all left is not begun.
 */

import type { Limits } from "../../base/limits.ts";

/** The limits of the queue. */
type CheckLimits = Pick<Limits, "passwordChecksAtOnceMax" | "passwordChecksWaitingMax">;

/** "abandoned" when it was not begun, because no client waits for it any more. */
export type CheckOutcome = "right" | "wrong" | "abandoned";

/** A verification that has to wait. */
interface Waiting {
  readonly run: () => Promise<boolean>;
  readonly isAbandoned: () => boolean;
  readonly settle: (outcome: CheckOutcome) => void;
}

/** The verifications of one site. */
export class PasswordChecks {
  readonly #limits: CheckLimits;
  readonly #waiting: Waiting[] = [];
  #running = 0;

  constructor(limits: CheckLimits) {
    this.#limits = limits;
  }

  /**
   * Adds a verification, made by `run`, which never rejects. Undefined when there is no room for
   * it.
   */
  add(run: () => Promise<boolean>, isAbandoned: () => boolean): Promise<CheckOutcome> | undefined {
    const { passwordChecksAtOnceMax, passwordChecksWaitingMax } = this.#limits;
    if (this.#running < passwordChecksAtOnceMax) return this.#make(run);
    if (this.#waiting.length >= passwordChecksWaitingMax) return undefined;
    const { promise, resolve } = Promise.withResolvers<CheckOutcome>();
    this.#waiting.push({ run, isAbandoned, settle: resolve });
    return promise;
  }

  async #make(run: () => Promise<boolean>): Promise<CheckOutcome> {
    this.#running++;
    const isRight = await run();
    this.#running--;
    this.#next();
    return isRight ? "right" : "wrong";
  }

  /** Begins the first that waits and isn't abandoned. */
  #next(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (!next.isAbandoned()) {
        void this.#make(next.run).then(next.settle);
        return;
      }
      next.settle("abandoned");
    }
  }
}
