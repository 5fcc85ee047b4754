/**
 * The request target of HTTP/1.1 in its four forms (RFC 9112 §3.2):
 *
 *   request-target = origin-form / absolute-form / authority-form / asterisk-form
 *
 * The target is split and never normalised. It is not handed to a URL parser, which would turn "\"
 * into "/", drop tabs and fold dots. Percent-decoding happens where the path becomes the path of a
 * file.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import type { Target } from "../http/message/target.ts";
import { parseAuthority } from "../http/message/target.ts";
import type { Http1RefusalKind } from "./error.ts";

function splitQuery(text: string): { readonly path: string; readonly query?: string } {
  const mark = text.indexOf("?");
  return mark === -1 ? { path: text } : { path: text.slice(0, mark), query: text.slice(mark + 1) };
}

/** scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) (RFC 3986 §3.1), and the "://" after it. */
const absolutePattern = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?]*)/;

/** absolute-form = absolute-URI; of the schemes, http and https (RFC 9110 §4.2). */
function parseAbsolute(raw: string): Result<Target, Http1RefusalKind> {
  const match = absolutePattern.exec(raw);
  if (match === null) return failure("target");
  const [beginning, name = "", authorityText = ""] = match;
  const scheme = name.toLowerCase();
  if (scheme !== "http" && scheme !== "https") return failure("target-scheme");
  const authority = parseAuthority(authorityText);
  if (authority === undefined) return failure("target");
  const tail = raw.slice(beginning.length);
  // An empty path is "/" (RFC 9112 §3.2.1).
  const split = splitQuery(tail.startsWith("/") ? tail : `/${tail}`);
  return success({ form: "absolute", scheme, authority, ...split });
}

/** authority-form = uri-host ":" port, for CONNECT alone (RFC 9112 §3.2.3). */
function parseConnect(raw: string): Result<Target, Http1RefusalKind> {
  const authority = parseAuthority(raw);
  if (authority?.port === undefined) return failure("target-form");
  return success({ form: "authority", authority });
}

/**
 * Reads the target of a request with `method`. `raw` is not empty and holds the characters of the
 * TARGET class only. Fails with the kind of refusal.
 */
export function parseTarget(method: string, raw: string): Result<Target, Http1RefusalKind> {
  if (method === "CONNECT") return parseConnect(raw);
  if (raw.charCodeAt(0) === 0x2f) {
    const mark = raw.indexOf("?");
    if (mark === -1) return success({ form: "origin", path: raw });
    return success({ form: "origin", path: raw.slice(0, mark), query: raw.slice(mark + 1) });
  }
  if (raw === "*") {
    return method === "OPTIONS" ? success({ form: "asterisk" }) : failure("target-form");
  }
  return parseAbsolute(raw);
}
