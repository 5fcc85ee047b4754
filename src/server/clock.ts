/**
 * The one place that reads the time. Spans are measured on a clock that never jumps; dates are
 * taken from the calendar, and made into text once a second.
 */

import { formatImfFixdate } from "../protocol/date.ts";

/** A source of time. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Milliseconds since 1970 (UTC). */
  epochMs(): number;
  /** The current second as an IMF-fixdate, for the Date field (RFC 9110 §6.6.1). */
  date(): string;
}

/** The machine's clocks. */
export class SystemClock implements Clock {
  #second = -1;
  #date = "";

  monotonicMs(): number {
    return performance.now();
  }

  epochMs(): number {
    return Date.now();
  }

  date(): string {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = formatImfFixdate(second * 1000);
    }
    return this.#date;
  }
}
