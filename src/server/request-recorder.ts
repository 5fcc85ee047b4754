/**
 * The record of requests: the observer behind `server.requests`. It keeps what arrived whole enough
 * to be read, with the status it was answered with.
 */

import type { ExchangeReport, Observer } from "../site/observer.ts";

/** A request that arrived, and the status it was answered with. */
export interface RecordedRequest {
  readonly method: string;
  /** As it came. */
  readonly target: string;
  /** In their order and spelling. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The head's octets. */
  readonly raw: Uint8Array;
  readonly status: number;
}

/** The requests of one server, oldest first. */
export class RequestRecorder implements Observer {
  readonly #requests: RecordedRequest[] = [];
  readonly #keptMax: () => number;

  /** At most `keptMax()` requests are kept; it is asked each time, since a reload may change it. */
  constructor(keptMax: () => number) {
    this.#keptMax = keptMax;
  }

  /** What is kept: one array for as long as the server lives. */
  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  /** Keeps the request of `report` and drops the oldest beyond the maximum. */
  ended({ head, response }: ExchangeReport): void {
    if (response === undefined) return;
    if (head !== undefined) {
      this.#requests.push({
        method: head.method,
        target: head.rawTarget,
        fields: [...head.fields],
        raw: head.octets.slice(),
        status: response.status,
      });
    }
    const keptMax = this.#keptMax();
    while (this.#requests.length > keptMax) this.#requests.shift();
  }
}
