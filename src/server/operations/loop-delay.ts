/**
 * How late the event loop comes to what is due: an alarm that is set again and again, and how long
 * after its time it rang. While the loop is busy with one callback, no client of the process gets
 * an answer. The alarm doesn't keep the process alive.
 */

import type { Clock } from "../../schedule/clock.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import { Histogram } from "./histogram.ts";
import type { MetricFamily } from "./metric-family.ts";

/** In seconds. A timer of the system is a millisecond late at times. */
const delayBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The delays of one event loop. */
export class LoopDelay {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #delays = new Histogram(delayBounds);

  constructor(clock: Clock, alarm: Alarm) {
    this.#clock = clock;
    this.#alarm = alarm;
  }

  /** Looks `everyMs` from now on. */
  begin(everyMs: number): void {
    const dueMs = this.#clock.monotonicMs() + everyMs;
    this.#alarm.set(everyMs, () => {
      this.#delays.observe(Math.max(0, this.#clock.monotonicMs() - dueMs) / 1000);
      this.begin(everyMs);
    });
  }

  /** Looks no more. */
  stop(): void {
    this.#alarm.clear();
  }

  family(): MetricFamily {
    return {
      name: "postern_event_loop_delay_seconds",
      type: "histogram",
      help: "How late the event loop came to a timer.",
      samples: this.#delays.samples(),
    };
  }
}
