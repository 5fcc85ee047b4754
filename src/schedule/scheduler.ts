/**
 * The event loop, as the code that shares it sees it: turns, and one-shot timers. Everything that
 * waits for a turn or for time is handed a scheduler, so a test can decide when a turn ends.
 *
 * A turn is one round of the event loop: the loop polls all sockets, and the callbacks of those
 * that are ready run one after the other.
 */

/** A one-shot timer that can be set again. */
export interface Alarm {
  /** Calls `ring` once, `afterMs` from now. An alarm that is already set is moved. */
  set(afterMs: number, ring: () => void): void;
  /** Cancels the call; does nothing when the alarm isn't set. */
  clear(): void;
}

/** An event loop's turns and timers. */
export interface Scheduler {
  /** The number of the current turn. No two turns have the same. */
  turn(): number;
  /**
   * Calls `run` once when this turn ends, before the loop polls the sockets again. A callback that
   * is added by another one at the end of a turn runs in the same turn.
   */
  afterTurn(run: () => void): void;
  /**
   * Calls `run` in the next turn. Calls with the same function in one turn count once, so the
   * function must be the same object each time.
   */
  defer(run: () => void): void;
  /** Resolves in the next turn, when every promise that could settle in this one has settled. */
  nextTurn(): Promise<void>;
  /** A new alarm. It doesn't keep the process alive. */
  alarm(): Alarm;
}
