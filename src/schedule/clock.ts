/**
 * The one place that reads the time. Spans are measured on a clock that never jumps; dates are
 * taken from the calendar, and made into text once a second.
 */

import { formatImfFixdate } from "../http/date.ts";

/** A source of time. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** The same as it was when this turn of the event loop first asked: fine for deadlines. */
  turnMs(): number;
  /** Which turn of the event loop it is; no two have the same number. */
  turn(): number;
  /** Calls `run` when this turn ends: before anything else is read, and once. */
  whenTurnEnds(run: () => void): void;
  /** Milliseconds since 1970 (UTC), as they were when this turn first asked. */
  epochMs(): number;
  /** The current second as an IMF-fixdate, for the Date field (RFC 9110 §6.6.1). */
  date(): string;
}

/** The machine's clocks. */
export class SystemClock implements Clock {
  #second = -1;
  #date = "";
  #turn = 0;
  /** Whether the turn that was counted last still goes on. */
  #isTurning = false;
  #atEnd: (() => void)[] = [];
  #turnMs = 0;
  #epochMs = 0;

  monotonicMs(): number {
    return performance.now();
  }

  turnMs(): number {
    this.turn();
    return this.#turnMs;
  }

  turn(): number {
    if (!this.#isTurning) this.#beginTurn();
    return this.#turn;
  }

  #beginTurn(): void {
    this.#isTurning = true;
    this.#turn++;
    this.#turnMs = performance.now();
    this.#epochMs = Date.now();
    // Runs after what is being read now, and before the loop asks the system for more.
    setImmediate(this.#endTurn);
  }

  whenTurnEnds(run: () => void): void {
    this.turn();
    this.#atEnd.push(run);
  }

  readonly #endTurn = (): void => {
    try {
      // Whoever is added meanwhile has their turn in here, too.
      for (const run of this.#atEnd) run();
    } finally {
      if (this.#atEnd.length > 0) this.#atEnd = [];
      this.#isTurning = false;
    }
  };

  epochMs(): number {
    this.turn();
    return this.#epochMs;
  }

  date(): string {
    const second = Math.floor(this.epochMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = formatImfFixdate(second * 1000);
    }
    return this.#date;
  }
}
