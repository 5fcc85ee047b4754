/**
 * When an answer that was confirmed earlier is used in place of a new one (stale-if-error, RFC 5861
 * §4): when the store fails, and when it has let the question wait for so long that its answer is
 * done without. Then the question stays under way, and its answer is for later requests. While the
 * store isn't asked, or has been silent for that time already, nothing is waited for.
 */

import type { Limits } from "../../base/limits.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { Asking } from "./known-object.ts";
import type { StoreClient } from "./client/store-client.ts";

/** What the decision is made by. */
interface StaleParts {
  readonly client: Pick<StoreClient, "silentMs">;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly limits: Pick<Limits, "storeOptionalTimeMs">;
  /** Seconds for which an answer may be used; 0 for never. */
  readonly staleIfError: number;
}

/** The rule of one tree. */
export class StaleAnswers {
  readonly #parts: StaleParts;

  constructor(parts: StaleParts) {
    this.#parts = parts;
  }

  /** Whether any answer may ever be used. */
  get isAllowed(): boolean {
    return this.#parts.staleIfError > 0;
  }

  /** Whether an answer of that time may be used now. */
  mayBe({ askedMs }: Asking): boolean {
    const { clock, staleIfError } = this.#parts;
    return clock.monotonicMs() - askedMs < staleIfError * 1000;
  }

  /**
   * What `asked` comes to; `stale` when that is a failure, by `isFailure`, or takes too long.
   * `asked` never rejects.
   */
  async inPlaceOf<Answer>(
    asked: Promise<Answer>,
    stale: Answer,
    isFailure: (answer: Answer) => boolean,
  ): Promise<Answer> {
    const { client, limits, scheduler } = this.#parts;
    const waitMs = limits.storeOptionalTimeMs - client.silentMs();
    if (waitMs <= 0) return stale;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const alarm = scheduler.alarm();
    alarm.set(waitMs, () => resolve(stale));
    void asked.then((answer) => resolve(isFailure(answer) ? stale : answer));
    const used = await promise;
    alarm.clear();
    return used;
  }
}
