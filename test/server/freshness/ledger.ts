/**
 * What has been changed, and what is being changed, in memory that threads share.
 */

const [stopped, aim, changes, fixed] = [0, 1, 2, 3] as const;

/** Versions of so many subjects. Whoever changes one is alone in changing it. */
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

  /** Begins with `version`, which nobody has asked for yet. */
  set(index: number, version: number): void {
    Atomics.store(this.#cells, fixed + index, version);
    Atomics.store(this.#cells, fixed + this.#count + index, version);
  }

  /** Lets `make` make the next version. */
  change(index: number, make: (version: number) => void): void {
    const version = this.begun(index) + 1;
    Atomics.store(this.#cells, fixed + index, version);
    make(version);
    Atomics.store(this.#cells, fixed + this.#count + index, version);
    Atomics.add(this.#cells, changes, 1);
  }

  /** The last version that was begun. */
  begun(index: number): number {
    return Atomics.load(this.#cells, fixed + index);
  }

  /** The last version that was in place. */
  inPlace(index: number): number {
    return Atomics.load(this.#cells, fixed + this.#count + index);
  }

  /** Changes made. */
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
