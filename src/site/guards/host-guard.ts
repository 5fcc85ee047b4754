/**
 * Refuses requests for foreign hosts on loopback with 421 (RFC 9110 §7.4).
 *
 * A page of another site can have its own name resolve to 127.0.0.1 (DNS rebinding). The browser
 * then takes the server's answers for that site's, and lets the page read them. Such a request
 * still names the foreign host, so the check of the host is what stops it.
 *
 * Only clients on loopback are checked. The kernel gives a connection to a loopback address a
 * loopback address at its other end, so the client's address tells whether the server's is one. An
 * HTTP/1.0 request without Host passes: browsers always send one.
 *
 * What a trusted proxy says of its client doesn't count here. Such a page can send every field that
 * a proxy sends, and its browser connects from loopback, as the proxy does. A header of the PROXY
 * protocol does count: what a browser sends begins with a method or with a TLS record.
 */

import { refusals } from "../../http/message/error.ts";
import type { Response } from "../../http/message/response.ts";
import type { Guard } from "../endpoint.ts";
import { ServeError } from "../serve-error.ts";
import type { CompleteSiteOptions } from "../site-options.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { OwnHosts } from "./own-hosts.ts";

/** How many spellings of own hosts are kept. A server has a few; clients could make up many. */
const keptHostsMax = 32;

/** Whether `address` is one of loopback, as an IPv4 client of an IPv6 socket has it, too. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address.startsWith("::ffff:127.");
}

/** The guard of a site that answers to some hosts only. */
class HostGuard implements Guard {
  readonly #open: () => OwnHosts | undefined;
  #hosts: OwnHosts | undefined;
  readonly #pages: ErrorPages;
  /** The host that was accepted last. Most requests name it again and need no other look. */
  #accepted = "localhost";
  /** Hosts that were accepted, as clients spell them, for clients that take turns. */
  readonly #kept = new Set<string>();

  /** `open` gives the hosts; it is called when a client on loopback names one but localhost. */
  constructor(open: () => OwnHosts | undefined, pages: ErrorPages) {
    this.#open = open;
    this.#pages = pages;
  }

  check({ head, remoteAddress, forwarded }: Request): Response | undefined {
    const host = head.authority?.host;
    if (host === undefined || host === this.#accepted) return undefined;
    const peerAddress = forwarded?.peerAddress ?? remoteAddress;
    if (host === "127.0.0.1" || !isLoopback(peerAddress)) return undefined;
    if (this.#kept.has(host) || this.#isOwn(host)) {
      this.#accepted = host;
      return undefined;
    }
    const reason = `${host} is not a name of this server; --allow-host NAME adds one`;
    return this.#pages.refusal(refusals.host, reason);
  }

  #isOwn(host: string): boolean {
    this.#hosts ??= this.#open();
    if (this.#hosts?.has(host) !== true) return false;
    if (this.#kept.size < keptHostsMax) this.#kept.add(host);
    return true;
  }
}

/**
 * The hosts that a site answers to. Their code is loaded when a host other than localhost is looked
 * at. Throws a `ServeError` when one that is allowed is invalid.
 */
function openHosts(
  allowHosts: readonly string[],
  hostNames: () => readonly string[],
): OwnHosts | undefined {
  const { readOwnHosts } = require("./own-hosts.ts") as typeof import("./own-hosts.ts");
  const hosts = readOwnHosts(allowHosts, hostNames);
  if (hosts.ok) return hosts.value;
  const example = 'a host without a port, ".example.com" or "*"';
  throw new ServeError("allowHosts", `an allowed host must be ${example}, not ${hosts.error}`);
}

/**
 * The guard of a site's hosts; none for a site that answers to all. Throws a `ServeError` when a
 * host is invalid.
 */
export function hostGuardOf(
  { allowHosts }: Pick<CompleteSiteOptions, "allowHosts">,
  hostNames: () => readonly string[],
  pages: ErrorPages,
): readonly Guard[] {
  const open = (): OwnHosts | undefined => openHosts(allowHosts, hostNames);
  if (allowHosts.length === 0) return [new HostGuard(open, pages)];
  const hosts = open();
  return hosts === undefined ? [] : [new HostGuard(() => hosts, pages)];
}
