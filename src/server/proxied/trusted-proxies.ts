/**
 * Who the client is of a request that a trusted proxy passes on, by Forwarded (RFC 7239) or by
 * X-Forwarded-For, -Proto and -Host.
 *
 * A proxy adds its word at the end of a list, so lists are read from the right, by the addresses
 * that are trusted: the first one that isn't is the client's. What stands before it the client may
 * have written itself; it isn't looked at, and so it can neither lie nor, malformed, hide anything.
 *
 * Whatever is wrong in what has to be read makes all of it void: the client then is the peer, as
 * without the option. What contradicts itself is void, too: a proxy that sets one of the two
 * families of fields often passes the other one on, as the client has written it.
 *
 * Absent on purpose: `by`, X-Forwarded-Port, X-Real-IP and X-Forwarded-Prefix.
 */

import { ipAddressText } from "../../base/ip-address.ts";
import type { Fields } from "../../http/fields/fields.ts";
import type { ForwardedElement, ForwardedNode } from "../../http/fields/forwarded-elements.ts";
import {
  listMembers,
  parseForwarded,
  parseForwardedFor,
  parseNode,
} from "../../http/fields/forwarded-elements.ts";
import type { Authority, Scheme } from "../../http/message/target.ts";
import { parseAuthority } from "../../http/message/target.ts";
import { ServeError } from "../../site/serve-error.ts";
import type { Client, ProxiedClients } from "./proxied-clients.ts";
import type { TrustedPeers } from "./trusted-peers.ts";
import { readTrustedPeers } from "./trusted-peers.ts";

/** Limits on what proxies may say. */
interface ForwardedLimits {
  readonly forwardedHopsMax: number;
  readonly trustedNetsMax: number;
}

/** What the proxies say: the client's address, if it is told, and what it asked for. */
interface Told {
  readonly address: string | undefined;
  readonly scheme: Scheme | undefined;
  readonly authority: Authority | undefined;
}

/** The words for a scheme. A proxy may call a WebSocket's by its own names (RFC 6455 §3). */
const schemes: Readonly<Record<string, Scheme>> = {
  http: "http",
  https: "https",
  ws: "http",
  wss: "https",
};

/** `address`, `proto` and `host` in one; undefined when one of the two last is malformed. */
function toldOf(
  address: string | undefined,
  proto: string | undefined,
  host: string | undefined,
): Told | undefined {
  const word = proto?.toLowerCase() ?? "";
  const scheme = Object.hasOwn(schemes, word) ? schemes[word] : undefined;
  const authority = host === undefined ? undefined : parseAuthority(host);
  const isSound = (proto === undefined || scheme) && (host === undefined || authority);
  return isSound ? { address, scheme, authority } : undefined;
}

/** The place of the client in a list of nodes, and its address if that is told. */
interface Place {
  readonly index: number;
  readonly address: string | undefined;
}

/** The member of a list that belongs to place `index` of `count`; null when that isn't clear. */
function memberAt(
  members: readonly string[] | undefined,
  index: number,
  count: number,
): string | undefined | null {
  if (members === undefined) return null;
  if (members.length <= 1) return members[0];
  return members.length === count ? (members[index] ?? null) : null;
}

/** The proxies of one server, and whom they speak for. */
class TrustedProxies implements ProxiedClients {
  readonly hasHeaders: boolean;
  readonly #peers: TrustedPeers;
  readonly #hopsMax: number;

  constructor(peers: TrustedPeers, hasHeaders: boolean, hopsMax: number) {
    this.hasHeaders = hasHeaders;
    this.#peers = peers;
    this.#hopsMax = hopsMax;
  }

  trusts(peerAddress: string): boolean {
    return this.#peers.hasPeer(peerAddress);
  }

  clientOf(fields: Fields, peerAddress: string): Client | undefined {
    const told = this.#told(fields);
    if (told === undefined) return undefined;
    const { address, scheme, authority } = told;
    return { remoteAddress: address ?? peerAddress, forwarded: { peerAddress, scheme, authority } };
  }

