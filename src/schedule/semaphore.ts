/**
 * A counting semaphore, for a resource that few may hold at a time.
 */

/** At most so many holders at a time; the others wait in the order in which they came. */
export class Semaphore {
  readonly #holdersMax: number;
  #holders = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(holdersMax: number) {
    this.#holdersMax = holdersMax;
  }

  /** Resolves when there is room, with a function that releases it; a second call does nothing. */
  async enter(): Promise<() => void> {
    if (this.#holders < this.#holdersMax) this.#holders++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let isHeld = true;
    return () => {
      if (isHeld) this.#release();
      isHeld = false;
    };
  }

  /** Passes the place to the next that waits. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#holders--;
    else next();
  }
}
