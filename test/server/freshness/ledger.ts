/** Which version of each subject is being written and which is in place, in shared memory. */

const [stopped, aim, changes, fixed] = [0, 1, 2, 3] as const;

/** The versions of `count` subjects. Only one thread may change a subject. */
export class Ledger {
  readonly #cells: Int32Array;
  readonly #count: number;

  static memoryFor(count: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * (fixed + 2 * count));
  }

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
    this.#count = (this.#cells.length - fixed) / 2;
  }

  /** Sets the first version of a subject, before any request for it. */
  set(index: number, version: number): void {
    Atomics.store(this.#cells, fixed + index, version);
    Atomics.store(this.#cells, fixed + this.#count + index, version);
  }

  /** Has `make` write the next version. */
  change(index: number, make: (version: number) => void): void {
    const version = this.begun(index) + 1;
    Atomics.store(this.#cells, fixed + index, version);
    make(version);
    Atomics.store(this.#cells, fixed + this.#count + index, version);
    Atomics.add(this.#cells, changes, 1);
  }

  /** The latest version whose writing has begun. */
  begun(index: number): number {
    return Atomics.load(this.#cells, fixed + index);
  }

  /** The latest version whose writing is complete. */
  inPlace(index: number): number {
    return Atomics.load(this.#cells, fixed + this.#count + index);
  }

  /** The number of changes so far. */
  get changes(): number {
    return Atomics.load(this.#cells, changes);
  }

  /** The subject that changes next. */
  get aim(): number {
    return Atomics.load(this.#cells, aim);
  }

  aimAt(index: number): void {
    Atomics.store(this.#cells, aim, index);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#cells, stopped) === 1;
  }

  stop(): void {
    Atomics.store(this.#cells, stopped, 1);
  }
}
