/**
 * How much the folder of uploads may hold. What lies there is counted when the first upload comes,
 * and from then on kept up to date by what is stored and removed here. What other programs and
 * other processes do is seen by counting anew now and then.
 *
 * A file that is being written holds what its client has announced, or what has come of it, so that
 * many at one time can't exceed the quota together. So a client that announces much and sends
 * slowly would keep others out: its upload is ended for one that needs the room. A file that
 * replaces another one needs room for both until it has its name.
 *
 * A file counts in whole blocks of 4 KiB, as file systems store it; an empty one, a folder and a
 * link count as one block. So millions of empty files can't be made for nothing.
 */

import type { Clock } from "../../schedule/clock.ts";

const blockBytes = 4096;

/** What a file of `octets` octets counts. */
export function countedBytes(octets: number): number {
  return Math.max(1, Math.ceil(octets / blockBytes)) * blockBytes;
}

/** Why there is no room: the quota is reached, or what lies there can't be counted. */
type QuotaFault = "quota" | "quota-uncounted";

/** What a quota is made of. */
interface QuotaOptions {
  /** In bytes, as `countedBytes` counts. */
  readonly bytesMax: number;
  /** What lies there, but for entries whose name `isLeftOut` says; undefined if it is unknown. */
  readonly count: (isLeftOut: (name: string) => boolean) => Promise<number | undefined>;
  readonly clock: Clock;
  /** For how long a count holds. */
  readonly recountMs: number;
  /**
   * Ends a file that is written too slowly to hold its room; resolves when that is given back, to
   * false when there is none.
   */
  readonly makeRoom: () => Promise<boolean>;
}

/** When there is no room, a count older than this is made anew first. */
const refusalRecountMs = 1000;

/** A count that takes long is made less often: for a twentieth of the time at most. */
const recountShare = 20;

/** The room in the folder of uploads. */
export class UploadQuota {
  readonly #options: QuotaOptions;
  /** What lies there, without what is being written; undefined if that is unknown. */
  #used: number | undefined;
  /** What is held for files that are being written. */
  #held = 0;
  /** The names of those files. */
  readonly #names = new Set<string>();
  #countedMs = -Infinity;
  #countTookMs = 0;
  #counting: Promise<void> | undefined;
  /** What was stored since the count began that is under way. */
  #storedMeanwhile = 0;

  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  /** How much the folder may hold, in bytes. */
  get bytesMax(): number {
    return this.#options.bytesMax;
  }

  /** What lies there or is held for what is being written, in bytes; undefined if it is unknown. */
  get usedBytes(): number | undefined {
    return this.#used === undefined ? undefined : this.#used + this.#held;
  }

  /** A file called `name` is going to be written. Its room is 0 until it asks for some. */
  begin(name: string): QuotaRoom {
    this.#names.add(name);
    return new QuotaRoom(this, name);
  }

  /** A file called `name`, which has `octets` octets, is going to be written on. */
  reopen(name: string, octets: number): QuotaRoom {
    this.#names.add(name);
    const bytes = countedBytes(octets);
    this.removed(octets);
    this.#held += bytes;
    return new QuotaRoom(this, name, bytes);
  }

  /** Counts what is stored at once, such as a new folder; or why there is no room for it. */
  async add(octets: number): Promise<QuotaFault | undefined> {
    const bytes = countedBytes(octets);
    const fault = await this.hold(bytes);
    if (fault === undefined) this.store(bytes, bytes);
    return fault;
  }

  /** A file, or a folder, of `octets` octets is gone. */
  removed(octets: number): void {
    if (this.#used !== undefined) this.#used = Math.max(0, this.#used - countedBytes(octets));
  }

  /** Holds `bytes` more, or says why there is no room for them. */
  async hold(bytes: number): Promise<QuotaFault | undefined> {
    const { recountMs, bytesMax, makeRoom } = this.#options;
    await this.#countAfter(Math.max(recountMs, this.#countTookMs * recountShare));
    if (!this.#hasRoom(bytes)) await this.#countAfter(refusalRecountMs);
    if (this.#used === undefined) return "quota-uncounted";
    while (!this.#hasRoom(bytes)) {
      // Only what is held can be given back.
      if (this.#used + bytes > bytesMax || !(await makeRoom())) return "quota";
    }
    this.#held += bytes;
    return undefined;
  }

  #hasRoom(bytes: number): boolean {
    return this.#used !== undefined && this.#used + this.#held + bytes <= this.#options.bytesMax;
  }

  /** Of what was held, `held` bytes are held no more, and `stored` lie there now. */
  store(held: number, stored: number): void {
    this.#held -= held;
    if (this.#used !== undefined) this.#used += stored;
    this.#storedMeanwhile += stored;
  }

  /** The file called `name` isn't written any more. */
  forget(name: string): void {
    this.#names.delete(name);
  }

  /** Counts, unless the last count is younger than `ageMs`. */
  async #countAfter(ageMs: number): Promise<void> {
    const { clock } = this.#options;
    if (this.#counting === undefined) {
      const validMs = this.#used === undefined ? refusalRecountMs : ageMs;
      if (clock.turnMs() - this.#countedMs < validMs) return;
      this.#counting = this.#count();
    }
    await this.#counting;
  }

  async #count(): Promise<void> {
    const { clock, count } = this.#options;
    const beganMs = clock.monotonicMs();
    this.#storedMeanwhile = 0;
    try {
      const bytes = await count((name) => this.#names.has(name));
      // Some of what was stored meanwhile may be in both; the next count has it once.
      this.#used = bytes === undefined ? undefined : bytes + this.#storedMeanwhile;
    } finally {
      this.#countedMs = clock.monotonicMs();
      this.#countTookMs = this.#countedMs - beganMs;
      this.#counting = undefined;
    }
  }
}

/** The room of one file that is being written. */
export class QuotaRoom {
  readonly #quota: UploadQuota;
  readonly #name: string;
  /** In bytes, as `countedBytes` counts. */
  #held: number;

  /** To be made by `UploadQuota`. */
  constructor(quota: UploadQuota, name: string, held = 0) {
    this.#quota = quota;
    this.#name = name;
    this.#held = held;
  }

  /** Makes it large enough for `octets` octets; or says why it can't be. */
  async grow(octets: number): Promise<QuotaFault | undefined> {
    const more = countedBytes(octets) - this.#held;
    if (more <= 0) return undefined;
    const fault = await this.#quota.hold(more);
    if (fault === undefined) this.#held += more;
    return fault;
  }

  /** The file is whole, and has `octets` octets. */
  shrink(octets: number): void {
    const less = this.#held - countedBytes(octets);
    if (less <= 0) return;
    this.#held -= less;
    this.#quota.store(less, 0);
  }

  /**
   * The file lies there with `octets` octets, in place of one of `replacedOctets` octets if there
   * was one.
   */
  store(octets: number, replacedOctets?: number): void {
    this.#quota.store(this.#held, countedBytes(octets));
    if (replacedOctets !== undefined) this.#quota.removed(replacedOctets);
    this.#end();
  }

  /** The file is gone. */
  release(): void {
    this.#quota.store(this.#held, 0);
    this.#end();
  }

  #end(): void {
    this.#held = 0;
    this.#quota.forget(this.#name);
  }
}
