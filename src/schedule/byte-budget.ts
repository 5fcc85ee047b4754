/**
 * How many bytes one turn of the event loop starts to send out of what many requests wait for.
 * Without a budget all of them would be started in one long turn, and every other client would wait
 * for its end.
 */

import type { Scheduler } from "./scheduler.ts";

/** A request for bytes that a later turn serves. */
interface Waiting {
  readonly octets: number;
  readonly octetsMax: number;
  readonly resume: () => void;
}

/** A budget of bytes that each turn has anew. */
export class ByteBudget {
  readonly #scheduler: Scheduler;
  readonly #waiting: Waiting[] = [];
  /** Taken in this turn. */
  #takenOctets = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /**
   * Takes `octets` from the first turn that has given less than `octetsMax`. Returns undefined when
   * that is this turn; else the promise resolves in a later one. Requests are served in the order
   * in which they came.
   */
  take(octets: number, octetsMax: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#takenOctets < octetsMax) {
      this.#give(octets);
      return undefined;
    }
    return new Promise((resume) => {
      this.#waiting.push({ octets, octetsMax, resume });
    });
  }

  #give(octets: number): void {
    if (this.#takenOctets === 0) this.#scheduler.defer(this.#nextTurn);
    this.#takenOctets += octets;
  }

  readonly #nextTurn = (): void => {
    this.#takenOctets = 0;
    let [next] = this.#waiting;
    while (next !== undefined && this.#takenOctets < next.octetsMax) {
      this.#waiting.shift();
      this.#give(next.octets);
      next.resume();
      [next] = this.#waiting;
    }
  };
}
