/**
 * How fresh the answer to each request of a connection has to be (see `schedule/logical-clock.ts`):
 * as fresh as the moment at which the request's first octet is known to have been in the socket.
 */

import { CR } from "../../http/octets/grammar.ts";
import type { RequestParser } from "../../http1/request-parser.ts";
import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { Moment } from "../../tree/view.ts";

/** The freshness that the requests of one connection ask for. */
export class RequestFreshness {
  readonly #scheduler: Scheduler;
  readonly #clock: LogicalClock;
  /** The turn of the event loop in which octets last arrived, or the client itself. */
  #turn: number;
  /** The moment at which octets last arrived. */
  #arrivedAt: Moment = 0;
  #since: Moment = 0;

  /** The client has connected. */
  constructor(scheduler: Scheduler, clock: LogicalClock) {
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#turn = scheduler.turn();
  }

  /** `octets` have arrived for `parser`, which hasn't got them yet. */
  note(octets: Uint8Array, { place, buffered }: RequestParser): void {
    const turn = this.#scheduler.turn();
    const turnStart = this.#clock.startOfTurn(turn);
    // A second read in one turn was not announced by the poll. And only the first octet is known to
    // have been in the socket when the loop polled it: it has to be that of a request, or of the
    // rest of one.
    const isAnnounced = turn !== this.#turn && octets[0] !== CR;
    const begins = place === "between" ? buffered === 0 : place === "head";
    this.#turn = turn;
    this.#arrivedAt = this.#clock.tick();
    this.#since = isAnnounced && begins ? turnStart : this.#arrivedAt;
  }

  /** The moment from which on a look counts for the request that was just read. */
  take(): Moment {
    const since = this.#since;
    this.#since = this.#arrivedAt;
    return since;
  }
}
