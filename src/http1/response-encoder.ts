/**
 * Turns a response into octets:
 *
 *   HTTP-message = status-line CRLF *( field-line CRLF ) CRLF [ message-body ]   (RFC 9112 §2.1)
 *   status-line  = HTTP-version SP status-code SP [ reason-phrase ]              (RFC 9112 §4)
 *
 * The encoder owns everything that depends on the connection and not on the answer: the version,
 * Date, Connection, and which framing the body gets.
 */

import { latin1Into } from "../http/bytes.ts";
import type { Response } from "../http/response.ts";
import { bodyOctets, CachedResponse } from "../http/response.ts";
import { isContentless, reasonPhrase } from "../http/status.ts";

/** What the encoder has to know of the exchange. */
export interface Exchange {
  /** Of the request; 0 for HTTP/1.0. */
  readonly minorVersion: 0 | 1;
  /** Whether the request was a HEAD: the same header section, and no body (RFC 9110 §9.3.2). */
  readonly bodiless: boolean;
  /** Whether the client asked for the connection to go on. */
  readonly persist: boolean;
  /** The time of the response, as an IMF-fixdate. */
  readonly date: string;
}

/** How a body is delimited on the wire (RFC 9112 §6). */
export type WireFraming = "none" | "length" | "chunked" | "close";

/** An encoded header section, what goes before it, and what follows it. */
export interface EncodedHead {
  /** Latin-1 text, up to and with the empty line. */
  readonly text: string;
  readonly framing: WireFraming;
  /** Whether the connection goes on after this response. */
  readonly persist: boolean;
}

/**
 * The interim response that tells a client to go on and send its body (RFC 9110 §15.2.1). It has no
 * Date: §6.6.1 asks for one in final responses.
 */
export const continueHead = "HTTP/1.1 100 Continue\r\n\r\n";

/** The last chunk and an empty trailer section (RFC 9112 §7.1). */
export const lastChunk = "0\r\n\r\n";

/**
 * What stands before a chunk of `octets` octets; they are followed by CRLF. Throws when there are
 * none: that would be the last chunk, and what followed it another message.
 */
export function chunkPrefix(octets: number): string {
  if (octets < 1) throw new RangeError(`not the size of a chunk: ${octets}`);
  return `${octets.toString(16)}\r\n`;
}

function framingOf(response: Response, exchange: Exchange): WireFraming {
  if (isContentless(response.status)) return "none";
  if (bodyOctets(response.body) !== undefined) return "length";
  // RFC 9112 §6.1: no Transfer-Encoding to an HTTP/1.0 client; the end of the connection delimits.
  return exchange.minorVersion === 0 ? "close" : "chunked";
}

/**
 * The interim response with the hints of `response`, if it has any (RFC 8297 §2). A client of
 * HTTP/1.0 would take it for the answer (RFC 9110 §15.2), and one that asks for the fields alone
 * has no use for it.
 */
function earlyHintsHead({ hints = [] }: Response, exchange: Exchange): string {
  if (hints.length === 0 || exchange.minorVersion === 0 || exchange.bodiless) return "";
  return `HTTP/1.1 103 Early Hints\r\n${hints.map((link) => `Link: ${link}\r\n`).join("")}\r\n`;
}

/**
 * The header section of `response` in `exchange`. A HEAD has the fields of the GET, its length too,
 * and nothing follows them. Early hints go before it, in the same piece of text.
 */
export function encodeHead(response: Response, exchange: Exchange): EncodedHead {
  const framing = framingOf(response, exchange);
  const persist = exchange.persist && !response.close && framing !== "close";
  let text = earlyHintsHead(response, exchange);
  // RFC 9112 §2.6, RFC 9110 §6.2: the version is ours, whatever the request's was.
  text += `HTTP/1.1 ${response.status} ${reasonPhrase(response.status)}\r\n`;
  text += `Date: ${exchange.date}\r\n`;
  for (const [name, value] of response.fields) text += `${name}: ${value}\r\n`;
  if (framing === "length") text += `Content-Length: ${bodyOctets(response.body) ?? 0}\r\n`;
  else if (framing === "chunked") text += "Transfer-Encoding: chunked\r\n";
  // RFC 9110 §15.3.6: a 205 has no content and says so, for clients that would wait for some.
  else if (response.status === 205) text += "Content-Length: 0\r\n";
  if (!persist) text += "Connection: close\r\n";
  // RFC 9112 §9.3: an HTTP/1.0 client can't know that the connection goes on unless it is told.
  else if (exchange.minorVersion === 0) text += "Connection: keep-alive\r\n";
  text += "\r\n";
  return { text, framing: exchange.bodiless ? "none" : framing, persist };
}

/** A longer body isn't copied behind its head. */
const keptBodyOctetsMax = 64 * 1024;

/**
 * All octets of `response`, head and body, in one piece, made once for a response that recurs;
 * without those of a file, which follow. Undefined for one that doesn't recur, and for the
 * exchanges that are seldom: what they need is `encodeHead`. The octets are lent: they are to be
 * sent or copied before anything is encoded for another date, which is put into the same piece.
 */
export function encodeWhole(response: Response, exchange: Exchange): Uint8Array | undefined {
  if (!(response instanceof CachedResponse)) return undefined;
  if (!exchange.persist || exchange.minorVersion === 0) return undefined;
  if (exchange.bodiless && response.body.kind !== "none") return undefined;
  const { encoded } = response;
  if (encoded.octets === undefined) {
    encoded.octets = makeWhole(response, exchange);
    encoded.date = exchange.date;
  } else if (encoded.date !== exchange.date) {
    encoded.date = exchange.date;
    latin1Into(encoded.octets, exchange.date, dateAtOf(response));
  }
  return encoded.octets;
}

/** Where in a response its date is: behind a status line with its phrase, and "Date: ". */
function dateAtOf({ status }: Response): number {
  return `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\nDate: `.length;
}

function makeWhole(response: Response, exchange: Exchange): Uint8Array<ArrayBuffer> | undefined {
  const { body, close } = response;
  if (close || body.kind === "stream") return undefined;
  const content = body.kind === "bytes" ? body.bytes : undefined;
  if (content !== undefined && content.length > keptBodyOctetsMax) return undefined;
  const { text } = encodeHead(response, exchange);
  const octets = new Uint8Array(text.length + (content?.length ?? 0));
  latin1Into(octets, text, 0);
  if (content !== undefined) octets.set(content, text.length);
  return octets;
}
