/**
 * What an intermediary says of the client that it asks for (RFC 7239):
 *
 *   Forwarded         = 1#forwarded-element
 *   forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
 *   forwarded-pair    = token "=" value
 *   value             = token / quoted-string
 *   node              = nodename [ ":" node-port ]
 *   nodename          = IPv4address / "[" IPv6address "]" / "unknown" / obfnode
 *
 * A colon and brackets are no characters of a token, so an IPv6 address and a host with a port are
 * quoted (§4, §6).
 */

import { isToken } from "../octets/grammar.ts";

/** An IPv4 address as a socket of IPv6 has it (RFC 4291 §2.5.5.2). */
const mapped = /^::ffff:(?=\d+\.)/i;

/** The client's `address`, IPv4 where it is; undefined for a Unix socket, which has none. */
export function clientAddress(address: string): string | undefined {
  if (/^[\d.]+$/.test(address)) return address;
  const plain = address.replace(mapped, "");
  return /^[\d.]+$|^[\da-f:.]*:[\da-f:.]*$/i.test(plain) ? plain : undefined;
}

/** `text`, which has neither a quotation mark nor a backslash, as a value. */
const valueOf = (text: string): string => (isToken(text) ? text : `"${text}"`);

/**
 * One element: the client's `address` (undefined if it has none), the `host` that it asked for, if
 * it named one, and the scheme.
 */
export function forwardedElement(
  address: string | undefined,
  host: string | undefined,
  scheme: string,
): string {
  const isVersion6 = address?.includes(":") === true;
  const node = isVersion6 ? `"[${address}]"` : (address ?? "unknown");
  const named = host === undefined ? "" : `;host=${valueOf(host)}`;
  return `for=${node}${named};proto=${scheme}`;
}
