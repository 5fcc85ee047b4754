/**
 * The request target in its four forms (RFC 9112 §3.2), and the host it is for.
 *
 *   request-target = origin-form / absolute-form / authority-form / asterisk-form
 *
 * The target stays as it came: it is split, never normalised, and never handed to a URL parser, which
 * would turn "\" into "/", drop tabs and fold dots. Percent-decoding is the business of whoever
 * turns the path into a name.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import type { ProtocolErrorKind } from "./error.ts";
import { classes, DIGIT, everyIs, HEXDIG, IP_LITERAL, REG_NAME } from "./grammar.ts";

/** A host and a port, if one was named: uri-host [ ":" port ] (RFC 9110 §7.2, RFC 3986 §3.2). */
export interface Authority {
  /** As it came; an IP literal keeps its brackets. Not empty. */
  readonly host: string;
  /** 0 to 65535; absent when no port, or an empty one, was named. */
  readonly port?: number;
}

/** A request target. `path` begins with "/"; `query` has no "?" and is absent when there was none. */
export type Target =
  | { readonly form: "origin"; readonly path: string; readonly query?: string }
  | {
      readonly form: "absolute";
      readonly scheme: "http" | "https";
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

/**
 * Reads host and port. Undefined when the text is empty, has user information, or is malformed. The
 * characters are checked and not whether the name could exist.
 */
export function parseAuthority(text: string): Authority | undefined {
  let hostEnd = text.length;
  if (text.startsWith("[")) {
    hostEnd = text.indexOf("]") + 1;
    const inner = text.slice(1, hostEnd - 1);
    if (hostEnd < 3 || !everyIs(inner, IP_LITERAL) || !inner.includes(":")) return undefined;
  } else {
    const colon = text.indexOf(":");
    if (colon !== -1) hostEnd = colon;
    const name = text.slice(0, hostEnd);
    if (name.length === 0 || !everyIs(name, REG_NAME) || !escapesAreWhole(name)) return undefined;
  }
  const host = text.slice(0, hostEnd);
  if (host.length > hostLengthMax) return undefined;
  if (hostEnd === text.length) return { host };
  const digits = text.slice(hostEnd + 1);
  if (text[hostEnd] !== ":" || digits.length > 5 || !everyIs(digits, DIGIT)) return undefined;
  if (digits.length === 0) return { host };
  const port = Number(digits);
  return port <= 65_535 ? { host, port } : undefined;
}

function splitQuery(text: string): { readonly path: string; readonly query?: string } {
  const mark = text.indexOf("?");
  return mark === -1 ? { path: text } : { path: text.slice(0, mark), query: text.slice(mark + 1) };
}

/** absolute-form = absolute-URI; of the schemes, http and https (RFC 9110 §4.2). */
function parseAbsolute(raw: string): Result<Target, ProtocolErrorKind> {
  const schemeEnd = raw.indexOf("://");
  if (schemeEnd < 1) return failure("target");
  const scheme = raw.slice(0, schemeEnd).toLowerCase();
  if (scheme !== "http" && scheme !== "https") return failure("target-scheme");
  const rest = raw.slice(schemeEnd + 3);
  const end = rest.search(/[/?]/);
  const authority = parseAuthority(end === -1 ? rest : rest.slice(0, end));
  if (authority === undefined) return failure("target");
  // An empty path is "/" (RFC 9112 §3.2.1).
  const tail = end === -1 ? "/" : rest.slice(end);
  const split = splitQuery(tail.startsWith("/") ? tail : `/${tail}`);
  return success({ form: "absolute", scheme, authority, ...split });
}

/** authority-form = uri-host ":" port, for CONNECT alone (RFC 9112 §3.2.3). */
function parseConnect(raw: string): Result<Target, ProtocolErrorKind> {
  const authority = parseAuthority(raw);
  if (authority?.port === undefined) return failure("target-form");
  return success({ form: "authority", authority });
}

/**
 * Reads the target of a request with `method`. `raw` is not empty and holds the characters of the
 * TARGET class only. Fails with the kind of refusal.
 */
export function parseTarget(method: string, raw: string): Result<Target, ProtocolErrorKind> {
  if (method === "CONNECT") return parseConnect(raw);
  if (raw.charCodeAt(0) === 0x2f) return success({ form: "origin", ...splitQuery(raw) });
  if (raw === "*") {
    return method === "OPTIONS" ? success({ form: "asterisk" }) : failure("target-form");
  }
  const first = raw.charCodeAt(0) | 0x20;
  const beginsAsScheme = first >= 0x61 && first <= 0x7a && (classes[first] ?? 0) !== 0;
  return beginsAsScheme && raw.includes("://") ? parseAbsolute(raw) : failure("target");
}
