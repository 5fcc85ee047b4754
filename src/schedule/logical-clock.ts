/**
 * The order in which things happen: octets arrive, a tree is looked at. Moments are counted and not
 * timed, because two events can share a tick of a clock and never share a moment (Lamport, "Time,
 * Clocks, and the Ordering of Events in a Distributed System").
 *
 * An answer must be as fresh as its request: what it shows was seen no earlier than the request's
 * first octet was sent. The event loop learns of all sockets that have something to read at one
 * time, and reads them one after the other. So whatever is looked at while it reads them was looked
 * at after the first octet that each of them had, and one look may serve all requests which those
 * octets begin. It may not serve a request that begins later in the same read, because that one may
 * have been sent after the look.
 */

/** The moments of one server. */
export class LogicalClock {
  #now = 0;
  #turn = -1;
  #turnStart = 0;

  /** The latest moment there has been. */
  get now(): number {
    return this.#now;
  }

  /** A moment later than all others. */
  tick(): number {
    return ++this.#now;
  }

  /** The moment at which `turn` of the event loop began: that of the first question for it. */
  startOfTurn(turn: number): number {
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#turnStart = this.tick();
    }
    return this.#turnStart;
  }
}
