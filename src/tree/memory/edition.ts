/**
 * What lookups in a tree in memory depend on. All of them depend on the same thing, the tree as it
 * is from one change to the next: a change is seldom, and an answer is made again in microseconds.
 * So nothing is kept for each path, and requests for any number of paths that lead nowhere cost no
 * memory.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import { BoundedStore } from "../../base/bounded-store.ts";
import type { Dependency, Dependent } from "../view.ts";

/** A dependent that costs more than this part of the limit is not attached. */
const shareOfStore = 1 / 16;

/** A dependent as an entry of the store. */
class Attached implements StoreEntry {
  bytes: number;
  isUsed = false;
  readonly #dependent: Dependent;

  constructor(dependent: Dependent) {
    this.bytes = dependent.bytes;
    this.#dependent = dependent;
  }

  evicted(): void {
    this.#dependent.drop();
  }
}

/** A tree as it is from one change to the next. */
export class Edition implements Dependency {
  readonly #bytesMax: number;
  readonly #dependents: BoundedStore<Dependent, Attached>;
  #isOver = false;

  /** Dependents cost at most `bytesMax` together; beyond it the oldest are dropped. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#dependents = new BoundedStore({ bytesMax, admitsOn: "first", admittedOneIn: 1 });
  }

  /** What the dependents cost, in bytes. */
  get bytes(): number {
    return this.#dependents.bytes;
  }

  /** A tree in memory is looked at by asking it, so there is no look that could be too old. */
  isCurrent(): boolean {
    return !this.#isOver;
  }

  attach(dependent: Dependent): boolean {
    if (this.#isOver || dependent.bytes > this.#bytesMax * shareOfStore) return false;
    // An answer may be made of several lookups, and so come here several times.
    if (this.#dependents.get(dependent) !== undefined) return true;
    return this.#dependents.set(dependent, new Attached(dependent));
  }

  detach(dependent: Dependent): void {
    this.#dependents.delete(dependent);
  }

  /** The tree has changed: drops all dependents. */
  end(): void {
    this.#isOver = true;
    this.#dependents.clear();
  }
}
