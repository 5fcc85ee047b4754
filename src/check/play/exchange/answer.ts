/** What is remembered of a whole answer, to tell later why its connection ended. */

import type { Answer } from "../../blame/notes.ts";
import type { ConnectionEnd, ResponseStep } from "../../script/script.ts";
import { permits } from "../../script/script.ts";
import type { HttpResponse } from "../response-reader.ts";
import { fieldValues } from "../response-reader.ts";

/** The answer in a response. One without a body whatever its fields say is taken for HEAD's. */
export function answerOf({ framing }: ResponseStep, response: HttpResponse): Answer {
  const { version, status } = response;
  return { version, status, toHead: framing === "none", announced: announcesEnd(response) };
}

/**
 * Whether the content of an error ends where the connection is reset, as the script permits in its
 * place or `behind` it. A server that doesn't read a request to its end often resets (RFC 9112
 * §9.6), and content that only the connection's end delimits is complete at any length (§8).
 */
export function isRefusal(
  step: ResponseStep,
  behind: readonly ConnectionEnd[],
  head: { readonly status: number } | undefined,
): boolean {
  if (head === undefined || head.status < 400) return false;
  return permits(step, "reset") || behind.includes("reset");
}

/** Whether the connection ends with this response (RFC 9112 §9.3). */
function announcesEnd({ version, fields }: HttpResponse): boolean {
  const options = fieldValues(fields, "Connection").join(",").toLowerCase().split(",");
  const named = new Set(options.map((option) => option.trim()));
  return named.has("close") || (version === "HTTP/1.0" && !named.has("keep-alive"));
}
