/**
 * When answers leave, and who goes on in the next turn of the event loop.
 *
 * The loop learns of all sockets that have something to read at one time. A client of many of them
 * sleeps while it waits for answers, and sending wakes it, which is charged to whoever sends: a
 * sixth of the work for small files here, when each answer leaves by itself and the client has
 * fallen asleep again before the next. So where several connections are busy, their answers leave
 * together when the turn ends. Nobody waits for long: a few at a time leave before. And only
 * answers of the server's own wait (`WriteQueue.mayWait`): a route may reuse its buffer after it
 * returns.
 */

import type { Clock } from "./clock.ts";

/** With fewer busy connections in the turn before there is no company to wait for. */
const busyMin = 4;

/** As many wait for each other at most: with small answers that takes 0.2 to 0.4 ms. */
const heldMax = 16;

/** Who has something to send. */
export interface Batched {
  /** Sends it. What has been sent by then needn't be there any more. */
  leave(): void;
}

/** The departures of a server's connections. */
export class WriteBatcher {
  readonly #clock: Clock;
  #held: Batched[] = [];
  #turn = -1;
  /** How many came in this turn, and in the one before. */
  #count = 0;
  #countBefore = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `one`, which could leave, is called to do so later in this turn. */
  hold(one: Batched): boolean {
    const turn = this.#clock.turn();
    if (turn !== this.#turn) {
      this.#countBefore = this.#count;
      this.#count = 0;
      this.#turn = turn;
    }
    this.#count++;
    if (this.#countBefore < busyMin) return false;
    if (this.#held.length === heldMax - 1) {
      // Those before leave, and it goes with them.
      this.#go();
      return false;
    }
    if (this.#held.push(one) === 1) this.#clock.whenTurnEnds(this.#go);
    return true;
  }

  readonly #go = (): void => {
    const held = this.#held;
    this.#held = [];
    for (const one of held) one.leave();
  };
}

/** Those who go on in the next turn, once each, however often they have asked for it. */
export class NextTurn {
  readonly #due = new Set<() => void>();

  readonly defer = (run: () => void): void => {
    if (this.#due.has(run)) return;
    this.#due.add(run);
    setImmediate(() => {
      this.#due.delete(run);
      run();
    });
  };
}
