/**
 * The order in which things happened: octets arrived, a file was looked at. Moments are counted and
 * not timed, since two things can share a tick of a clock, and never a moment.
 *
 * What a request is answered with has to be as fresh as the request: seen on the disk no earlier
 * than its first octet was sent. The event loop learns of all sockets that have something to read
 * at one time, and reads them one after the other; so what is seen while it reads them was seen
 * after the first octet that each of them had. One look may thus serve all requests which those
 * octets begin; it may not serve one that begins later in the same read, for that may have been
 * sent after the look.
 */

/** The moments of one server. */
export class Moments {
  #last = 0;
  #turn = -1;
  #turnStart = 0;
  #since = Infinity;
  #nowMs: number | undefined;
  #latestMs = -Infinity;

  /** The latest moment there has been. */
  get last(): number {
    return this.#last;
  }

  /**
   * A look counts for what is being answered now if it was made at this moment or later. Infinity
   * while no request is being handed over: then no look counts but one that is made now.
   */
  get since(): number {
    return this.#since;
  }

  /** The time of what is being answered, in milliseconds since 1970; undefined while nothing is. */
  get nowMs(): number | undefined {
    return this.#nowMs;
  }

  /**
   * The same of what was last handed over, whether it is being answered or that is over: what is
   * looked at now is looked at later than this.
   */
  get latestMs(): number {
    return this.#latestMs;
  }

  /** A request that arrived at `nowMs` is handed over; its answer has to be fresh since `since`. */
  begin(since: number, nowMs: number): void {
    this.#since = since;
    this.#nowMs = nowMs;
    this.#latestMs = nowMs;
  }

  /** It has been handed over; what is answered later looks anew. */
  end(): void {
    this.#since = Infinity;
    this.#nowMs = undefined;
  }

  /** A moment later than all others. */
  next(): number {
    return ++this.#last;
  }

  /** The moment at which `turn` of the event loop began: that of the first question for it. */
  startOf(turn: number): number {
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#turnStart = this.next();
    }
    return this.#turnStart;
  }
}
