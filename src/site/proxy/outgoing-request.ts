/**
 * The request that a backend gets: written anew of what was parsed. The client's fields stay in
 * their order and spelling, but for those about its connection (RFC 9110 §7.6.1) and those that say
 * who asks, which are the proxy's own to write.
 *
 * `Forwarded` (RFC 7239) and `X-Forwarded-For`, which more programs read, get the client's address
 * behind what the client itself has sent: only the last entry is known. What a client says of
 * `X-Forwarded-Host` and `X-Forwarded-Proto` is dropped, since backends make links of them.
 */

import { tokenList } from "../../http/fields/fields.ts";
import { clientAddress, forwardedElement } from "../../http/fields/forwarded.ts";
import { endToEndLines } from "../../http/fields/hop-by-hop.ts";
import type { OutgoingHead } from "../../http/message/outgoing-head.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { ResponseField } from "../../http/message/response.ts";
import type { Authority, Scheme } from "../../http/message/target.ts";
import type { Request } from "../request.ts";
import type { ProxyRule } from "./proxy-rule.ts";

/**
 * The fields of a client that are written anew, or not at all. Programs that run by CGI would take
 * the field Proxy for a setting of their own (HTTP_PROXY).
 */
const written: ReadonlySet<string> = new Set([
  "content-length",
  "expect",
  "host",
  "proxy",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
]);

/** The same of a request whose Max-Forwards counts (RFC 9110 §7.6.2). */
const writtenCounted: ReadonlySet<string> = new Set([...written, "max-forwards"]);

/** Whether Max-Forwards counts for `method`; for others it is a field like any (§7.6.2). */
const countsForwards = (method: string): boolean => method === "OPTIONS" || method === "TRACE";

/**
 * How often the request with `head` may be forwarded; undefined where it doesn't say, and where the
 * value is malformed.
 */
export function forwardsLeft({ method, fields }: RequestHead): number | undefined {
  if (!countsForwards(method)) return undefined;
  const value = fields.get("max-forwards") ?? "";
  return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

/**
 * Protocols that are never switched to. In HTTP/2 over cleartext (RFC 9113 §3.1), and in another
 * HTTP or in TLS, a client would send requests that no guard sees.
 */
const isHttp = (protocol: string): boolean => /^(?:h2|h2c|h3|http|tls)(?:\/|$)/.test(protocol);

/** The protocols that the client asks to switch to (RFC 9110 §7.8); undefined for none. */
function upgradeOf({ version, fields }: RequestHead): string | undefined {
  if (version === "HTTP/1.0") return undefined;
  if (!fields.getAll("connection").flatMap(tokenList).includes("upgrade")) return undefined;
  const protocols = fields
    .getAll("upgrade")
    .flatMap((value) => value.split(","))
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "" && !isHttp(protocol.toLowerCase()));
  return protocols.length === 0 ? undefined : protocols.join(", ");
}

function authorityText({ host, port }: Authority): string {
  return port === undefined ? host : `${host}:${port}`;
}

/** Via has the version of the message as it was received (RFC 9110 §7.6.3). */
export const viaLine = (minorVersion: number, pseudonym: string): ResponseField => [
  "Via",
  `1.${minorVersion} ${pseudonym}`,
];

/** The head of the request to the backend of `rule` at `target`, in place of `request`. */
export function outgoingHead(
  { head, remoteAddress }: Request,
  { host }: Pick<ProxyRule, "host">,
  target: string,
  how: { readonly scheme: Scheme; readonly pseudonym: string },
): OutgoingHead {
  const { method, fields, authority, version } = head;
  const asked = authority === undefined ? undefined : authorityText(authority);
  const told = host === "keep" ? (asked ?? "") : host;
  const left = forwardsLeft(head);
  const lines: ResponseField[] = [["Host", told]];
  lines.push(...endToEndLines(fields, left === undefined ? written : writtenCounted));
  if (left !== undefined) lines.push(["Max-Forwards", String(left - 1)]);
  const address = clientAddress(remoteAddress);
  const before = fields.getAll("x-forwarded-for");
  const chain = address === undefined ? before : [...before, address];
  if (chain.length > 0) lines.push(["X-Forwarded-For", chain.join(", ")]);
  if (asked !== undefined) lines.push(["X-Forwarded-Host", asked]);
  lines.push(["X-Forwarded-Proto", how.scheme]);
  lines.push(["Forwarded", forwardedElement(address, asked, how.scheme)]);
  lines.push(viaLine(version === "HTTP/1.0" ? 0 : 1, how.pseudonym));
  return {
    method,
    target,
    fields: lines,
    content: head.hasContent ? (head.contentLength ?? "chunked") : "none",
    expectsContinue: head.expectsContinue && head.hasContent,
    upgrade: upgradeOf(head),
  };
}
