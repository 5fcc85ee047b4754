/**
 * One request at a time has an upload. A client that comes again has given up the request that it
 * sent before, whose connection may be broken without the server's knowing. So a new request ends
 * the one that is still receiving, as the draft recommends (§4.6), and waits until what had come is
 * kept.
 *
 * This is about the requests of one process; the lock of the file is about all processes.
 */

import { BodyError } from "../../request.ts";

/** A request's time with its upload. */
export class UploadTurn {
  readonly #ended: () => void;
  #abort: ((error: BodyError) => void) | undefined;
  #isInterrupted = false;

  constructor(ended: () => void) {
    this.#ended = ended;
  }

  /** The next piece of `pieces`. Rejects with a `BodyError`, "gone", when another request comes. */
  next(pieces: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    if (this.#isInterrupted) return Promise.reject(new BodyError("gone"));
    return new Promise((resolve, reject) => {
      this.#abort = reject;
      pieces.next().then(resolve, reject);
    });
  }

  /** Ends a request that receives; one that stores goes on. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.#abort?.(new BodyError("gone"));
  }

  end(): void {
    this.#ended();
  }
}

/** The turns of a site's uploads. */
export class UploadTurns {
  readonly #turns = new Map<string, { readonly turn: UploadTurn; readonly over: Promise<void> }>();

  /** The turn with the upload `key`, when the request that had it has ended. The caller ends it. */
  async take(key: string): Promise<UploadTurn> {
    for (let last = this.#turns.get(key); last !== undefined; last = this.#turns.get(key)) {
      last.turn.interrupt();
      await last.over;
    }
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const turn = new UploadTurn(() => {
      this.#turns.delete(key);
      resolve();
    });
    this.#turns.set(key, { turn, over });
    return turn;
  }
}
