/**
 * One timer for all throttled connections. Moments are rounded up to a grid, so that however many
 * connections wait, the event loop is woken a hundred times in a second at most.
 */

import type { Clock } from "../../schedule/clock.ts";
import type { Alarm } from "../../schedule/scheduler.ts";

/** Something that waits for its moment. */
export interface Waiter {
  /** When it is to be woken, on the monotonic clock; Infinity for never. */
  readonly wakeMs: number;
  wake(): void;
}

const gridMs = 10;

/** Those that wait, and when the first of them is woken. */
export class WakeUps {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #waiters = new Set<Waiter>();
  #ringMs = Infinity;

  constructor(clock: Clock, alarm: Alarm) {
    this.#clock = clock;
    this.#alarm = alarm;
  }

  /** Wakes `waiter` at its `wakeMs` or a little later, once. */
  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
    this.#setFor(waiter.wakeMs);
  }

  remove(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size > 0) return;
    this.#alarm.clear();
    this.#ringMs = Infinity;
  }

  #setFor(wakeMs: number): void {
    const ringMs = Math.ceil(wakeMs / gridMs) * gridMs;
    if (ringMs >= this.#ringMs) return;
    this.#ringMs = ringMs;
    this.#alarm.set(Math.max(1, ringMs - this.#clock.monotonicMs()), this.#ring);
  }

  readonly #ring = (): void => {
    const nowMs = this.#clock.monotonicMs();
    this.#ringMs = Infinity;
    // Those that are woken may wait again at once, or take others away.
    const due = Array.from(this.#waiters).filter(({ wakeMs }) => wakeMs <= nowMs);
    for (const waiter of due) if (this.#waiters.delete(waiter)) waiter.wake();
    let firstMs = Infinity;
    for (const { wakeMs } of this.#waiters) firstMs = Math.min(firstMs, wakeMs);
    if (firstMs !== Infinity) this.#setFor(firstMs);
  };
}
