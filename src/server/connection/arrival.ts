/**
 * When the octets of a connection arrived, as far as it matters: how fresh the answer to what they
 * ask has to be (see `base/moments.ts`).
 */

import type { Moments } from "../../tree/cache/freshness.ts";
import type { RequestParser } from "../../http1/request-parser.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";

const CR = 0x0d;

/** The arrivals of one connection. */
export class Arrival {
  readonly #scheduler: Scheduler;
  readonly #moments: Moments;
  /** The turn of the event loop in which octets last arrived, or the client itself. */
  #turn: number;
  /** The moment at which octets last arrived. */
  #at = 0;
  /** How fresh the answer to the next request has to be. */
  #since = 0;

  /** The client has arrived. */
  constructor(scheduler: Scheduler, moments: Moments) {
    this.#scheduler = scheduler;
    this.#moments = moments;
    this.#turn = scheduler.turn();
  }

  /** `octets` have arrived for `parser`, which hasn't got them yet. */
  note(octets: Uint8Array, { place, buffered }: RequestParser): void {
    const turn = this.#scheduler.turn();
    const turnStart = this.#moments.startOf(turn);
    // A second read in one turn was not announced with the others. And it is the first octet that
    // was: here it has to be that of a request, or of the rest of one.
    const isAnnounced = turn !== this.#turn && octets[0] !== CR;
    const begins = place === "between" ? buffered === 0 : place === "head";
    this.#turn = turn;
    this.#at = this.#moments.next();
    this.#since = isAnnounced && begins ? turnStart : this.#at;
  }

  /** How fresh the answer to the request that has just been read has to be. */
  take(): number {
    const since = this.#since;
    this.#since = this.#at;
    return since;
  }
}
