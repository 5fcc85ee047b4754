/**
 * The answers when what is served lies at another server, and that fails (RFC 9110 §15.6.3 to
 * §15.6.5). They say when to ask again, and leave the connection open.
 */

import type { Refusal } from "../../http/message/error.ts";
import { refusalTable } from "../../http/message/error.ts";
import type { Response } from "../../http/message/response.ts";
import type { GatewayFailure } from "../../tree/tree.ts";

const text = "What is served here lies in a store that";

const refusals = refusalTable({
  "store-failed": {
    status: 502,
    section: "RFC 9110 §15.6.3",
    text: `${text} gave no usable answer.`,
    close: false,
  },
  "store-unavailable": {
    status: 503,
    section: "RFC 9110 §15.6.4",
    text: `${text} can't be asked now; try again in a moment.`,
    close: false,
  },
  "store-timeout": {
    status: 504,
    section: "RFC 9110 §15.6.5",
    text: `${text} did not answer in time.`,
    close: false,
  },
});

const kinds = { 502: "store-failed", 503: "store-unavailable", 504: "store-timeout" } as const;

/** The answer to `failure`, made of what `refuse` makes of a refusal. */
export function gatewayResponse(
  { status, retryAfterSeconds }: GatewayFailure,
  refuse: (refusal: Refusal) => Response,
): Response {
  const response = refuse(refusals[kinds[status]]);
  const others = response.fields.filter(([name]) => name !== "Retry-After");
  return { ...response, fields: [...others, ["Retry-After", `${retryAfterSeconds}`]] };
}
