/**
 * Reads what proxies say of the requests that they pass on (RFC 7239, and X-Forwarded-For, which it
 * replaces and which has no specification).
 *
 *   Forwarded         = 1#forwarded-element
 *   forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
 *   forwarded-pair    = token "=" value
 *   value             = token / quoted-string
 *   node              = nodename [ ":" node-port ]
 *   nodename          = IPv4address / "[" IPv6address "]" / "unknown" / obfnode
 *   obfnode           = "_" 1*( ALPHA / DIGIT / "." / "_" / "-")
 *   node-port         = 1*5DIGIT / obfport
 *
 * Two things are taken that the grammar doesn't have, since no other reading of them exists: white
 * space around ";", and a colon or brackets in a value without quotes, `host=a:80`.
 */

import type { IpAddress } from "../../base/ip-address.ts";
import { parseIpAddress } from "../../base/ip-address.ts";
import { trimBlanks } from "./fields.ts";

/** The parameters of one element that have a meaning here, unquoted (RFC 7239 §5). */
export interface ForwardedElement {
  readonly for?: string;
  readonly host?: string;
  readonly proto?: string;
}

/** Who a proxy got a request from: an address, or one that is kept secret (RFC 7239 §6.2, §6.3). */
export type ForwardedNode = IpAddress | "hidden";

// Sticky, so that each reads on where the one before has ended, and none twice.
const pairStart = /[ \t]*([!#$%&'*+\-.^_`|~\w]+)=/y;
const plainValue = /[!#$%&'*+\-.^_`|~\w:[\]]+/y;
const quotedValue = /"((?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*)"/y;
const afterValue = /[ \t]*([;,]|$)/y;
const emptyPair = /[ \t]*(?:[;,]|$)/y;

/** What `pattern` matches in `text` at `at`. */
function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The value at `at`, unquoted, and where it ends. */
function valueAt(text: string, at: number): readonly [value: string, end: number] | undefined {
  const quoted = matchAt(quotedValue, text, at);
  if (quoted !== null) {
    return [(quoted[1] ?? "").replace(/\\(.)/g, "$1"), at + quoted[0].length];
  }
  const plain = matchAt(plainValue, text, at);
  return plain === null ? undefined : [plain[0], at + plain[0].length];
}

/**
 * The elements of one field line called Forwarded, in their order. Undefined when the line is
 * malformed, a parameter stands twice in an element (§4), or there are more than `elementsMax`.
 */
export function parseForwarded(
  line: string,
  elementsMax: number,
): readonly ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  let parameters = new Map<string, string>();
  for (let at = 0; at <= line.length;) {
    const empty = matchAt(emptyPair, line, at);
    let end = at;
    if (empty === null) {
      const start = matchAt(pairStart, line, at);
      const name = start?.[1]?.toLowerCase() ?? "";
      const value = start === null ? undefined : valueAt(line, at + start[0].length);
      if (value === undefined || parameters.has(name)) return undefined;
      parameters.set(name, value[0]);
      end = value[1];
    }
    const after = matchAt(afterValue, line, end);
    if (after === null) return undefined;
    if (after[1] !== ";" && parameters.size > 0) {
      elements.push(Object.fromEntries(parameters));
      if (elements.length > elementsMax) return undefined;
      parameters = new Map();
    }
    // At the end nothing was matched, and one more makes it past it.
    at = end + Math.max(1, after[0].length);
    if (after[1] === "") break;
  }
  return elements;
}

const obfuscated = /^_[\w.-]+$/;
const nodePort = /^(?:\d{1,5}|_[\w.-]+)$/;

/** A node without its port. */
function parseNodeName(name: string): ForwardedNode | undefined {
  if (name.startsWith("[")) {
    const address = name.endsWith("]") ? name.slice(1, -1) : "";
    return address.includes(":") ? parseIpAddress(address) : undefined;
  }
  if (name.toLowerCase() === "unknown" || obfuscated.test(name)) return "hidden";
  return name.includes(":") ? undefined : parseIpAddress(name);
}

/** Reads the value of `for`. Undefined when it is malformed. The port doesn't count. */
export function parseNode(text: string): ForwardedNode | undefined {
  const colon = text.indexOf(":", text.startsWith("[") ? text.indexOf("]") : 0);
  if (colon === -1) return parseNodeName(text);
  if (!nodePort.test(text.slice(colon + 1))) return undefined;
  return parseNodeName(text.slice(0, colon));
}

/**
 * The members of the lists in `lines`, of which empty ones are none (RFC 9110 §5.6.1.2). Undefined
 * when there are more than `membersMax`.
 */
export function listMembers(
  lines: readonly string[],
  membersMax: number,
): readonly string[] | undefined {
  const members: string[] = [];
  for (const line of lines) {
    for (const member of line.split(",")) {
      const trimmed = trimBlanks(member);
      if (trimmed === "") continue;
      if (members.length === membersMax) return undefined;
      members.push(trimmed);
    }
  }
  return members;
}

/**
 * Reads a member of X-Forwarded-For: a node of Forwarded, or IPv6 without brackets, which then has
 * no port. Undefined when it is malformed.
 */
export function parseForwardedFor(member: string): ForwardedNode | undefined {
  const isBare = member.includes(":", member.indexOf(":") + 1) && !member.startsWith("[");
  return isBare ? parseIpAddress(member) : parseNode(member);
}
