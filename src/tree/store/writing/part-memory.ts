/**
 * The memory of parts that are on their way to the store, of all uploads of a tree together. An
 * upload takes all that its part will need before the first octet, so that no two wait for what the
 * other one has; then it is sure to get its part together. When there is no room it waits, in the
 * order in which uploads came, and its client is held back meanwhile.
 *
 * A client that sends slowly must not keep others waiting: while some wait, one that is too slow
 * is ended, as for other bounds of uploads.
 */

import type { Milliseconds } from "../../../base/units.ts";
import type { Scheduler } from "../../../schedule/scheduler.ts";

/** What the memory needs. */
interface MemoryParts {
  readonly scheduler: Pick<Scheduler, "alarm">;
  /** All parts together; one that is alone may have any size. */
  readonly bytesMax: number;
  /** The size of most parts. */
  readonly partBytes: number;
  /** How long one waits at most. */
  readonly waitMs: Milliseconds;
  /** Ends a file that comes too slowly; false when there is none. */
  readonly makeRoom: () => Promise<boolean>;
}

/** Between two looks for an upload that is too slow, while others wait. */
const lookMs = 1000;

/** One that waits. */
interface Waiting {
  readonly bytes: number;
  readonly settle: (isTaken: boolean) => void;
}

/** The memory of one tree. */
export class PartMemory {
  readonly #parts: MemoryParts;
  readonly #queue = new Set<Waiting>();
  /** Buffers of parts: a new one for each would wait for the collector. */
  readonly #kept: Uint8Array<ArrayBuffer>[] = [];
  #taken = 0;
  #isLooking = false;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
  }

  /** How much is taken. */
  get bytes(): number {
    return this.#taken;
  }

  /** Whether half of it is free. */
  get isRoomy(): boolean {
    return this.#taken <= this.#parts.bytesMax / 2;
  }

  /** A buffer of `bytes`, whose content isn't defined. */
  buffer(bytes: number): Uint8Array<ArrayBuffer> {
    const kept = bytes === this.#parts.partBytes ? this.#kept.pop() : undefined;
    return kept ?? new Uint8Array(bytes);
  }

  /** Keeps `buffer` for another part, if it is as large as most are. */
  keep(buffer: Uint8Array<ArrayBuffer>): void {
    const { partBytes, bytesMax } = this.#parts;
    const isKept = buffer.length === partBytes && (this.#kept.length + 1) * partBytes <= bytesMax;
    if (isKept && this.#taken > 0) this.#kept.push(buffer);
  }

  /** Takes `bytes`, when there is room; false when that takes too long. `give` gives them back. */
  async take(bytes: number): Promise<boolean> {
    if (this.#queue.size === 0 && this.#fits(bytes)) {
      this.#taken += bytes;
      return true;
    }
    const { scheduler, waitMs } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const alarm = scheduler.alarm();
    const waiting: Waiting = {
      bytes,
      settle: (isTaken) => {
        this.#queue.delete(waiting);
        alarm.clear();
        resolve(isTaken);
      },
    };
    this.#queue.add(waiting);
    alarm.set(waitMs, () => waiting.settle(false));
    if (!this.#isLooking) void this.#look();
    return await promise;
  }

  /** Gives `bytes` back, to those that wait. */
  give(bytes: number): void {
    this.#taken -= bytes;
    // Nothing is kept while nothing is uploaded.
    if (this.#taken === 0 && this.#queue.size === 0) this.#kept.length = 0;
    for (const waiting of this.#queue) {
      if (!this.#fits(waiting.bytes)) return;
      this.#taken += waiting.bytes;
      waiting.settle(true);
    }
  }

  #fits(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#parts.bytesMax;
  }

  /** Ends uploads that are too slow, as long as others wait. */
  async #look(): Promise<void> {
    const { scheduler, makeRoom } = this.#parts;
    this.#isLooking = true;
    while (this.#queue.size > 0) {
      if (await makeRoom()) continue;
      await new Promise<void>((resolve) => scheduler.alarm().set(lookMs, resolve));
    }
    this.#isLooking = false;
  }
}
