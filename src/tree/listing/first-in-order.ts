/**
 * The first so many of any number of texts, in the order of their code units, found in steps: none
 * of them takes longer than sorting or merging a thousand texts.
 *
 * Texts come in runs, each of which is sorted natively when it comes. When more than three times
 * as many are held as are wanted, the runs are merged into one, and what lies beyond is forgotten;
 * so what is held doesn't grow with what comes.
 */

/** Texts that are merged in one step. */
const mergedAtOnce = 1024;

/** A sorted run that is being merged: its texts from `at` on are still to come. */
interface Source {
  readonly texts: readonly string[];
  at: number;
  head: string;
}

/** The first `limit` texts of all that are added. */
export class FirstInOrder {
  readonly #limit: number;
  #runs: string[][] = [];
  #held = 0;
  #count = 0;
  /** What is not before this text is not among the first. */
  #bar: string | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many have been added. */
  get count(): number {
    return this.#count;
  }

  /** Adds `texts`, which become its own. */
  add(texts: string[]): void {
    this.#count += texts.length;
    const bar = this.#bar;
    const run = bar === undefined ? texts : texts.filter((text) => text < bar);
    if (run.length === 0 || this.#limit === 0) return;
    // oxlint-disable-next-line unicorn/no-array-sort -- a copy would be for nothing
    run.sort();
    this.#runs.push(run);
    this.#held += run.length;
  }

  /** How many are held; those that can't be among the first any more are not. */
  get held(): number {
    return this.#held;
  }

  /** Whether so many are held that `settle` should be called. */
  get isCrowded(): boolean {
    return this.#held > 3 * this.#limit;
  }

  /**
   * Merges what is held, step by step, each of which tells how many texts it has merged. Comes to
   * those that are the first by now, in order.
   */
  *settle(): Generator<number, readonly string[]> {
    const merge = new Merge(this.#runs);
    const texts: string[] = [];
    while (texts.length < this.#limit) {
      const text = merge.next();
      if (text === undefined) break;
      texts.push(text);
      if (texts.length % mergedAtOnce === 0) yield mergedAtOnce;
    }
    this.#runs = [texts];
    this.#held = texts.length;
    if (texts.length === this.#limit) this.#bar = texts.at(-1);
    return texts;
  }
}

/** The texts of sorted runs in order: a heap of the runs, that with the least text on top. */
class Merge {
  readonly #heap: Source[];

  constructor(runs: readonly (readonly string[])[]) {
    this.#heap = runs.flatMap((texts) =>
      texts[0] === undefined ? [] : { texts, at: 0, head: texts[0] },
    );
    for (let i = this.#heap.length >> 1; i >= 0; i--) this.#sink(i);
  }

  /** The next text; undefined after the last. */
  next(): string | undefined {
    const [top] = this.#heap;
    if (top === undefined) return undefined;
    const { head } = top;
    const following = top.texts[++top.at];
    if (following === undefined) {
      const last = this.#heap.pop();
      if (last !== undefined && last !== top) this.#heap[0] = last;
    } else {
      top.head = following;
    }
    this.#sink(0);
    return head;
  }

  /** Puts the source at `from` where it belongs among those below it. */
  #sink(from: number): void {
    const heap = this.#heap;
    const source = heap[from];
    if (source === undefined) return;
    let at = from;
    for (;;) {
      let below = 2 * at + 1;
      let least = heap[below];
      if (least === undefined) break;
      const other = heap[below + 1];
      if (other !== undefined && other.head < least.head) {
        least = other;
        below++;
      }
      if (least.head >= source.head) break;
      heap[at] = least;
      at = below;
    }
    heap[at] = source;
  }
}
