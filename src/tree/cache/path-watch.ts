/**
 * A path that cached lookups depend on, and the result of the last look at it. Many lookups share
 * the watch of a folder, so one look at it serves all of them.
 */

import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { SystemCalls } from "../../system/system-calls.ts";
import { FileStat } from "../../system/file-stat.ts";
import { errorNumber, PreparedPath } from "../../system/system-calls.ts";
import type { Moment } from "../view.ts";

/** Written by every look, and copied only if it differs from the previous result. */
const scratch = new FileStat();

const nothing = new FileStat();

/**
 * The watches of a path's components, the last one first, each with the version that the lookup
 * saw. Paths in the same folder share the chain of that folder.
 */
export interface WatchChain {
  readonly watch: PathWatch;
  readonly version: number;
  readonly before: WatchChain | undefined;
}

/** A path that is looked at repeatedly. */
export class PathWatch extends PreparedPath {
  readonly #calls: SystemCalls;
  readonly #clock: LogicalClock;
  /** The result of the last successful look. It may be shared and is never modified. */
  #seen: FileStat;
  /** The error number of the last look; 0 if it succeeded. */
  #error: number;
  #lookedAt: Moment;
  /** Incremented by every look that differs from the previous one. */
  version = 0;
  /** How many cached lookups depend on it. */
  uses = 0;
  #chain: WatchChain | undefined;

  /**
   * `seen` is the result of a look at `path` since the latest moment; undefined if nothing was
   * there.
   */
  constructor(path: string, seen: FileStat | undefined, calls: SystemCalls, clock: LogicalClock) {
    super(path);
    this.#seen = seen ?? nothing;
    this.#error = seen === undefined ? errorNumber.ENOENT : 0;
    this.#calls = calls;
    this.#clock = clock;
    this.#lookedAt = clock.now;
  }

  /**
   * The chain of `before` and this watch at its present version, shared by all lookups with the
   * same components.
   */
  after(before: WatchChain | undefined): WatchChain {
    const known = this.#chain;
    if (known?.before === before && known?.version === this.version) return known;
    this.#chain = { watch: this, version: this.version, before };
    return this.#chain;
  }

  /** Whether `version` is still the present one, according to a look made at `since` or later. */
  isCurrent(version: number, since: Moment): boolean {
    if (this.#lookedAt < since) this.look();
    return this.version === version;
  }

  /** Looks at the path, and increments `version` if something has changed. */
  look(): void {
    this.#lookedAt = this.#clock.now;
    const error = this.#calls.look(this, scratch);
    if (error === this.#error && (error !== 0 || this.#isAsBefore())) return;
    this.#error = error;
    if (error === 0) this.#seen = scratch.copy();
    this.version++;
  }

  /**
   * Whether the look saw the same as before. Of folders, the size and times are ignored, because
   * lookups don't depend on their entries.
   */
  #isAsBefore(): boolean {
    if (scratch.isFolder && this.#seen.isFolder) return scratch.isSameFolder(this.#seen);
    return scratch.isSame(this.#seen);
  }

  /**
   * Whether the last look agrees with another look's result `seen`; undefined if that saw nothing.
   */
  agreesWith(seen: FileStat | undefined): boolean {
    if (seen === undefined) return this.#error === errorNumber.ENOENT;
    if (this.#error !== 0) return false;
    return seen.isFolder ? this.#seen.isSameFolder(seen) : this.#seen.isSame(seen);
  }
}
