/**
 * How long an answer took to make, for the browser's network panel (Server Timing §2).
 */

import type { Handler } from "./request.ts";
import type { Response } from "../http/response.ts";
import type { Clock } from "../schedule/clock.ts";

/** `handler`, whose answers say in Server-Timing how many milliseconds they took. */
export function timed(handler: Handler, clock: Clock): Handler {
  return (request) => {
    const startedMs = clock.monotonicMs();
    const note = (response: Response): Response => {
      const spentMs = (clock.monotonicMs() - startedMs).toFixed(3);
      return {
        ...response,
        recurs: false,
        fields: [...response.fields, ["Server-Timing", `make;dur=${spentMs}`]],
      };
    };
    const answer = handler(request);
    return answer instanceof Promise ? answer.then(note) : note(answer);
  };
}
