/**
 * Refuses absolute targets of the other scheme with 421 (RFC 9110 §7.4). An https resource must not
 * be served over a connection without TLS, and a server with TLS has no http resources. The word of
 * a trusted proxy, which the same section calls a trusted gateway, outweighs the connection's.
 */

import { refusals } from "../../http/message/error.ts";
import type { Response } from "../../http/message/response.ts";
import type { Scheme } from "../../http/message/target.ts";
import type { Guard } from "../endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";

/** The guard of a site whose connections all have `scheme`. */
export class SchemeGuard implements Guard {
  readonly #scheme: Scheme;
  readonly #pages: ErrorPages;

  constructor(scheme: Scheme, pages: ErrorPages) {
    this.#scheme = scheme;
    this.#pages = pages;
  }

  check({ head: { target }, forwarded }: Request): Response | undefined {
    if (target.form !== "absolute") return undefined;
    if (target.scheme === (forwarded?.scheme ?? this.#scheme)) return undefined;
    return this.#pages.refusal(refusals.misdirected);
  }
}
