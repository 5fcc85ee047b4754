/**
 * Redirects made by the server itself (RFC 9110 §15.4).
 */

import type { Response } from "../../http/message/response.ts";
import type { RedirectStatus } from "../../http/message/response-builder.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import { cacheControl } from "./cache-control.ts";

/**
 * A redirect to `location`, a URI reference, with the request's `query` appended. `cacheSeconds` is
 * the value of `--cache`; undefined without it.
 */
export function redirect(
  status: RedirectStatus,
  location: string,
  query: string | undefined,
  cacheSeconds: number | undefined,
): Response {
  const whole = query === undefined ? location : `${location}?${query}`;
  // Without Cache-Control, a browser may cache a 301 or a 308 indefinitely.
  const [name, value] = cacheControl("", cacheSeconds);
  return new ResponseBuilder(status).field<string>(name, value).field("Location", whole).build();
}
