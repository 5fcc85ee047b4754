/**
 * A path that remembered outcomes hang on, and what was there when it was last looked at. Folders
 * are on the way to many files, so one look at a folder serves all of them.
 */

import type { Moments } from "./freshness.ts";
import type { SystemCalls } from "../../system/system-calls.ts";
import { errorNumber, PreparedPath, FileStat } from "../../system/system-calls.ts";

/** One for all looks; what differs is copied. */
const scratch = new FileStat();

const nothing = new FileStat();

/** Looks in their order, the last one first: what was seen at a waypoint, and those before. */
export interface Trail {
  readonly waypoint: PathWatch;
  readonly version: number;
  readonly before: Trail | undefined;
}

/** A path that is looked at again and again. */
export class PathWatch extends PreparedPath {
  readonly #calls: SystemCalls;
  readonly #moments: Moments;
  /** What the last look saw that saw something; it may be shared, and stays as it is. */
  #seen: FileStat;
  /** Of the last look: 0, or why there was nothing to see. */
  #error: number;
  #lookedAt: number;
  /** Goes up with every look that sees something else than the one before. */
  version = 0;
  /** How many remembered outcomes hang on it. */
  uses = 0;
  #trail: Trail | undefined;

  /** `seen` has been seen at `path` since the latest moment; undefined is nothing. */
  constructor(path: string, seen: FileStat | undefined, calls: SystemCalls, moments: Moments) {
    super(path);
    this.#seen = seen ?? nothing;
    this.#error = seen === undefined ? errorNumber.ENOENT : 0;
    this.#calls = calls;
    this.#moments = moments;
    this.#lookedAt = moments.last;
  }

  /** Its last look, behind those `before`; one for all who have come the same way. */
  after(before: Trail | undefined): Trail {
    const known = this.#trail;
    if (known?.before === before && known?.version === this.version) return known;
    this.#trail = { waypoint: this, version: this.version, before };
    return this.#trail;
  }

  /** Whether it is still as it was in `version`, by a look made at the moment `since` or later. */
  isStill(version: number, since: number): boolean {
    if (this.#lookedAt < since) this.look();
    return this.version === version;
  }

  /** Looks. */
  look(): void {
    this.#lookedAt = this.#moments.last;
    const error = this.#calls.look(this, scratch);
    if (error === this.#error && (error !== 0 || this.#isAsBefore())) return;
    this.#error = error;
    if (error === 0) this.#seen = scratch.copy();
    this.version++;
  }

  /** What is in a folder, and so its size and its times, is nothing that hangs on the folder. */
  #isAsBefore(): boolean {
    if (scratch.isFolder && this.#seen.isFolder) return scratch.isSameFolder(this.#seen);
    return scratch.isSame(this.#seen);
  }

  /** Whether the last look saw what someone else has `seen`; undefined is nothing. */
  agreesWith(seen: FileStat | undefined): boolean {
    if (seen === undefined) return this.#error !== 0;
    if (this.#error !== 0) return false;
    return seen.isFolder ? this.#seen.isSameFolder(seen) : this.#seen.isSame(seen);
  }
}
