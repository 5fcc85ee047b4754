/**
 * What one turn of the event loop gives out of what many wait for. All of them in one turn would be
 * one long turn, and everyone else would wait for its end.
 */

/** Someone who comes in a later turn. */
interface Waiting {
  readonly octets: number;
  readonly octetsMax: number;
  readonly resume: () => void;
}

/** The shares of all turns, one after the other. */
export class ByteBudget {
  readonly #waiting: Waiting[] = [];
  /** In this turn. */
  #takenOctets = 0;

  /**
   * Takes `octets` out of a turn that has not given `octetsMax` yet: this one, answering undefined,
   * or a later one, when those have taken theirs who came before.
   */
  take(octets: number, octetsMax: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#takenOctets < octetsMax) {
      this.#give(octets);
      return undefined;
    }
    return new Promise((resume) => {
      this.#waiting.push({ octets, octetsMax, resume });
    });
  }

  #give(octets: number): void {
    if (this.#takenOctets === 0) setImmediate(() => this.#nextTurn());
    this.#takenOctets += octets;
  }

  #nextTurn(): void {
    this.#takenOctets = 0;
    let [next] = this.#waiting;
    while (next !== undefined && this.#takenOctets < next.octetsMax) {
      this.#waiting.shift();
      this.#give(next.octets);
      next.resume();
      [next] = this.#waiting;
    }
  }
}
