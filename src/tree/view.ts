/**
 * How fresh an answer must be, and what it depends on. A view is created for one request that the
 * response cache could not answer, passed as an argument from the site to the tree, and never
 * reused. No other state concerns freshness.
 */

/**
 * A point in the order of arrivals and looks at trees: a count, not a time (see
 * `schedule/logical-clock.ts`).
 */
export type Moment = number;

/** Something that an answer depends on: a lookup, or the edition of a tree in memory. */
export interface Dependency {
  /** Whether it is still valid according to looks made at `since` or later. */
  isCurrent(since: Moment): boolean;
  /**
   * Makes `dependent` depend on this: its bytes are counted here, and it is dropped when this is
   * evicted. False when this has already been evicted, or has no room for it.
   */
  attach(dependent: Dependent): boolean;
  /** Undoes `attach`. Does nothing if `dependent` isn't attached. */
  detach(dependent: Dependent): void;
}

/** A cached value that is dropped with any of its dependencies. */
export interface Dependent {
  /** Its cost in bytes, without what it shares with its dependencies. */
  readonly bytes: number;
  /**
   * Called when one of its dependencies has been evicted: it must not be used again. It detaches
   * itself from the others.
   */
  drop(): void;
}

/** How fresh one answer must be, and what it depends on. */
export class View {
  /** A look counts if it was made at this moment or later. With Infinity only a new look counts. */
  readonly since: Moment;
  /** A time before the first look for this answer, in milliseconds since 1970 (UTC). */
  readonly receivedMs: number;
  /**
   * Whether the answer can be done without: storage that fails is not asked again, and its failure
   * says nothing of the rest.
   */
  readonly isOptional: boolean;
  #dependencies: Dependency[] | undefined;
  /** Whether the dependencies are complete. */
  #isRepeatable = true;

  constructor(since: Moment, receivedMs: number, isOptional = false) {
    this.since = since;
    this.receivedMs = receivedMs;
    this.isOptional = isOptional;
  }

  /** A view for an answer that is made later, or by a route: every look is made anew. */
  static anew(receivedMs: number): View {
    const view = new View(Infinity, receivedMs);
    view.dependOnMore();
    return view;
  }

  /**
   * A view for one of many looks that no request will repeat, such as those for an archive. When it
   * was asked for isn't known, so no file counts as settled, and the tree caches none: a tree that
   * is read through once would otherwise drive out what is asked for again.
   */
  static passing(): View {
    return View.anew(-Infinity);
  }

  /**
   * A view as fresh as this one, for a question whose answer can be done without. It has
   * dependencies of its own, which the caller includes.
   */
  optional(): View {
    return new View(this.since, this.receivedMs, true);
  }

  /**
   * The dependencies in the order of their use; undefined when the answer also depends on something
   * that can't be checked again.
   */
  get dependencies(): readonly Dependency[] | undefined {
    return this.#isRepeatable ? (this.#dependencies ?? []) : undefined;
  }

  /** Records that the answer depends on `dependency`. */
  depend(dependency: Dependency): void {
    if (this.#isRepeatable) (this.#dependencies ??= []).push(dependency);
  }

  /** Records that the answer depends on all that `other` does. */
  include(other: View): void {
    const { dependencies } = other;
    if (dependencies === undefined) this.dependOnMore();
    else for (const dependency of dependencies) this.depend(dependency);
  }

  /** Records a dependency that can't be checked again, so the answer must not be cached. */
  dependOnMore(): void {
    this.#isRepeatable = false;
    this.#dependencies = undefined;
  }
}
