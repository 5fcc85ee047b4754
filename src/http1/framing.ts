/**
 * How long the body of a message is: RFC 9112 §6.3, its steps numbered as there. Step 2 is about
 * CONNECT, which nothing here sends.
 *
 * Stricter than the RFC demands, on purpose: where it allows a recipient to repair a message
 * (several equal lengths; a length beside a coding), the message is refused, because another party
 * on the way may have repaired it differently, and the difference is request smuggling. For the
 * same reason a list of codings with empty members, which RFC 9110 §5.6.1.2 has recipients repair,
 * is malformed.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import type { Http1RefusalKind } from "./error.ts";
import { DIGIT, everyIs, token } from "../http/octets/grammar.ts";

/** The body's extent. `octets` may be 0; it is at most 2^53 - 1. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly octets: number }
  | { readonly kind: "chunked" };

/** The same of a response, which may end with its connection. */
export type ResponseFraming = Framing | { readonly kind: "close" };

const none: Framing = { kind: "none" };
const chunked: Framing = { kind: "chunked" };

const quoted = String.raw`"(?:[\t !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"`;

/**
 * transfer-coding    = token *( OWS ";" OWS transfer-parameter )   (RFC 9110 §10.1.4)
 * transfer-parameter = token BWS "=" BWS ( token / quoted-string )
 */
const coding = `${token}(?:[\\t ]*;[\\t ]*${token}[\\t ]*=[\\t ]*(?:${token}|${quoted}))*`;
const codingPattern = new RegExp(coding, "g");
const codingsPattern = new RegExp(`^${coding}(?:[\\t ]*,[\\t ]*${coding})*$`);

function byCoding(values: readonly string[]): Result<Framing, Http1RefusalKind> {
  const list = values.join(",").toLowerCase();
  if (list === "chunked") return success(chunked);
  if (!codingsPattern.test(list)) return failure("coding-malformed");
  const codings: readonly string[] = list.match(codingPattern) ?? [];
  // Step 4: chunked has to be last, or the length can't be known, and may stand once only (§6.1). A
  // chunked with parameters is another coding, since chunked has none (§7.1).
  const final = codings.indexOf("chunked") === codings.length - 1;
  return failure(final ? "coding-unknown" : "coding-not-final");
}

function byLength(values: readonly string[]): Result<Framing, Http1RefusalKind> {
  const [value = ""] = values;
  if (values.length > 1) return failure("length-repeated");
  if (value.includes(",")) return failure("length-repeated");
  // Content-Length = 1*DIGIT (RFC 9110 §8.6)
  if (value.length === 0 || !everyIs(value, DIGIT)) return failure("length-malformed");
  const octets = Number(value);
  return Number.isSafeInteger(octets)
    ? success({ kind: "length", octets })
    : failure("body-too-large");
}

/**
 * The extent of the body of a request with these field values, in their order. `minorVersion` is 0
 * for HTTP/1.0. Fails with the kind of refusal; each of them closes the connection.
 */
export function requestFraming(
  minorVersion: number,
  transferEncodings: readonly string[],
  contentLengths: readonly string[],
): Result<Framing, Http1RefusalKind> {
  if (transferEncodings.length > 0) {
    // §6.1: a server must treat a Transfer-Encoding in HTTP/1.0 as faulty framing.
    if (minorVersion === 0) return failure("coding-version");
    // Step 3.
    if (contentLengths.length > 0) return failure("length-and-coding");
    return byCoding(transferEncodings);
  }
  // Steps 5 and 6, and step 7: a request with neither field has no body.
  return contentLengths.length > 0 ? byLength(contentLengths) : success(none);
}

/**
 * The extent of the body of a final response with `status` and these field values; `isHead` says
 * that HEAD was asked. A response that can't be delimited for certain fails: an intermediary must
 * not pass it on (step 5), and answers 502 in its place.
 */
export function responseFraming(
  status: number,
  isHead: boolean,
  minorVersion: number,
  transferEncodings: readonly string[],
  contentLengths: readonly string[],
): Result<ResponseFraming, Http1RefusalKind> {
  if (transferEncodings.length > 0) {
    if (minorVersion === 0) return failure("coding-version");
    // Step 3: such a response ought to be handled as an error.
    if (contentLengths.length > 0) return failure("length-and-coding");
  }
  // Step 1, of which the fields are still held to their grammar.
  const isBodiless = isHead || status === 204 || status === 304;
  if (transferEncodings.length > 0) {
    const coded = byCoding(transferEncodings);
    return coded.ok && isBodiless ? success(none) : coded;
  }
  if (contentLengths.length > 0) {
    const sized = byLength(contentLengths);
    return sized.ok && isBodiless ? success(none) : sized;
  }
  // Step 8.
  return success(isBodiless ? none : { kind: "close" });
}
