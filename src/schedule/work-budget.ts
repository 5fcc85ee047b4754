/**
 * Work that would keep the event loop for too long, done in pieces: in each turn so much of it as
 * others can wait for, whoever has asked for it, in the order in which it was asked for.
 */

/** A piece of work, and who waits for it. */
interface Job {
  readonly work: () => number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What is done in the turns of the event loop, one after the other. */
export class WorkBudget {
  readonly #amountMax: number;
  readonly #waiting: Job[] = [];
  /** In this turn. */
  #amount = 0;

  /** A turn begins no more work once it has done `amountMax`. */
  constructor(amountMax: number) {
    this.#amountMax = amountMax;
  }

  /**
   * Does `work`, which answers how much it was, more than nothing: in this turn or in a later one.
   * Rejects with what it throws.
   */
  do(work: () => number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ work, resolve, reject });
    // Those who wait already wait for the next turn.
    if (this.#waiting.length === 1) this.#doSome();
    return promise;
  }

  #doSome(): void {
    while (this.#amount < this.#amountMax) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      if (this.#amount === 0) setImmediate(() => this.#nextTurn());
      try {
        this.#amount += job.work();
        job.resolve();
      } catch (error) {
        job.reject(error);
      }
    }
  }

  #nextTurn(): void {
    this.#amount = 0;
    this.#doSome();
  }
}
