/**
 * What looking for a path has come to, remembered with the looks that it was made of, and what was
 * concluded from it.
 *
 * A conclusion, an answer say, rests on every finding that was asked for while it was made. It
 * stands as long as all of them do, and it is let go of with the first that is forgotten: what
 * hangs on a memory must not outlive it.
 */

import type { Outcome } from "../tree.ts";
import type { Trail } from "./path-watch.ts";

/** The oldest gives way: a file may be asked for in any number of ways. */
const conclusionsMax = 64;

/** An outcome, with what hangs on it. */
export class Lookup {
  readonly text: string;
  readonly resolution: Outcome;
  /** The looks it was made of; undefined for none. */
  readonly trail: Trail | undefined;
  /** Undefined while there are none, as for most that are asked for once. */
  #conclusions: Conclusion<unknown>[] | undefined;
  #bytes: number;
  /** Whether it has been asked for since it was last looked at for that. */
  isAskedFor = true;

  /** `bytes` is what all of it costs. */
  constructor(text: string, resolution: Outcome, trail: Trail | undefined, bytes: number) {
    this.text = text;
    this.resolution = resolution;
    this.trail = trail;
    this.#bytes = bytes;
  }

  /** What it costs, with what was concluded from it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it is what would be found again, by looks that are not before `since`. */
  isStill(since: number): boolean {
    for (let at = this.trail; at !== undefined; at = at.before) {
      if (!at.waypoint.isStill(at.version, since)) return false;
    }
    this.isAskedFor = true;
    return true;
  }

  /** `conclusion` rests on it, too. */
  carry(conclusion: Conclusion<unknown>): void {
    this.#conclusions ??= [];
    if (this.#conclusions.length === conclusionsMax) {
      const [oldest] = this.#conclusions.splice(0, 1);
      this.#bytes -= oldest?.bytes ?? 0;
      oldest?.drop();
    }
    this.#conclusions.push(conclusion);
    this.#bytes += conclusion.bytes;
  }

  /** It is forgotten. */
  drop(): void {
    for (const conclusion of this.#conclusions ?? []) conclusion.drop();
    this.#conclusions = undefined;
  }
}

/** Something that follows from findings and from nothing else that changes. */
export class Conclusion<Value> {
  /** What it costs beside what it shares with the findings; counted with each of them. */
  readonly bytes: number;
  #value: Value | undefined;
  /** What it rests on: mostly one finding, else that and others. */
  #first: Lookup | undefined;
  #others: readonly Lookup[] | undefined;

  constructor(value: Value, bytes: number, [first, ...others]: readonly Lookup[]) {
    this.#value = value;
    this.bytes = bytes;
    this.#first = first;
    this.#others = others.length === 0 ? undefined : others;
  }

  /** What was concluded, if that stands by looks that are not before `since`. */
  valueSince(since: number): Value | undefined {
    if (this.#value !== undefined && !this.#isStill(since)) this.drop();
    return this.#value;
  }

  #isStill(since: number): boolean {
    if (this.#first?.isStill(since) !== true) return false;
    return this.#others?.every((finding) => finding.isStill(since)) !== false;
  }

  /** Lets go of everything. */
  drop(): void {
    this.#value = undefined;
    this.#first = undefined;
    this.#others = undefined;
  }
}
