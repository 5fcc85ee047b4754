/**
 * Lets in as much work at one time as has room, in the order in which it came. Work that is larger
 * than the room comes in alone. How much may wait is bounded by the caller.
 */

/** Work that waits for room. */
interface Waiting {
  readonly weight: number;
  readonly enter: () => void;
}

/** A gate with a given room, in any unit. */
export class WorkGate {
  readonly #room: number;
  readonly #waiting: Waiting[] = [];
  /** The weight of what is inside. */
  #inside = 0;

  constructor(room: number) {
    this.#room = room;
  }

  /** Runs `work` of `weight` when there is room for it. */
  async run<T>(weight: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || !this.#hasRoom(weight)) {
      await new Promise<void>((enter) => {
        this.#waiting.push({ weight, enter });
      });
    } else this.#inside += weight;
    try {
      return await work();
    } finally {
      this.#inside -= weight;
      this.#letIn();
    }
  }

  #hasRoom(weight: number): boolean {
    return this.#inside === 0 || this.#inside + weight <= this.#room;
  }

  #letIn(): void {
    let [next] = this.#waiting;
    while (next !== undefined && this.#hasRoom(next.weight)) {
      this.#waiting.shift();
      this.#inside += next.weight;
      next.enter();
      [next] = this.#waiting;
    }
  }
}
