/**
 * Refusals of requests that store files, as JSON (RFC 9457) to clients that prefer it. A client
 * that is told as JSON what it has stored is told so, too, why it hasn't.
 */

import { utf8Bytes } from "../../http/octets/bytes.ts";
import { prefersMedia } from "../../http/fields/accept-media.ts";
import type { Response } from "../../http/message/response.ts";
import { reasonPhrases } from "../../http/message/status.ts";
import type { Finisher } from "../endpoint.ts";
import type { Request } from "../request.ts";

const mediaType = "application/problem+json";

/** The methods that store and remove files and folders. */
const methods: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE", "MKCOL"]);

/** Whether an error page that answers `request` is JSON. */
function asksForProblem({ head: { method, fields } }: Request): boolean {
  if (!methods.has(method)) return false;
  const accepted = fields.getAll("accept");
  const others = [mediaType, "application/json"];
  return others.some((type) => prefersMedia(accepted, type, "text/html"));
}

/** Puts a problem in the place of the server's own error pages. */
export class ProblemFinisher implements Finisher {
  readonly isRepeatable = true;

  finish(response: Response, request: Request | undefined): Response {
    const detail = response.note?.sentence;
    if (detail === undefined || request === undefined || !asksForProblem(request)) return response;
    const { status } = response;
    // Without a type it is the status, by its name (RFC 9457 §4.2.1).
    const title = (reasonPhrases as Readonly<Record<number, string>>)[status];
    const problem = { title, status, detail };
    return {
      ...response,
      fields: response.fields.map((field) =>
        field[0] === "Content-Type" ? ["Content-Type", mediaType] : field,
      ),
      body: { kind: "bytes", bytes: utf8Bytes(`${JSON.stringify(problem)}\n`) },
    };
  }
}
