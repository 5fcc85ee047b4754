/**
 * Paces large responses: a turn of the event loop begins to send as many as its byte budget holds,
 * and the others begin in later turns. Without this, fifty clients that wait for the same large
 * response would make one long turn. Small responses are not counted, because one costs about as
 * much as reading its request.
 */

import type { Limits } from "../base/limits.ts";
import type { Response } from "../http/message/response.ts";
import { bodyOctets } from "../http/message/response.ts";
import type { ByteBudget } from "../schedule/byte-budget.ts";
import type { Request } from "./request.ts";

/** A response above `sendPieceBytes` is large; a turn begins no other after `sendBurstBytes`. */
type PacingLimits = Pick<Limits, "sendPieceBytes" | "sendBurstBytes">;

/** The last step of every response before it leaves the site. */
export class ResponsePacing {
  readonly #budget: ByteBudget;
  readonly #limits: PacingLimits;

  constructor(budget: ByteBudget, limits: PacingLimits) {
    this.#budget = budget;
    this.#limits = limits;
  }

  /** `answer` to `request`, delayed until a turn has budget left; at once if this turn has. */
  pace(answer: Response | Promise<Response>, request: Request): Response | Promise<Response> {
    if (!(answer instanceof Promise)) return this.#begin(answer, request);
    return answer.then((response) => this.#begin(response, request));
  }

  #begin(response: Response, { head }: Request): Response | Promise<Response> {
    const { sendPieceBytes, sendBurstBytes } = this.#limits;
    const octets = head.method === "HEAD" ? 0 : (bodyOctets(response.body) ?? 0);
    if (octets <= sendPieceBytes) return response;
    const waited = this.#budget.take(octets, sendBurstBytes);
    if (waited === undefined) return response;
    const kept = holdFile(response);
    return waited.then(() => kept);
  }
}

/**
 * `response` with its own share of its file, which may otherwise be closed before it is sent, and
 * with a sample, by which a file that is written to meanwhile is told from one that has grown.
 */
function holdFile(response: Response): Response {
  const { body } = response;
  if (body.kind !== "file") return response;
  const file = body.file.share?.() ?? body.file;
  // Loaded by the first large response that waits for a later turn.
  const { FileSample } =
    require("../http/message/file-sample.ts") as typeof import("../http/message/file-sample.ts");
  const sample = FileSample.ofWhole(file, body.pieces);
  return { ...response, body: { ...body, file, sample } };
}
