/**
 * Finds the first `limit` of any number of texts, in the order of their code units or in the
 * reverse of it, in steps. No
 * step takes longer than sorting or merging a thousand texts.
 *
 * Texts are added in runs, and each run is sorted natively when it is added. When more than three
 * times `limit` are held, the runs are merged into one and the texts beyond `limit` are dropped, so
 * memory doesn't grow with the number of texts.
 */

/** Texts that are merged in one step. */
const mergedAtOnce = 1024;

/** A sorted run that is being merged. Its texts from `at` on are not merged yet. */
interface Source {
  readonly texts: readonly string[];
  at: number;
  head: string;
}

/** The first `limit` texts of all that are added. */
export class FirstInOrder {
  readonly #limit: number;
  readonly #isReversed: boolean;
  #runs: string[][] = [];
  #held = 0;
  #count = 0;
  /** A text that is not before this one is not among the first. */
  #bar: string | undefined;

  constructor(limit: number, isReversed = false) {
    this.#limit = limit;
    this.#isReversed = isReversed;
  }

  /** How many texts have been added. */
  get count(): number {
    return this.#count;
  }

  /** Adds `texts`, and takes the array over. */
  add(texts: string[]): void {
    this.#count += texts.length;
    const run = this.#isReversed ? this.#aboveBar(texts) : this.#belowBar(texts);
    if (run.length === 0 || this.#limit === 0) return;
    // oxlint-disable-next-line unicorn/no-array-sort -- the array is this object's own
    run.sort();
    // oxlint-disable-next-line unicorn/no-array-reverse -- the array is this object's own
    if (this.#isReversed) run.reverse();
    this.#runs.push(run);
    this.#held += run.length;
  }

  #belowBar(texts: string[]): string[] {
    const bar = this.#bar;
    return bar === undefined ? texts : texts.filter((text) => text < bar);
  }

  #aboveBar(texts: string[]): string[] {
    const bar = this.#bar;
    return bar === undefined ? texts : texts.filter((text) => text > bar);
  }

  /** How many texts are held: those that may still be among the first. */
  get held(): number {
    return this.#held;
  }

  /** Whether so many texts are held that `settle` should be called. */
  get isCrowded(): boolean {
    return this.#held > 3 * this.#limit;
  }

  /**
   * Merges the texts held, in steps; each yields how many texts it has merged. Returns the texts
   * that are the first by now, in order.
   */
  *settle(): Generator<number, readonly string[]> {
    const merge = new Merge(this.#runs, this.#isReversed);
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

/** Merges sorted runs by a heap of them, with the run whose text comes first on top. */
class Merge {
  readonly #heap: Source[];
  readonly #isReversed: boolean;

  constructor(runs: readonly (readonly string[])[], isReversed: boolean) {
    this.#isReversed = isReversed;
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

  /** Moves the source at `from` down to its place in the heap. */
  #sink(from: number): void {
    const heap = this.#heap;
    const isReversed = this.#isReversed;
    const source = heap[from];
    if (source === undefined) return;
    let at = from;
    for (;;) {
      let below = 2 * at + 1;
      let least = heap[below];
      if (least === undefined) break;
      const other = heap[below + 1];
      const isSmaller = other !== undefined && other.head < least.head;
      if (other !== undefined && isSmaller !== isReversed) {
        least = other;
        below++;
      }
      if (least.head < source.head === isReversed) break;
      heap[at] = least;
      at = below;
    }
    heap[at] = source;
  }
}
