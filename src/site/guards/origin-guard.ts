/**
 * Refuses with 403 what a page of another origin sends to change something (cross-site request
 * forgery). A browser sends a form or a WebSocket handshake to any server, and keeps from the page
 * only the answer.
 *
 * Browsers say where a request comes from in Sec-Fetch-Site (Fetch Metadata §2.4), or, older ones
 * and those on plain http, in Origin (RFC 6454 §7). Programs other than browsers send neither field
 * and pass. Sec-Fetch-Site goes first: behind a proxy that changes Host, Origin can't be compared,
 * unless the proxy is trusted and says which host was asked for.
 *
 * Absent on purpose: methods that are safe (RFC 9110 §9.2.1). Every page may send them.
 */

import { refusals } from "../../http/message/error.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { Response } from "../../http/message/response.ts";
import type { Authority } from "../../http/message/target.ts";
import type { Guard } from "../endpoint.ts";
import type { RouteTable } from "../library/route-endpoint.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import { askedAuthority } from "../request.ts";

/** Whether the request with `head` may change something. */
function changesState({ method, opensWebSocket }: RequestHead): boolean {
  return (method !== "GET" && method !== "HEAD" && method !== "OPTIONS") || opensWebSocket;
}

/**
 * Whether `origin` has the host and the port of `authority`; an absent port is the default of the
 * origin's scheme. The scheme itself doesn't count: behind a proxy that speaks TLS, the origin has
 * https and the connection http.
 */
function isHostOf(origin: string, authority: Authority | undefined): boolean {
  const from = URL.parse(origin);
  if (from === null || authority === undefined) return false;
  const port = authority.port === undefined ? "" : `:${authority.port}`;
  const to = URL.parse(`${from.protocol}//${authority.host}${port}`);
  return from.host !== "" && from.host === to?.host;
}

/** The guard of a site's state. */
export class OriginGuard implements Guard {
  /** The origins that may send everything. */
  readonly #origins: readonly string[];
  readonly #routes: RouteTable;
  readonly #pages: ErrorPages;
  /** The kept head that passed last. Its fields aren't read again for a request that repeats it. */
  #passed: RequestHead | undefined;

  constructor(origins: readonly string[], routes: RouteTable, pages: ErrorPages) {
    this.#origins = origins;
    this.#routes = routes;
    this.#pages = pages;
  }

  check(request: Request): Response | undefined {
    const { head, forwarded } = request;
    if (!changesState(head)) return undefined;
    // What a proxy says counts for its own requests, and the same octets may come from others.
    const isKept = head.slot !== undefined && forwarded === undefined;
    if (isKept && head === this.#passed) return undefined;
    if (this.#mayPass(request)) {
      if (isKept) this.#passed = head;
      return undefined;
    }
    if (this.#routes.takesCrossOrigin(request)) return undefined;
    const origin = head.fields.get("origin")?.slice(0, 255) ?? "another origin";
    const reason = `a page of ${origin} sent it; the origins that cors lists may`;
    return this.#pages.refusal(refusals["cross-origin"], reason);
  }

  /** Whether no page of a foreign origin sent `request`. */
  #mayPass(request: Request): boolean {
    const { fields } = request.head;
    const [site, ...otherSites] = fields.getAll("sec-fetch-site");
    const [origin, ...otherOrigins] = fields.getAll("origin");
    if (otherSites.length > 0 || otherOrigins.length > 0) return false;
    if (origin !== undefined && origin !== "null" && this.#origins.includes(origin)) return true;
    // "same-site" is not enough: another port of the same host is the same site.
    if (site !== undefined) return site === "same-origin" || site === "none";
    return origin === undefined || isHostOf(origin, askedAuthority(request));
  }
}
