/**
 * What can be wrong with the syntax and the framing of an HTTP/1.1 request, and how each is
 * answered: a table like that of the refusals of any version (`http/error.ts`).
 */

import { badRequest, refusals, refusalTable } from "../http/message/error.ts";

/** Every refusal of a reader of HTTP/1.1, by kind: its own, and those of any version. */
export const http1Refusals = {
  ...refusals,
  ...refusalTable({
    "empty-lines": badRequest("RFC 9112 §2.2", "Too many empty lines before the request line."),
    "line-break": badRequest(
      "RFC 9112 §2.2",
      "A line must end in CRLF; a bare CR or LF is not a line end.",
    ),
    "request-line": badRequest(
      "RFC 9112 §3",
      "The request line must be: method SP target SP version.",
    ),
    target: badRequest("RFC 9112 §3.2", "The request target is malformed."),
    version: badRequest("RFC 9112 §2.3", "The version must be HTTP/DIGIT.DIGIT, in capitals."),
    "field-name": badRequest(
      "RFC 9112 §5",
      "A field name must be a token, right before its colon.",
    ),
    "line-folding": badRequest("RFC 9112 §5.2", "A field line must not begin with white space."),
    "host-missing": badRequest("RFC 9112 §3.2", "An HTTP/1.1 request must have a Host field."),
    "host-repeated": badRequest("RFC 9112 §3.2", "A request must have one Host field only."),
    "host-malformed": badRequest(
      "RFC 9112 §3.2",
      "The Host field must be a host, and a port if any.",
    ),
    "length-malformed": badRequest("RFC 9112 §6.3 step 5", "Content-Length must be digits only."),
    "length-repeated": badRequest(
      "RFC 9112 §6.3 step 5",
      "A request must have one Content-Length only.",
    ),
    "length-and-coding": badRequest(
      "RFC 9112 §6.3 step 3",
      "Content-Length and Transfer-Encoding must not come together.",
    ),
    "coding-not-final": badRequest(
      "RFC 9112 §6.3 step 4",
      "The last transfer coding must be chunked.",
    ),
    "coding-malformed": badRequest("RFC 9112 §6.1", "Transfer-Encoding must be a list of codings."),
    "coding-version": badRequest("RFC 9112 §6.1", "HTTP/1.0 has no Transfer-Encoding."),
    "chunk-size": badRequest("RFC 9112 §7.1", "A chunk size must be hexadecimal digits only."),
    "chunk-extension": badRequest("RFC 9112 §7.1.1", "A chunk extension is malformed."),
    "chunk-line-too-long": badRequest("RFC 9112 §7.1.1", "The chunk extensions are too long."),
    "chunk-data": badRequest("RFC 9112 §7.1", "Chunk data must be followed by CRLF."),
    incomplete: badRequest("RFC 9112 §8", "The request ended before it was complete."),
    "request-line-too-long": {
      status: 414,
      section: "RFC 9112 §3",
      text: "The request line is longer than this server takes.",
      close: true,
    },
    "coding-unknown": {
      status: 501,
      section: "RFC 9112 §6.1",
      text: "The only transfer coding known here is chunked.",
      close: true,
    },
    "version-unsupported": {
      status: 505,
      section: "RFC 9110 §15.6.6",
      text: "This server speaks HTTP/1.1 and HTTP/1.0.",
      close: true,
    },
  }),
};

/** A kind of refusal that a reader of HTTP/1.1 has. */
export type Http1RefusalKind = keyof typeof http1Refusals;
