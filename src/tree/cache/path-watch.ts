/**
 * A path that cached lookups depend on, and what was there when it was last looked at. Folders are
 * on the way to many files, so one look at a folder serves all of them.
 */

import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { SystemCalls } from "../../system/system-calls.ts";
import { FileStat } from "../../system/file-stat.ts";
import { errorNumber, PreparedPath } from "../../system/system-calls.ts";
import type { Moment } from "../view.ts";

/** Filled by every look; what differs from before is copied. */
const scratch = new FileStat();

const nothing = new FileStat();

/**
 * Watches in the order of the way, the last one first, each at the version that was seen. Paths
 * below the same folder share the chain of that folder.
 */
export interface WatchChain {
  readonly watch: PathWatch;
  readonly version: number;
  readonly before: WatchChain | undefined;
}

/** A path that is looked at again and again. */
export class PathWatch extends PreparedPath {
  readonly #calls: SystemCalls;
  readonly #clock: LogicalClock;
  /** What the last look saw that saw something. It may be shared, and is never changed. */
  #seen: FileStat;
  /** Of the last look: 0, or the number of the error. */
  #error: number;
  #lookedAt: Moment;
  /** Goes up with every look that sees something else than the one before. */
  version = 0;
  /** How many cached lookups depend on it. */
  uses = 0;
  #chain: WatchChain | undefined;

  /** `seen` was seen at `path` since the latest moment; undefined is nothing. */
  constructor(path: string, seen: FileStat | undefined, calls: SystemCalls, clock: LogicalClock) {
    super(path);
    this.#seen = seen ?? nothing;
    this.#error = seen === undefined ? errorNumber.ENOENT : 0;
    this.#calls = calls;
    this.#clock = clock;
    this.#lookedAt = clock.now;
  }

  /** This watch as it is now, behind those `before`; one chain for all lookups by the same way. */
  after(before: WatchChain | undefined): WatchChain {
    const known = this.#chain;
    if (known?.before === before && known?.version === this.version) return known;
    this.#chain = { watch: this, version: this.version, before };
    return this.#chain;
  }

  /** Whether it is still as it was in `version`, by a look made at the moment `since` or later. */
  isCurrent(version: number, since: Moment): boolean {
    if (this.#lookedAt < since) this.look();
    return this.version === version;
  }

  /** Looks. */
  look(): void {
    this.#lookedAt = this.#clock.now;
    const error = this.#calls.look(this, scratch);
    if (error === this.#error && (error !== 0 || this.#isAsBefore())) return;
    this.#error = error;
    if (error === 0) this.#seen = scratch.copy();
    this.version++;
  }

  /** What is in a folder, and so its size and its times, is nothing that lookups depend on. */
  #isAsBefore(): boolean {
    if (scratch.isFolder && this.#seen.isFolder) return scratch.isSameFolder(this.#seen);
    return scratch.isSame(this.#seen);
  }

  /** Whether the last look saw what somewhere else was `seen`; undefined is nothing. */
  agreesWith(seen: FileStat | undefined): boolean {
    if (seen === undefined) return this.#error !== 0;
    if (this.#error !== 0) return false;
    return seen.isFolder ? this.#seen.isSameFolder(seen) : this.#seen.isSame(seen);
  }
}
