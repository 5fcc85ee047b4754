/**
 * One question serves all who ask the same and came before it was put to the store. A request that
 * comes while a question is under way may be about a change that its answer doesn't show, so it
 * waits for the next one. However many ask at once, each key has at most one question under way and
 * one that waits.
 *
 * A question that had no answer in time has none for those either who wait for the next one: they
 * have waited for as long as a question may take.
 */

import type { Moment } from "../view.ts";

/** A question under way. */
interface Current<Answer> {
  /** When it was put. */
  readonly moment: Moment;
  readonly answer: Promise<Answer>;
  /** The question that is put when this one is answered. */
  next: Promise<Answer> | undefined;
}

/** Questions by key. */
export class SharedQuestions<Answer> {
  readonly #tick: () => Moment;
  readonly #isLate: (answer: Answer) => boolean;
  readonly #current = new Map<string, Current<Answer>>();

  /**
   * `tick` makes a moment later than all others. `isLate` tells whether an answer is that there was
   * none in time.
   */
  constructor(tick: () => Moment, isLate: (answer: Answer) => boolean) {
    this.#tick = tick;
    this.#isLate = isLate;
  }

  /** How many are under way. */
  get size(): number {
    return this.#current.size;
  }

  /**
   * The answer to the question `key`, put at `since` or later. `put` asks the store; it is told the
   * moment, and never rejects.
   */
  async ask(key: string, since: Moment, put: (moment: Moment) => Promise<Answer>): Promise<Answer> {
    const current = this.#current.get(key);
    if (current === undefined) return await this.#put(key, put);
    if (current.moment >= since) return await current.answer;
    current.next ??= current.answer.then(async (answer) => {
      if (!this.#isLate(answer)) return await this.#put(key, put);
      this.#current.delete(key);
      return answer;
    });
    return await current.next;
  }

  #put(key: string, put: (moment: Moment) => Promise<Answer>): Promise<Answer> {
    const moment = this.#tick();
    const answer = put(moment).finally(() => {
      // The one that waits puts itself in this place.
      if (this.#current.get(key) === current && current.next === undefined) {
        this.#current.delete(key);
      }
    });
    const current: Current<Answer> = { moment, answer, next: undefined };
    this.#current.set(key, current);
    return answer;
  }
}
