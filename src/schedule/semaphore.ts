/**
 * A gate that lets so many in at a time, the others in the order in which they came.
 */

/** For work that holds something there is not much of. */
export class Semaphore {
  readonly #insideMax: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(insideMax: number) {
    this.#insideMax = insideMax;
  }

  /** Resolves when there is room, with what is to be called on leaving; again does nothing. */
  async enter(): Promise<() => void> {
    if (this.#inside < this.#insideMax) this.#inside++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let isInside = true;
    return () => {
      if (isInside) this.#leave();
      isInside = false;
    };
  }

  /** Gives the place to the next in line. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside--;
    else next();
  }
}
