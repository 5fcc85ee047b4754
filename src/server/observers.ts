/**
 * The observers of a server as a table: for each hook, those that have it. A hook that no observer
 * has costs a call and a comparison.
 */

import type { Response } from "../http/message/response.ts";
import type { ExchangeReport, LiveReport, Observer, RefusalReason } from "../site/observer.ts";
import type { Request } from "../site/request.ts";

type Call<A, B> = (a: A, b: B) => void;

/** One hook of all observers. */
class Hook<A, B = void> {
  readonly #failed: (error: unknown) => void;
  #calls: readonly Call<A, B>[] = [];

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Whether any observer has it. */
  get isWanted(): boolean {
    return this.#calls.length > 0;
  }

  /** Replaces the calls; an observer without this hook has given undefined. */
  set(calls: readonly (Call<A, B> | undefined)[]): void {
    this.#calls = calls.filter((call) => call !== undefined);
  }

  tell(a: A, b: B): void {
    if (this.#calls.length === 0) return;
    for (const call of this.#calls) {
      try {
        call(a, b);
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}

/** All observers of one server; see `Observer` for what each hook says. */
export class Observers {
  readonly connected: Hook<string>;
  readonly refused: Hook<string, RefusalReason>;
  readonly dropped: Hook<string, string>;
  readonly began: Hook<Request>;
  readonly answered: Hook<Request, Response>;
  readonly ended: Hook<ExchangeReport>;
  readonly disconnected: Hook<string>;
  readonly live: Hook<LiveReport>;

  /** `failed` is told of what an observer throws. */
  constructor(failed: (error: unknown) => void) {
    this.connected = new Hook(failed);
    this.refused = new Hook(failed);
    this.dropped = new Hook(failed);
    this.began = new Hook(failed);
    this.answered = new Hook(failed);
    this.ended = new Hook(failed);
    this.disconnected = new Hook(failed);
    this.live = new Hook(failed);
  }

  /** From now on `observers` are told, in their order, and no others. */
  set(observers: readonly Observer[]): void {
    this.connected.set(observers.map((one) => one.connected?.bind(one)));
    this.refused.set(observers.map((one) => one.refused?.bind(one)));
    this.dropped.set(observers.map((one) => one.dropped?.bind(one)));
    this.began.set(observers.map((one) => one.began?.bind(one)));
    this.answered.set(observers.map((one) => one.answered?.bind(one)));
    this.ended.set(observers.map((one) => one.ended?.bind(one)));
    this.disconnected.set(observers.map((one) => one.disconnected?.bind(one)));
    this.live.set(observers.map((one) => one.live?.bind(one)));
  }
}
