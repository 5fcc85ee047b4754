/**
 * How long an answer took to make, for the browser's network panel (Server Timing §2). Part of a
 * site that explains itself.
 */

import type { Response } from "../../http/message/response.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Finisher, Guard } from "../endpoint.ts";
import type { Request } from "../request.ts";

/** Says in Server-Timing how many milliseconds each answer took. */
export class ServerTiming implements Guard, Finisher {
  readonly isRepeatable = false;
  readonly #clock: Clock;
  readonly #startedMs = new WeakMap<Request, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes when the request began to be answered, and lets it pass. */
  check(request: Request): undefined {
    this.#startedMs.set(request, this.#clock.monotonicMs());
  }

  finish(response: Response, request: Request | undefined): Response {
    const startedMs = request === undefined ? undefined : this.#startedMs.get(request);
    if (startedMs === undefined) return response;
    const spentMs = (this.#clock.monotonicMs() - startedMs).toFixed(3);
    return { ...response, fields: [...response.fields, ["Server-Timing", `make;dur=${spentMs}`]] };
  }
}