  /** What counts of what `fields` say; undefined for nothing. */
  #told(fields: Fields): Told | undefined {
    const lines = fields.getAll("forwarded");
    const hasOthers =
      fields.has("x-forwarded-for") ||
      fields.has("x-forwarded-proto") ||
      fields.has("x-forwarded-host");
    if (lines.length === 0) return hasOthers ? this.#readOthers(fields) : undefined;
    const told = this.#readForwarded(lines);
    if (!hasOthers || told === undefined) return told;
    return isSame(told, this.#readOthers(fields)) ? told : undefined;
  }

  /** Reads Forwarded, line by line from the last. A line that isn't reached may be anything. */
  #readForwarded(lines: readonly string[]): Told | undefined {
    let left = this.#hopsMax;
    let last: ForwardedElement | undefined;
    let address: string | undefined;
    for (const line of lines.toReversed()) {
      const elements = parseForwarded(line, left);
      if (elements === undefined) return undefined;
      left -= elements.length;
      for (const element of elements.toReversed()) {
        last = element;
        const node = element.for === undefined ? "hidden" : parseNode(element.for);
        if (node === undefined) return undefined;
        if (node !== "hidden") address = ipAddressText(node);
        if (!this.#isProxy(node)) return toldOf(address, element.proto, element.host);
      }
    }
    return last === undefined ? undefined : toldOf(address, last.proto, last.host);
  }

  /** Reads X-Forwarded-For, -Proto and -Host. */
  #readOthers(fields: Fields): Told | undefined {
    const listOf = (name: string): readonly string[] | undefined =>
      listMembers(fields.getAll(name), this.#hopsMax);
    const clients = listOf("x-forwarded-for");
    const place = clients === undefined ? undefined : this.#placeIn(clients);
    if (clients === undefined || place === undefined) return undefined;
    const proto = memberAt(listOf("x-forwarded-proto"), place.index, clients.length);
    const host = memberAt(listOf("x-forwarded-host"), place.index, clients.length);
    if (proto === null || host === null) return undefined;
    return toldOf(place.address, proto, host);
  }

  /** The client's place among `members`; undefined when one that had to be read is malformed. */
  #placeIn(members: readonly string[]): Place | undefined {
    let address: string | undefined;
    for (let index = members.length - 1; index >= 0; index--) {
      const node = parseForwardedFor(members[index] ?? "");
      if (node === undefined) return undefined;
      if (node !== "hidden") address = ipAddressText(node);
      if (!this.#isProxy(node)) return { index, address };
    }
    return { index: 0, address };
  }

  /** Whether `node` is a proxy whose own word about who asked it counts. */
  #isProxy(node: ForwardedNode): boolean {
    return node !== "hidden" && this.#peers.has(node);
  }
}

/** Whether two values are the same, or one of them is not told. */
function isAgreed<Value>(one: Value | undefined, two: Value | undefined): boolean {
  return one === undefined || two === undefined || one === two;
}

/** Whether both say the same of the client; what one of them lacks doesn't count. */
function isSame(told: Told, other: Told | undefined): boolean {
  if (other === undefined || told.address !== other.address) return false;
  return (
    isAgreed(told.scheme, other.scheme) &&
    isAgreed(told.authority?.host, other.authority?.host) &&
    isAgreed(told.authority?.port, other.authority?.port)
  );
}

/**
 * The proxies that `entries` name; with `hasHeaders` they speak the PROXY protocol. Throws a
 * `ServeError` when an entry names none.
 */
export function openTrustedProxies(
  entries: readonly string[],
  hasHeaders: boolean,
  { forwardedHopsMax, trustedNetsMax }: ForwardedLimits,
): ProxiedClients {
  const peers = readTrustedPeers(entries, trustedNetsMax);
  if (peers.ok) return new TrustedProxies(peers.value, hasHeaders, forwardedHopsMax);
  const expected = 'an address, a net such as 10.0.0.0/8, "loopback", "private" or "unix:"';
  throw new ServeError("trustProxy", `a trusted proxy must be ${expected}, not ${peers.error}`);
}
