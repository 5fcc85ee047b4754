/**
 * How long a client may pause while a response is sent to it. Media players, debuggers and pagers
 * pause for a minute, and the response that waits costs little while there are few. A response that
 * isn't read holds a connection and up to some megabytes of memory, most of it the kernel's. The
 * patience shrinks as either gets scarce, so clients that never read can't exhaust them.
 */

import type { Limits } from "../../base/limits.ts";

/**
 * How many times as long a client may pause that has just read enough to earn the time. Its kernel
 * reports room for 64 to 100 kB at a time, which are six minutes at the least rate.
 */
const earnedTimes = 6;

/** The patience of one listener with all its clients. */
export class WritePatience {
  /** The share of the connections that are open, from 0 to 1. */
  readonly #share: () => number;
  #unreadBytes = 0;

  constructor(share: () => number) {
    this.#share = share;
  }

  /** A response that waits for its client holds `bytes` more, or fewer if negative. */
  hold(bytes: number): void {
    this.#unreadBytes += bytes;
  }

  /**
   * How long a write may make no progress now: `writeTimeMs` up to half of what there is, then ever
   * less, and `writeTimeScarceMs` when all is taken.
   */
  timeMs({ writeTimeMs, writeTimeScarceMs, unreadScarceBytes }: Limits): number {
    const used = Math.max(this.#share(), this.#unreadBytes / Math.max(1, unreadScarceBytes));
    const scarcity = Math.min(1, Math.max(0, 2 * used - 1));
    return writeTimeMs - scarcity * Math.max(0, writeTimeMs - writeTimeScarceMs);
  }

  /** How much longer a client may pause, at most, by what it has read; 0 when things are scarce. */
  earnedMsMax(limits: Limits): number {
    return (earnedTimes - 1) * Math.max(0, this.timeMs(limits) - limits.writeTimeScarceMs);
  }
}
