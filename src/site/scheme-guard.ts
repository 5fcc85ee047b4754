/**
 * Refuses resources of the other scheme (RFC 9110 §7.4): an https resource must not be served over
 * a connection without TLS, and with TLS nothing here is an http resource.
 */

import { refusals } from "../http/message/error.ts";
import type { Response } from "../http/message/response.ts";
import type { Scheme } from "../http/message/target.ts";
import type { Guard } from "./endpoint.ts";
import type { ErrorPages } from "./pages/error-page.ts";
import type { Request } from "./request.ts";

/** The guard of a site whose connections all have `scheme`. */
export class SchemeGuard implements Guard {
  readonly #scheme: Scheme;
  readonly #pages: ErrorPages;

  constructor(scheme: Scheme, pages: ErrorPages) {
    this.#scheme = scheme;
    this.#pages = pages;
  }

  check({ head: { target } }: Request): Response | undefined {
    if (target.form !== "absolute" || target.scheme === this.#scheme) return undefined;
    return this.#pages.refusal(refusals.misdirected);
  }
}
