/**
 * How long this process was stalled. A timer is due every few milliseconds; it fires late when the
 * machine runs other processes, or when a task blocks the event loop.
 */

import { checkLimits } from "../limits.ts";

const { stallIntervalMs: intervalMs } = checkLimits;

/** Measures stalls from its construction until it is disposed of. */
export class Stalls implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;
  #lastMs = performance.now();
  #lostMs = 0;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), intervalMs);
  }

  /** The sum of all stalls in milliseconds. The usual jitter of a timer is not counted. */
  lostMs(): number {
    this.#tick();
    return this.#lostMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const lateMs = now - this.#lastMs - intervalMs;
    this.#lastMs = now;
    if (lateMs > intervalMs) this.#lostMs += lateMs;
  }
}
