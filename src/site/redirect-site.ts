/**
 * The site for clients that speak cleartext to a server with TLS: it leads every request to the
 * https resource of the same path. The guard of the hosts is that of the main site, so that no page
 * can use the server to lead a browser elsewhere.
 *
 * The redirect is 307, which keeps method and content (RFC 9110 §15.4.8) and which browsers don't
 * cache: the next server on this port may have no TLS. For the same reason no answer has
 * Strict-Transport-Security: it would hold for all servers on localhost, whatever their port (RFC
 * 6797 §8.3).
 */

import { resolveLimits } from "../base/limits.ts";
import { refusals } from "../http/message/error.ts";
import type { Response } from "../http/message/response.ts";
import { ResponseBuilder } from "../http/message/response-builder.ts";
import type { Endpoint } from "./endpoint.ts";
import { hostGuardOf } from "./guards/host-guard.ts";
import { SchemeGuard } from "./guards/scheme-guard.ts";
import type { SiteSurroundings } from "./open-site.ts";
import { ErrorPages } from "./pages/error-page.ts";
import type { Request } from "./request.ts";
import { askedAuthority } from "./request.ts";
import { ResponsePacing } from "./response-pacing.ts";
import { Site } from "./site.ts";
import type { CompleteSiteOptions } from "./site-options.ts";
import type { Tree } from "../tree/tree.ts";

/** The port that an https URL names by naming none (RFC 9110 §4.2.2). */
const httpsPort = 443;

/** What a request target may hold and a path or a query of a URI may not (RFC 3986 §3.3, §3.4). */
const foreignToPath = /[^\w\-.~:/?@!$&'()*+,;=%]/g;

/** `text`, of which each character is an octet, with the octets escaped that a path can't have. */
function escape(text: string): string {
  return text.replace(foreignToPath, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase();
    return `%${code.padStart(2, "0")}`;
  });
}

/** Redirects to https. */
class HttpsRedirect implements Endpoint {
  readonly isRepeatable = false;
  readonly #pages: ErrorPages;
  readonly #portFor: (named: number | undefined) => number;

  constructor(pages: ErrorPages, portFor: (named: number | undefined) => number) {
    this.#pages = pages;
    this.#portFor = portFor;
  }

  methods(): readonly string[] {
    return [];
  }

  answer(request: Request): Response {
    const { target } = request.head;
    const authority = askedAuthority(request);
    if (target.form === "authority" || target.form === "asterisk" || authority === undefined) {
      // There is no https resource to lead to.
      return this.#pages.refusal(refusals.cleartext);
    }
    const { forwarded } = request;
    // What came as https to a proxy would be led back to it for ever.
    if (forwarded?.scheme === "https") return this.#pages.refusal(refusals.misdirected);
    // Behind a proxy that names the host, the port of this machine is none that clients know.
    const isNamed = forwarded?.authority !== undefined;
    const port = isNamed ? httpsPort : this.#portFor(authority.port);
    const host = port === httpsPort ? authority.host : `${authority.host}:${port}`;
    const path = target.query === undefined ? target.path : `${target.path}?${target.query}`;
    if (/%(?![\dA-Fa-f]{2})/.test(path)) return this.#pages.refusal(refusals.path);
    return ResponseBuilder.redirect(307, `https://${host}${escape(path)}`)
      .closing()
      .build();
  }
}

/** What a redirect site is made of besides its options. */
interface RedirectSurroundings extends Pick<SiteSurroundings, "budgets" | "hostNames"> {
  /** For the limits of its pages; no page of the tree is sent. */
  readonly tree: Tree;
  /** The port of the https resource, for a request that names the port `named` or none. */
  readonly portFor: (named: number | undefined) => number;
}

/** The redirect site beside a site with `options`, which have been found valid. */
export function openRedirectSite(
  options: CompleteSiteOptions,
  { budgets, hostNames, tree, portFor }: RedirectSurroundings,
): Site {
  const resolved = resolveLimits(options.limits);
  if (!resolved.ok) throw new Error("the options have been checked");
  const limits = resolved.value;
  const pages = new ErrorPages(tree, limits, options.explain);
  return new Site({
    guards: [...hostGuardOf(options, hostNames, pages), new SchemeGuard("http", pages)],
    endpoints: [new HttpsRedirect(pages, portFor)],
    finishers: [],
    pages,
    pacing: new ResponsePacing(budgets.responses, limits),
    limits,
  });
}
