/**
 * What a peer may do wrong, as a union, and one table that says how each is answered.
 *
 * A row is the whole policy: the status, the section that demands or allows it, the sentence that
 * the client reads, and whether the connection may go on. Everything that leaves doubt about where
 * the next request begins closes (the rules of refusal in ARCHITECTURE.md).
 */

import type { ContentStatus } from "./status.ts";

interface Row {
  readonly status: ContentStatus;
  readonly section: string;
  readonly text: string;
  readonly close: boolean;
}

const bad = (section: string, text: string): Row => ({ status: 400, section, text, close: true });

/** Every kind of refusal, with its answer. */
export const protocolErrors = {
  "empty-lines": bad("RFC 9112 §2.2", "Too many empty lines before the request line."),
  "line-break": bad("RFC 9112 §2.2", "A line must end in CRLF; a bare CR or LF is not a line end."),
  "request-line": bad("RFC 9112 §3", "The request line must be: method SP target SP version."),
  method: bad("RFC 9110 §9.1", "The method must be a token."),
  target: bad("RFC 9112 §3.2", "The request target is malformed."),
  "target-form": bad("RFC 9112 §3.2", "The request target's form does not go with the method."),
  "target-scheme": bad("RFC 9110 §4.2", "Only http resources are served here."),
  version: bad("RFC 9112 §2.3", "The version must be HTTP/DIGIT.DIGIT, in capitals."),
  "field-name": bad("RFC 9112 §5", "A field name must be a token, right before its colon."),
  "field-value": bad("RFC 9110 §5.5", "A field value must not hold control characters."),
  "line-folding": bad("RFC 9112 §5.2", "A field line must not begin with white space."),
  "host-missing": bad("RFC 9112 §3.2", "An HTTP/1.1 request must have a Host field."),
  "host-repeated": bad("RFC 9112 §3.2", "A request must have one Host field only."),
  "host-malformed": bad("RFC 9112 §3.2", "The Host field must be a host, and a port if any."),
  "length-malformed": bad("RFC 9112 §6.3 step 5", "Content-Length must be digits only."),
  "length-repeated": bad("RFC 9112 §6.3 step 5", "A request must have one Content-Length only."),
  "length-and-coding": bad(
    "RFC 9112 §6.3 step 3",
    "Content-Length and Transfer-Encoding must not come together.",
  ),
  "coding-not-final": bad("RFC 9112 §6.3 step 4", "The last transfer coding must be chunked."),
  "coding-malformed": bad("RFC 9112 §6.1", "Transfer-Encoding must be a list of codings."),
  "coding-version": bad("RFC 9112 §6.1", "HTTP/1.0 has no Transfer-Encoding."),
  "chunk-size": bad("RFC 9112 §7.1", "A chunk size must be hexadecimal digits only."),
  "chunk-extension": bad("RFC 9112 §7.1.1", "A chunk extension is malformed."),
  "chunk-line-too-long": bad("RFC 9112 §7.1.1", "The chunk extensions are too long."),
  "chunk-data": bad("RFC 9112 §7.1", "Chunk data must be followed by CRLF."),
  cleartext: bad("RFC 9110 §4.2.2", "Only TLS is spoken here: the address begins with https://."),
  incomplete: bad("RFC 9112 §8", "The request ended before it was complete."),
  path: bad("RFC 3986 §3.3", "The path is malformed, or leaves the served folder."),
  form: bad("RFC 7578 §4", "The form is malformed."),
  json: bad("RFC 8259 §2", "The content is not well-formed JSON in UTF-8."),
  "request-timeout": {
    status: 408,
    section: "RFC 9110 §15.5.9",
    text: "The request was not complete in time.",
    close: true,
  },
  "length-required": {
    status: 411,
    section: "RFC 9110 §15.5.12",
    text: "A request with this method must say how long its content is.",
    close: true,
  },
  "body-too-large": {
    status: 413,
    section: "RFC 9110 §15.5.14",
    text: "The content is larger than this server takes.",
    close: true,
  },
  "request-line-too-long": {
    status: 414,
    section: "RFC 9112 §3",
    text: "The request line is longer than this server takes.",
    close: true,
  },
  "media-type": {
    status: 415,
    section: "RFC 9110 §15.5.16",
    text: "The content is of a media type that is not taken here.",
    close: true,
  },
  expectation: {
    status: 417,
    section: "RFC 9110 §10.1.1",
    text: "The only expectation that can be met is 100-continue.",
    close: true,
  },
  misdirected: {
    status: 421,
    section: "RFC 9110 §7.4",
    text: "An https resource is served on connections with TLS alone, an http one on others.",
    close: true,
  },
  "header-section-too-large": {
    status: 431,
    section: "RFC 6585 §5",
    text: "The header section is larger than this server takes.",
    close: true,
  },
  "too-many-fields": {
    status: 431,
    section: "RFC 6585 §5",
    text: "There are more header fields than this server takes.",
    close: true,
  },
  "trailer-section-too-large": {
    status: 431,
    section: "RFC 6585 §5",
    text: "The trailer section is larger than this server takes.",
    close: true,
  },
  "handler-failed": {
    status: 500,
    section: "RFC 9110 §15.6.1",
    text: "The server failed to answer this request.",
    close: false,
  },
  "coding-unknown": {
    status: 501,
    section: "RFC 9112 §6.1",
    text: "The only transfer coding known here is chunked.",
    close: true,
  },
  overloaded: {
    status: 503,
    section: "RFC 9110 §15.6.4",
    text: "The server is too busy; try again in a moment.",
    close: true,
  },
  "version-unsupported": {
    status: 505,
    section: "RFC 9110 §15.6.6",
    text: "This server speaks HTTP/1.1 and HTTP/1.0.",
    close: true,
  },
} as const satisfies Record<string, Row>;

/** What went wrong, by name. */
export type ProtocolErrorKind = keyof typeof protocolErrors;

/**
 * A refusal that can be answered. Beside a kind that is about a limit stand the limit and what
 * came, which is the maximum and one: nothing further was looked at.
 */
export interface ProtocolError {
  readonly kind: ProtocolErrorKind;
  readonly limit?: { readonly name: string; readonly maximum: number; readonly actual: number };
}

/** The row of `kind`: status, section, sentence, and whether the connection has to close. */
export function answerTo(kind: ProtocolErrorKind): Row {
  return protocolErrors[kind];
}

/** One line for the log and for tests: kind, status and section, and the limit if it was one. */
export function describeError(error: ProtocolError): string {
  const { status, section } = answerTo(error.kind);
  const { limit } = error;
  const bound =
    limit === undefined ? "" : `; ${limit.name} is ${limit.maximum}, came ${limit.actual}`;
  return `${status} ${error.kind} (${section}${bound})`;
}
