/**
 * Redirects of the server's own (RFC 9110 §15.4).
 */

import type { Response } from "../../http/message/response.ts";
import type { RedirectStatus } from "../../http/message/response-builder.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import { cacheControl } from "./cache-control.ts";

/**
 * Sends the client to `location`, a URI reference, with its `query`. `cacheSeconds` is what
 * `--cache` says.
 */
export function redirect(
  status: RedirectStatus,
  location: string,
  query: string | undefined,
  cacheSeconds: number | undefined,
): Response {
  const whole = query === undefined ? location : `${location}?${query}`;
  // Without Cache-Control a browser keeps a 301 or a 308 for as long as it likes.
  const [name, value] = cacheControl("", cacheSeconds);
  return new ResponseBuilder(status).field<string>(name, value).field("Location", whole).build();
}
