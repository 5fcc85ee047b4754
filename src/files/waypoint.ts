/**
 * A path that remembered outcomes hang on, and what was there when it was last looked at. Folders
 * are on the way to many files, so one look at a folder serves all of them.
 */

import type { Moments } from "../base/moments.ts";
import type { SystemCalls } from "./system-calls.ts";
import { PreparedPath, Sighting } from "./system-calls.ts";

/** One for all looks; what differs is copied. */
const scratch = new Sighting();

/** A path that is looked at again and again. */
export class Waypoint {
  readonly #path: PreparedPath;
  readonly #calls: SystemCalls;
  readonly #moments: Moments;
  readonly #seen = new Sighting();
  /** Of the last look: 0, or why there was nothing to see. */
  #error = 0;
  #lookedAt = -1;
  /** Goes up with every look that sees something else than the one before. */
  version = 0;
  /** How many remembered outcomes hang on it. */
  uses = 0;

  constructor(path: string, calls: SystemCalls, moments: Moments) {
    this.#path = new PreparedPath(path);
    this.#calls = calls;
    this.#moments = moments;
  }

  get path(): string {
    return this.#path.text;
  }

  /** Whether it is still as it was in `version`, by a look made at the moment `since` or later. */
  isStill(version: number, since: number): boolean {
    if (this.#lookedAt < since) this.look();
    return this.version === version;
  }

  /** Looks. */
  look(): void {
    this.#lookedAt = this.#moments.last;
    const error = this.#calls.look(this.#path, scratch);
    if (error === this.#error && (error !== 0 || this.#isAsBefore())) return;
    this.#error = error;
    this.#seen.become(scratch);
    this.version++;
  }

  /** What is in a folder, and so its size and its times, is nothing that hangs on the folder. */
  #isAsBefore(): boolean {
    if (scratch.isFolder && this.#seen.isFolder) return scratch.isSameFolder(this.#seen);
    return scratch.isSame(this.#seen);
  }

  /** Whether the last look saw what someone else has `seen`; undefined is nothing. */
  agreesWith(seen: Sighting | undefined): boolean {
    if (seen === undefined) return this.#error !== 0;
    if (this.#error !== 0) return false;
    return seen.isFolder ? this.#seen.isSameFolder(seen) : this.#seen.isSame(seen);
  }
}
