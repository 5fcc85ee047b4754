/**
 * An event loop whose turns end when a test says so.
 */

import type { Alarm, Scheduler } from "../../src/schedule/scheduler.ts";
import { FakeClock } from "./fake-clock.ts";

export class FakeScheduler implements Scheduler {
  #turn = 0;
  readonly #atEnd: (() => void)[] = [];
  #deferred = new Set<() => void>();

  turn(): number {
    return this.#turn;
  }

  afterTurn(run: () => void): void {
    this.#atEnd.push(run);
  }

  defer(run: () => void): void {
    this.#deferred.add(run);
  }

  nextTurn(): Promise<void> {
    return new Promise((resolve) => this.defer(resolve));
  }

  /** An alarm that never rings; a test that needs one to ring hands over a `FakeClock`. */
  alarm(): Alarm {
    return new FakeClock();
  }

  /** How many calls wait for the end of this turn. */
  get waiting(): number {
    return this.#atEnd.length;
  }

  /** How many functions wait for the next turn. */
  get deferred(): number {
    return this.#deferred.size;
  }

  /** Ends this turn, and begins the next one with what was deferred. */
  endTurn(): void {
    for (const run of this.#atEnd) run();
    this.#atEnd.length = 0;
    this.#turn++;
    const due = this.#deferred;
    this.#deferred = new Set();
    for (const run of due) run();
  }
}

/** A scheduler for one client alone: each question for the turn begins a new one. */
export class RestlessScheduler extends FakeScheduler {
  #asked = 0;

  override turn(): number {
    return ++this.#asked;
  }

  /** The turn is over by then. */
  override afterTurn(run: () => void): void {
    run();
  }
}
