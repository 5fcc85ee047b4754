/**
 * Time that passes when a test says so, with an alarm that rings when its moment has come.
 */

import type { Clock } from "../../src/schedule/clock.ts";
import type { Alarm } from "../../src/schedule/scheduler.ts";

/** 2026-11-22T15:04:05.678Z, a Sunday. */
export const startMs = Date.UTC(2026, 10, 22, 15, 4, 5, 678);

export class FakeClock implements Clock, Alarm {
  #nowMs: number;
  readonly #originMs: number;
  #ringMs = Infinity;
  #ring: (() => void) | undefined;
  /** How often the alarm has been set. */
  alarmsSet = 0;

  /** `monotonicStartMs` is what `monotonicMs` says at first. */
  constructor(monotonicStartMs = 1000) {
    this.#nowMs = monotonicStartMs;
    this.#originMs = monotonicStartMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  turnMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return startMs + this.#nowMs - this.#originMs;
  }

  set(afterMs: number, ring: () => void): void {
    if (!(afterMs > 0)) throw new RangeError(`not a span that a timer keeps: ${afterMs}`);
    this.alarmsSet++;
    this.#ringMs = this.#nowMs + afterMs;
    this.#ring = ring;
  }

  clear(): void {
    this.#ringMs = Infinity;
    this.#ring = undefined;
  }

  /** When the alarm rings; Infinity when it isn't set. */
  get alarmMs(): number {
    return this.#ringMs;
  }

  /** Lets time pass; the alarm rings at its moment, and again if it is set again. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    while (this.#ringMs <= endMs) {
      // An alarm that is overdue rings now.
      this.#nowMs = Math.max(this.#nowMs, this.#ringMs);
      const ring = this.#ring;
      this.clear();
      ring?.();
    }
    this.#nowMs = endMs;
  }

  /** Lets time pass while the event loop is busy: the alarm rings at the next `advance`, late. */
  stall(forMs: number): void {
    this.#nowMs += forMs;
  }

  /** Lets time pass while the process sleeps: the alarm rings at the end, once, and late. */
  sleep(forMs: number): void {
    this.#nowMs += forMs;
    if (this.#ringMs > this.#nowMs) return;
    const ring = this.#ring;
    this.clear();
    ring?.();
  }
}
