/**
 * When the responses of busy connections are written: together, at the end of a turn.
 *
 * The event loop learns at one time of all sockets that have something to read. A client with many
 * connections sleeps while it waits for responses; a write wakes it, and the kernel charges the
 * wake-up to the writer. When each response is written by itself, the client has fallen asleep
 * again before the next one, and wake-ups are a sixth of the work for small files. So when several
 * connections are busy, the batcher holds their responses and writes them when the turn ends. To
 * bound the delay it writes a full batch earlier. Only responses whose octets don't change are held
 * (`WriteQueue.mayWait`): a route may reuse its buffer after it returns.
 */

import type { Scheduler } from "./scheduler.ts";

/** With fewer busy connections in the turn before, a batch would be too small to pay. */
const busyMin = 4;

/** Responses in a batch at most; with small ones a batch takes 0.2 to 0.4 ms. */
const heldMax = 16;

/** A connection that has something to write. */
export interface Batched {
  /** Writes it; does nothing when it has been written by then. */
  leave(): void;
}

/** The batches of one server's connections. */
export class WriteBatcher {
  readonly #scheduler: Scheduler;
  #held: Batched[] = [];
  #turn = -1;
  /** Connections that were ready to write in this turn, and in the one before. */
  #count = 0;
  #countBefore = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /**
   * Whether the batcher holds `one`, which is ready to write, and calls it later in this turn. When
   * false, the caller writes at once.
   */
  hold(one: Batched): boolean {
    const turn = this.#scheduler.turn();
    if (turn !== this.#turn) {
      this.#countBefore = this.#count;
      this.#count = 0;
      this.#turn = turn;
    }
    this.#count++;
    if (this.#countBefore < busyMin) return false;
    if (this.#held.length === heldMax - 1) {
      // The batch is full: it is written now, and the caller follows.
      this.#write();
      return false;
    }
    if (this.#held.push(one) === 1) this.#scheduler.afterTurn(this.#write);
    return true;
  }

  readonly #write = (): void => {
    const held = this.#held;
    this.#held = [];
    for (const one of held) one.leave();
  };
}
