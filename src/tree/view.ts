/**
 * How fresh an answer has to be, and what it comes to depend on. A view is made for one request
 * that the response cache could not answer, handed along as an argument from the connection through
 * the site to the tree, and never used again. Nothing about freshness is kept anywhere else.
 */

/**
 * A point in the order in which octets arrived and trees were looked at: a count, not a time (see
 * `schedule/logical-clock.ts`).
 */
export type Moment = number;

/** What an answer may depend on: a cached lookup of a tree. */
export interface Dependency {
  /** Whether it would come out the same again, by looks that were not made before `since`. */
  isCurrent(since: Moment): boolean;
  /**
   * Makes `dependent` rest on this: its bytes are counted with this, and it is dropped when this is
   * evicted. False when this has been evicted already, or has no room for it.
   */
  attach(dependent: Dependent): boolean;
  /** Takes back `attach`: `dependent` is no longer used. Does nothing if it isn't attached. */
  detach(dependent: Dependent): void;
}

/** What rests on dependencies. */
export interface Dependent {
  /** What it costs beside what it shares with its dependencies, in bytes. */
  readonly bytes: number;
  /** Called when one of its dependencies has been evicted: it is not to be used again. */
  drop(): void;
}

/** How fresh one answer has to be, and what it depends on. */
export class View {
  /** A look at a tree counts if it was made at this moment or later; Infinity: only a new one. */
  readonly since: Moment;
  /** A time before the first look for this answer, in milliseconds since 1970 (UTC). */
  readonly receivedMs: number;
  #dependencies: Dependency[] | undefined;
  /** Whether the answer depends on nothing else. */
  #isRepeatable = true;

  constructor(since: Moment, receivedMs: number) {
    this.since = since;
    this.receivedMs = receivedMs;
  }

  /** A view for who answers later, or by own means: every look is a new one. */
  static anew(receivedMs: number): View {
    const view = new View(Infinity, receivedMs);
    view.dependOnMore();
    return view;
  }

  /**
   * What the answer depends on, in the order in which it was asked for; undefined when it also
   * depends on something that can't be checked again.
   */
  get dependencies(): readonly Dependency[] | undefined {
    return this.#isRepeatable ? (this.#dependencies ?? []) : undefined;
  }

  /** The answer depends on `dependency`. */
  depend(dependency: Dependency): void {
    if (this.#isRepeatable) (this.#dependencies ??= []).push(dependency);
  }

  /** The answer depends on something that can't be checked again: it is given once. */
  dependOnMore(): void {
    this.#isRepeatable = false;
    this.#dependencies = undefined;
  }
}
