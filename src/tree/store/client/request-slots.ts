/**
 * How many requests to a store are under way. Further ones wait in the order in which they came,
 * and are refused when too many wait.
 */

/** Slots for requests, and the queue for them. */
export class RequestSlots {
  readonly #slots: number;
  readonly #queueMax: number;
  #taken = 0;
  readonly #queue = new Set<(isTaken: boolean) => void>();

  /** `slots` requests may be under way, and `queueMax` wait. */
  constructor(slots: number, queueMax: number) {
    this.#slots = slots;
    this.#queueMax = queueMax;
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Takes a slot, now or when one is given back; `give` gives it back. False when too many wait, or
   * when `signal` is aborted before.
   */
  async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#taken < this.#slots) {
      this.#taken++;
      return true;
    }
    if (this.#queue.size >= this.#queueMax) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const leave = (): void => {
      if (this.#queue.delete(resolve)) resolve(false);
    };
    this.#queue.add(resolve);
    signal.addEventListener("abort", leave);
    const isTaken = await promise;
    signal.removeEventListener("abort", leave);
    return isTaken;
  }

  /** Gives a slot back, to the first that waits. */
  give(): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#taken--;
      return;
    }
    this.#queue.delete(next);
    next(true);
  }
}
