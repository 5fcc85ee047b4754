/**
 * The value of the Date field (RFC 9110 §6.6.1). Its resolution is one second, so it is formatted
 * at most once a second.
 */

import { formatImfFixdate } from "../http/fields/date.ts";
import type { Clock } from "../schedule/clock.ts";

/** Formats the current time as the value of Date. */
export class ResponseDate {
  readonly #clock: Clock;
  #second = -1;
  #text = "";

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The current second as an IMF-fixdate. */
  now(): string {
    const second = Math.floor(this.#clock.epochMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = formatImfFixdate(second * 1000);
    }
    return this.#text;
  }
}
