/**
 * The request that a backend gets: written anew of what was parsed. The client's fields stay in
 * their order and spelling, but for those about its connection (RFC 9110 §7.6.1) and those that say
 * who asks, which are the proxy's own to write.
 *
 * `Forwarded` (RFC 7239) and `X-Forwarded-For`, which more programs read, get the client's address
 * behind what the client itself has sent: only the last entry is known. What a client says of
 * `X-Forwarded-Host` and `X-Forwarded-Proto` is dropped, since backends make links of them. Where a
 * trusted proxy has passed the request on, it is the proxy's address that is added, and the host
 * and the scheme are those that the proxy names.
 */

import { listedTokens } from "../../http/fields/fields.ts";
import { clientAddress, forwardedElement } from "../../http/fields/forwarded.ts";
import type { OutgoingHead } from "../../http/message/outgoing-head.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { ResponseField } from "../../http/message/response.ts";
import type { Authority, Scheme } from "../../http/message/target.ts";
import type { Request } from "../request.ts";
import { askedAuthority } from "../request.ts";
import type { PassedFields } from "./passed-fields.ts";
import type { ProxyRule } from "./proxy-rule.ts";

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
  if (version === "HTTP/1.0" || !fields.has("upgrade")) return undefined;
  if (!listedTokens(fields, "connection").includes("upgrade")) return undefined;
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

/** Adds what the client is called in `X-Forwarded-For` and in `Forwarded` (RFC 7239 §4). */
function addChain(
  lines: ResponseField[],
  { head, remoteAddress, forwarded }: Request,
  asked: string | undefined,
  scheme: Scheme,
): void {
  const { fields, authority } = head;
  const before = fields.getAll("x-forwarded-for");
  const peer = clientAddress(forwarded?.peerAddress ?? remoteAddress);
  const own = authority === undefined ? undefined : authorityText(authority);
  const elements = [forwardedElement(peer, own, scheme)];
  // A trusted proxy says who its client is in one of the two fields, and backends may read either.
  if (forwarded !== undefined) {
    const client = clientAddress(remoteAddress);
    if (before.length === 0 && client !== undefined) before.push(client);
    if (!fields.has("forwarded")) {
      elements.unshift(forwardedElement(client, asked, forwarded.scheme ?? scheme));
    }
  }
  if (peer !== undefined) before.push(peer);
  if (before.length > 0) lines.push(["X-Forwarded-For", before.join(", ")]);
  if (asked !== undefined) lines.push(["X-Forwarded-Host", asked]);
  lines.push(["X-Forwarded-Proto", forwarded?.scheme ?? scheme]);
  lines.push(["Forwarded", elements.join(", ")]);
}

/** The head of the request to the backend of `rule` at `target`, in place of `request`. */
export function outgoingHead(
  request: Request,
  { host }: Pick<ProxyRule, "host">,
  target: string,
  passed: PassedFields,
  how: { readonly scheme: Scheme; readonly pseudonym: string },
): OutgoingHead {
  const { head, user } = request;
  const { method, fields, version } = head;
  const authority = askedAuthority(request);
  const asked = authority === undefined ? undefined : authorityText(authority);
  const left = forwardsLeft(head);
  const lines = passed.of(fields, left !== undefined);
  lines.unshift(["Host", host === "keep" ? (asked ?? "") : host]);
  if (user !== undefined) lines.push(...passed.user(user));
  if (left !== undefined) lines.push(["Max-Forwards", String(left - 1)]);
  addChain(lines, request, asked, how.scheme);
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
