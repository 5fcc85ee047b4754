/**
 * One reading of a folder serves all listings that were asked for before it began. A listing that
 * is asked for later may be about a change that the reading has missed, so it waits for the next
 * one. However many clients ask for a folder at once, it is read twice.
 *
 * No listing owns the reading: each of them takes the next step when its turn has come, and the
 * steps of all of them together make one reading. So it goes on when a client leaves, and stops
 * when none is left. A listing whose reading has to wait takes steps of the one it waits for.
 */

import type { ListingStep } from "../tree.ts";

/** A listing's steps. They belong to the caller, which iterates to the end or calls `return`. */
export interface SharedSteps extends IterableIterator<ListingStep, void, void> {
  return(): IteratorResult<ListingStep, void>;
}

/**
 * Folders that are read at a time. Until its entries are chosen, each holds a descriptor, and more
 * names than its listing shows.
 */
const readersMax = 4;

/** One reading of a folder. */
class FolderReading {
  /** Listings that use it. */
  uses = 0;
  state: "waits" | "reads" | "done" = "waits";
  /** What every listing is given: the parts, and the last step, which may say what has failed. */
  readonly kept: ListingStep[] = [];
  /** What ended it, if it did not come to its end. */
  failure: { readonly error: unknown } | undefined;
  readonly #steps: Generator<ListingStep, void>;
  /** The readings that have begun and are not done, of all folders. */
  readonly #active: Set<FolderReading>;
  /** The reading of the same folder that has to end before this one begins. */
  #before: FolderReading | undefined;
  #last: ListingStep | undefined;

  constructor(
    steps: Generator<ListingStep, void>,
    before: FolderReading | undefined,
    active: Set<FolderReading>,
  ) {
    this.#steps = steps;
    this.#before = before;
    this.#active = active;
  }

  /**
   * Takes a step; while others have to end before this reading begins, a step of theirs. Returns
   * one that shows nothing, with what it cost; undefined when there is more in `kept`, or it is
   * done.
   */
  advance(): ListingStep | undefined {
    const other = this.state === "waits" ? this.#other() : undefined;
    if (other !== undefined) {
      return { found: 0, entries: [], work: other.advance()?.work ?? 0 };
    }
    this.state = "reads";
    this.#active.add(this);
    try {
      const { done, value } = this.#steps.next();
      if (done !== true) return this.#took(value);
      if (this.#last !== undefined && this.#last.part === undefined) this.kept.push(this.#last);
    } catch (error) {
      this.failure = { error };
    }
    this.close();
    return undefined;
  }

  /** Another reading that has to go on before this one begins. */
  #other(): FolderReading | undefined {
    if (this.#before !== undefined && this.#before.state !== "done") return this.#before;
    this.#before = undefined;
    if (this.#active.size < readersMax) return undefined;
    const [first] = this.#active;
    return first;
  }

  #took(step: ListingStep): ListingStep | undefined {
    this.#last = step;
    if (step.part === undefined && step.entries.length === 0) return step;
    this.kept.push(step);
    return undefined;
  }

  /** Ends it: it has come to its end, or no listing uses it any more. */
  close(): void {
    this.state = "done";
    this.#active.delete(this);
    this.#steps.return();
  }
}

/** The listing of one request. */
class Listing implements SharedSteps {
  readonly #reading: FolderReading;
  readonly #released: () => void;
  #at = 0;
  #isOver = false;

  constructor(reading: FolderReading, released: () => void) {
    this.#reading = reading;
    this.#released = released;
  }

  next(): IteratorResult<ListingStep, void> {
    while (!this.#isOver) {
      const kept = this.#reading.kept[this.#at];
      if (kept !== undefined) {
        this.#at++;
        return { done: false, value: kept };
      }
      if (this.#reading.failure !== undefined) throw this.#reading.failure.error;
      if (this.#reading.state === "done") return this.return();
      const step = this.#reading.advance();
      if (step !== undefined) return { done: false, value: step };
    }
    return { done: true, value: undefined };
  }

  return(): IteratorResult<ListingStep, void> {
    if (!this.#isOver) this.#released();
    this.#isOver = true;
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** The readings of one tree's folders. */
export class SharedListings {
  /** The reading of each folder that began last, or has not begun. */
  readonly #latest = new Map<string, FolderReading>();
  readonly #active = new Set<FolderReading>();

  /**
   * A listing of the folder under `key`. `read` makes the steps of a reading; listings under one
   * key have the same.
   */
  list(key: string, read: () => Generator<ListingStep, void>): SharedSteps {
    const latest = this.#latest.get(key);
    const isShared = latest?.state === "waits";
    const reading = isShared ? latest : new FolderReading(read(), latest, this.#active);
    if (!isShared) this.#latest.set(key, reading);
    reading.uses++;
    return new Listing(reading, () => {
      reading.uses--;
      if (reading.uses > 0) return;
      reading.close();
      if (this.#latest.get(key) === reading) this.#latest.delete(key);
    });
  }
}
