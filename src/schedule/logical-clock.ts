/**
 * The order of events: octets arrive, a tree is looked at. A moment is a count and not a time,
 * because two events can have the same time but never the same count (Lamport, "Time, Clocks, and
 * the Ordering of Events in a Distributed System").
 *
 * An answer must be as fresh as its request: every look that it uses was made after the first octet
 * of the request was sent. The event loop polls all sockets at once, and then reads the readable
 * ones in turn. So a look that is made during these reads comes after the first octet that was
 * waiting in each socket. That look may serve every request that begins with such an octet. It may
 * not serve a request that begins later in the same read, because that one may have been sent after
 * the look.
 */

/** Counts the moments of one server. */
export class LogicalClock {
  #now = 0;
  #turn = -1;
  #turnStart = 0;

  /** The latest moment. */
  get now(): number {
    return this.#now;
  }

  /** A new moment, later than all others. */
  tick(): number {
    return ++this.#now;
  }

  /**
   * The moment at which `turn` of the event loop began. It is created by the first call for that
   * turn.
   */
  startOfTurn(turn: number): number {
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#turnStart = this.tick();
    }
    return this.#turnStart;
  }
}
