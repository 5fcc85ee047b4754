/**
 * Collects garbage when the server has become quiet. The engine collects all of its heap only when
 * that has doubled, and what was evicted from caches is seldom young enough for its smaller
 * collections. After a burst of distinct requests the process would keep several times what the
 * caches hold, for hours.
 *
 * A collection holds up the loop, by some 50 ms for a heap of 100 MB. So one is made only if the
 * process has grown by `collectGrowthBytes` since the collection before, and after half a second
 * with few turns; or, if it has grown by three times that, also while the server is busy. A process
 * that is large, because of what else runs in it, may grow by an eighth, and one of more than
 * `collectProcessBytesMax` is left to the engine.
 */

import type { Limits } from "../base/limits.ts";
import type { Alarm, Scheduler } from "./scheduler.ts";

/** From one look at the memory to the next. */
const lookEachMs = 500;

/** So many times `collectGrowthBytes` don't wait until the server is quiet. */
const urgentTimes = 3;

/** With at most so many turns from one look to the next, the server is quiet. */
const quietTurnsMax = 10;

/** The memory of a process. */
interface ProcessMemory {
  /** What the process has in memory, in bytes (RSS). */
  residentBytes(): number;
  /** Collects garbage, and gives what becomes free back to the system. */
  collect(): void;
}

/** The memory of this process. */
export const ownMemory: ProcessMemory = {
  residentBytes: () => process.memoryUsage.rss(),
  collect: () => Bun.gc(true),
};

/** Decides when to collect. */
export class Collector {
  readonly #growthBytes: number;
  readonly #processBytesMax: number;
  readonly #hasConnections: () => boolean;
  readonly #memory: ProcessMemory;
  readonly #alarm: Alarm;
  readonly #scheduler: Pick<Scheduler, "turn">;
  /** The turn of the last look. */
  #turn = 0;
  /** What the process had after the last collection. */
  #restingBytes: number;
  #isSet = false;
  /** Whether a connection was closed since the last look. */
  #isNoted = false;

  /** Looks at the memory while there are connections, and once after the last. */
  constructor(
    limits: Pick<Limits, "collectGrowthBytes" | "collectProcessBytesMax">,
    hasConnections: () => boolean,
    scheduler: Pick<Scheduler, "turn" | "alarm">,
    memory: ProcessMemory,
  ) {
    this.#growthBytes = limits.collectGrowthBytes;
    this.#processBytesMax = limits.collectProcessBytesMax;
    this.#hasConnections = hasConnections;
    this.#scheduler = scheduler;
    this.#alarm = scheduler.alarm();
    this.#memory = memory;
    this.#restingBytes = memory.residentBytes();
  }

  /** A connection has begun to be used, or was closed. */
  note(): void {
    this.#isNoted = true;
    if (!this.#isSet) this.#set();
  }

  #set(): void {
    this.#isSet = true;
    this.#alarm.set(lookEachMs, this.#look);
  }

  readonly #look = (): void => {
    this.#isSet = false;
    const turn = this.#scheduler.turn();
    const times = turn - this.#turn > quietTurnsMax ? urgentTimes : 1;
    this.#turn = turn;
    const isLast = !this.#isNoted && !this.#hasConnections();
    this.#isNoted = false;
    const bytes = this.#memory.residentBytes();
    const grownMin = times * Math.max(this.#growthBytes, this.#restingBytes / 8);
    if (bytes - this.#restingBytes >= grownMin && bytes <= this.#processBytesMax) {
      this.#memory.collect();
      this.#restingBytes = this.#memory.residentBytes();
    }
    if (!isLast) this.#set();
  };
}
