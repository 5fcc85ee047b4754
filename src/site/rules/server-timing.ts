/**
 * How long a response took to make, for the browser's network panel (Server Timing §2). Only sites
 * with `--explain` send it.
 */

import type { Response } from "../../http/message/response.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Finisher, Guard } from "../endpoint.ts";
import type { Request } from "../request.ts";

/** Adds Server-Timing with the milliseconds that the response took. */
export class ServerTiming implements Guard, Finisher {
  readonly isRepeatable = false;
  readonly #clock: Clock;
  readonly #startedMs = new WeakMap<Request, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Records the time before the request is answered, and lets it pass. */
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
