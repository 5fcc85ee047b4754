/**
 * The scheduler of the process's own event loop: the only caller of `setImmediate` and `setTimeout`
 * in the server.
 *
 * `setImmediate` callbacks run after the callbacks of all sockets that were ready, and before the
 * loop polls again. One of them ends the turn, and one runs all deferred functions, so a turn costs
 * at most two, however many functions wait.
 */

import type { Alarm, Scheduler } from "./scheduler.ts";

/** A timer of the event loop. */
class LoopAlarm implements Alarm {
  #timer: ReturnType<typeof setTimeout> | undefined;

  set(afterMs: number, ring: () => void): void {
    this.clear();
    this.#timer = setTimeout(ring, afterMs);
    this.#timer.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** The event loop's turns, counted from the first question for one. */
export class EventLoop implements Scheduler {
  #turn = 0;
  /** Whether the turn that was counted last has not ended yet. */
  #isTurning = false;
  readonly #atEnd: (() => void)[] = [];
  readonly #deferred = new Set<() => void>();
  /** Whether `#runDeferred` is due. */
  #isNextTurnDue = false;

  turn(): number {
    if (!this.#isTurning) {
      this.#isTurning = true;
      this.#turn++;
      setImmediate(this.#endTurn);
    }
    return this.#turn;
  }

  afterTurn(run: () => void): void {
    this.turn();
    this.#atEnd.push(run);
  }

  readonly #endTurn = (): void => {
    try {
      // The loop also reaches the callbacks that are added while it runs.
      for (const run of this.#atEnd) run();
    } finally {
      this.#atEnd.length = 0;
      this.#isTurning = false;
    }
  };

  defer(run: () => void): void {
    this.#deferred.add(run);
    this.#awaitNextTurn();
  }

  #awaitNextTurn(): void {
    if (this.#isNextTurnDue) return;
    this.#isNextTurnDue = true;
    setImmediate(this.#runDeferred);
  }

  readonly #runDeferred = (): void => {
    this.#isNextTurnDue = false;
    // Functions that are deferred from here on come behind these, and wait for the turn after.
    let due = this.#deferred.size;
    try {
      for (const run of this.#deferred) {
        if (due-- === 0) break;
        this.#deferred.delete(run);
        run();
      }
    } finally {
      // An error of one must not lose the others.
      if (this.#deferred.size > 0) this.#awaitNextTurn();
    }
  };

  nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  alarm(): Alarm {
    return new LoopAlarm();
  }
}
