/**
 * The only reader of the time. Spans are measured on a clock that never jumps; dates come from the
 * calendar, which can be set back.
 */

import type { Scheduler } from "./scheduler.ts";

/** A source of time. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /**
   * The monotonic clock as this turn of the event loop first read it. It costs no system call after
   * that, and a deadline needs no more precision.
   */
  turnMs(): number;
  /** Milliseconds since 1970 (UTC), as this turn first read them. */
  epochMs(): number;
}

/** The machine's clocks. */
export class SystemClock implements Clock {
  readonly #scheduler: Scheduler;
  /** The turn in which the clocks were last read. */
  #turn = -1;
  #turnMs = 0;
  #epochMs = 0;

  /** `scheduler` says which turn it is. */
  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  monotonicMs(): number {
    return performance.now();
  }

  turnMs(): number {
    this.#readOnce();
    return this.#turnMs;
  }

  epochMs(): number {
    this.#readOnce();
    return this.#epochMs;
  }

  /** Reads both clocks unless this turn has read them. */
  #readOnce(): void {
    const turn = this.#scheduler.turn();
    if (turn === this.#turn) return;
    this.#turn = turn;
    this.#turnMs = performance.now();
    this.#epochMs = Date.now();
  }
}
