/**
 * The target of a request (RFC 9110 §7.1) and the host that it names. The reader of each version of
 * HTTP knows how that version spells a target.
 */

import { everyIs, HEXDIG, IP_FUTURE, REG_NAME } from "../octets/grammar.ts";

/** A host and a port, if one was named: uri-host [ ":" port ] (RFC 9110 §7.2, RFC 3986 §3.2). */
export interface Authority {
  /** In the client's spelling; an IP literal keeps its brackets. Not empty. */
  readonly host: string;
  /** 0 to 65535; absent when no port, or an empty one, was named. */
  readonly port?: number;
}

/** The schemes of the resources that HTTP serves (RFC 9110 §4.2). */
export type Scheme = "http" | "https";

/**
 * A request target. `path` begins with "/"; `query` has no "?" and is absent when there was none.
 */
export type Target =
  | { readonly form: "origin"; readonly path: string; readonly query?: string }
  | {
      readonly form: "absolute";
      readonly scheme: Scheme;
      readonly authority: Authority;
      readonly path: string;
      readonly query?: string;
    }
  | { readonly form: "authority"; readonly authority: Authority }
  | { readonly form: "asterisk" };

/** The longest host name that DNS can carry, in octets (RFC 1035 §2.3.4). */
const hostLengthMax = 255;

/** Whether each "%" in `text` is followed by two hexadecimal digits. */
function escapesAreWhole(text: string): boolean {
  let at = text.indexOf("%");
  while (at !== -1) {
    if (at + 2 >= text.length || !everyIs(text.slice(at + 1, at + 3), HEXDIG)) return false;
    at = text.indexOf("%", at + 3);
  }
  return true;
}

const h16 = /^[0-9A-Fa-f]{1,4}$/;
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const ipFuture = /^[Vv][0-9A-Fa-f]+\.(.+)$/;

/** Whether `text` is an IPv6address (RFC 3986 §3.2.2): eight groups, or fewer beside one "::". */
function isIpv6(text: string): boolean {
  const halves = text.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  // The last two groups may be written as an IPv4 address.
  const dotted = ipv4.test(groups.at(-1) ?? "") && !text.endsWith(":");
  const count = groups.length + (dotted ? 1 : 0);
  if (halves.length > 2 || (halves.length === 2 ? count > 7 : count !== 8)) return false;
  return (dotted ? groups.slice(0, -1) : groups).every((group) => h16.test(group));
}

/** IP-literal = "[" ( IPv6address / IPvFuture ) "]" (RFC 3986 §3.2.2), without its brackets. */
function isIpLiteral(text: string): boolean {
  const future = ipFuture.exec(text)?.[1];
  return future === undefined ? isIpv6(text) : everyIs(future, IP_FUTURE);
}

/** The port that stands in `text` from `start` on; undefined when it is no number up to 65535. */
function portAt(text: string, start: number): number | undefined {
  let port = 0;
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    port = port * 10 + digit;
    if (port > 65_535) return undefined;
  }
  return port;
}

/**
 * Reads host and port. Undefined when the text is empty, has user information, or is malformed.
 * Only the characters of a name are checked.
 */
export function parseAuthority(text: string): Authority | undefined {
  const literal = text.startsWith("[");
  const colon = literal ? text.indexOf("]") + 1 : text.indexOf(":");
  // A literal without its "]" has its end at 0, and the empty host is refused.
  const hostEnd = colon === -1 ? text.length : colon;
  if (hostEnd === 0 || hostEnd > hostLengthMax) return undefined;
  const host = text.slice(0, hostEnd);
  const right = literal
    ? isIpLiteral(host.slice(1, -1))
    : everyIs(host, REG_NAME) && escapesAreWhole(host);
  if (!right || (hostEnd < text.length && text.charCodeAt(hostEnd) !== 0x3a)) return undefined;
  // An empty port is the scheme's own (RFC 3986 §3.2.3).
  if (hostEnd + 1 >= text.length) return { host };
  const port = portAt(text, hostEnd + 1);
  return port === undefined ? undefined : { host, port };
}
