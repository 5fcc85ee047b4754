/**
 * What the access log says of a request whose connection ended before the head of its response.
 * Loaded by the first one.
 */

import type { Response } from "../../http/message/response.ts";
import type { ExchangeReport } from "../../site/observer.ts";

/**
 * The status that the access log and the metrics give a request whose connection ended before the
 * head of its response. No standard has it; nginx writes it (`NGX_HTTP_CLIENT_CLOSED_REQUEST`), and
 * programs that read logs know it. It is never sent.
 */
export const statusUnanswered = 499;

/** What the line of such a request has in place of its response's status and reason. */
export function unansweredResponse({ isStopping }: ExchangeReport): Response {
  const reason =
    isStopping === true
      ? "the connection ended before the answer, while the server stopped"
      : "the client left before the answer";
  const body = { kind: "none" } as const;
  return { status: statusUnanswered, fields: [], body, close: true, note: { reason } };
}
