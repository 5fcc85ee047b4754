/**
 * Large answers are begun by shares: when fifty clients have waited for one, or ask for one in the
 * same moment, a turn of the event loop begins to send as many as fill its share. Small answers
 * aren't counted: what they cost is the request, and that has been read by then.
 */

import type { Limits } from "../base/limits.ts";
import type { Handler, Request } from "./request.ts";
import { ByteBudget } from "../schedule/byte-budget.ts";
import type { Response } from "../http/response.ts";
import { bodyOctets } from "../http/response.ts";

/** `handler`, whose large answers come in several turns. */
export function inTurns(
  handler: Handler,
  { sendPieceBytes, sendBurstBytes }: Pick<Limits, "sendPieceBytes" | "sendBurstBytes">,
): Handler {
  const share = new ByteBudget();
  const begin = (response: Response, { head }: Request): Response | Promise<Response> => {
    const octets = head.method === "HEAD" ? 0 : (bodyOctets(response.body) ?? 0);
    if (octets <= sendPieceBytes) return response;
    return share.take(octets, sendBurstBytes)?.then(() => response) ?? response;
  };
  return (request) => {
    const answer = handler(request);
    if (!(answer instanceof Promise)) return begin(answer, request);
    return answer.then((response) => begin(response, request));
  };
}
