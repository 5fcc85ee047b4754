/**
 * The body of a response that is an archive: its octets as the client reads them. It holds one of
 * the places for archives until it ends: at its end, by an error, or when the client leaves.
 */

/** Thrown into the making of an archive when the client has left, and caught here. */
class ClientLeft extends Error {}

/**
 * An iterator and no generator: a generator that is returned before its first chunk would not give
 * its place back.
 */
export class ArchiveBody implements AsyncIterableIterator<Uint8Array, void> {
  readonly #open: (check: () => void) => AsyncGenerator<Uint8Array, void>;
  readonly #ended: () => void;
  #octets: AsyncGenerator<Uint8Array, void> | undefined;
  #state: "open" | "left" | "ended" = "open";

  /**
   * `open` is called for the first chunk. What it returns calls `check` before each piece of its
   * work, which throws when the client has left. `ended` is called once.
   */
  constructor(open: (check: () => void) => AsyncGenerator<Uint8Array, void>, ended: () => void) {
    this.#open = open;
    this.#ended = ended;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Rejects with what the making of the archive throws, so that the response is broken off. */
  async next(): Promise<IteratorResult<Uint8Array, void>> {
    if (this.#state !== "open") return { done: true, value: undefined };
    this.#octets ??= this.#open(() => {
      if (this.#state !== "open") throw new ClientLeft();
    });
    try {
      const step = await this.#octets.next();
      if (step.done === true) this.#end();
      return step;
    } catch (error) {
      this.#end();
      if (error instanceof ClientLeft) return { done: true, value: undefined };
      throw error;
    }
  }

  /** The client has left. The place is given back when nothing is open any more. */
  async return(): Promise<IteratorResult<Uint8Array, void>> {
    if (this.#state === "open") this.#state = "left";
    try {
      await this.#octets?.return();
    } finally {
      this.#end();
    }
    return { done: true, value: undefined };
  }

  #end(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#ended();
  }
}
