/**
 * Turns a response into octets:
 *
 *   HTTP-message = status-line CRLF *( field-line CRLF ) CRLF [ message-body ]   (RFC 9112 §2.1)
 *   status-line  = HTTP-version SP status-code SP [ reason-phrase ]              (RFC 9112 §4)
 *
 * The encoder owns everything that depends on the connection and not on the response: the version,
 * Date, Connection, and the framing of the body. A cached response is encoded once: its head is
 * kept as octets, with a small content behind it, and only the date in them changes.
 */

import type { Slot } from "../base/slot.ts";
import { latin1Into } from "../http/octets/bytes.ts";
import type { Response, ResponseField } from "../http/message/response.ts";
import { bodyOctets, CachedResponse } from "../http/message/response.ts";
import { isContentless, reasonPhrase } from "../http/message/status.ts";

/** What the encoder needs to know of the request and its connection. */
export interface WireContext {
  /** Of the request; 0 for HTTP/1.0. */
  readonly minorVersion: 0 | 1;
  /** Whether the request was a HEAD: the same header section, and no body (RFC 9110 §9.3.2). */
  readonly bodiless: boolean;
  /** Whether the client asked for the connection to go on. */
  readonly persist: boolean;
  /** The field lines of `keepAliveLines`, for a response that the connection goes on after. */
  readonly keepAlive: string;
  /** The time of the response, as an IMF-fixdate. */
  readonly date: string;
}

/**
 * The context of a response to the request with `head`. Where that is malformed, `method` may still
 * be known (RFC 9110 §9.3.2).
 */
export function wireContext(
  head: Pick<WireContext, "minorVersion"> | undefined,
  method: string | undefined,
  persist: boolean,
  keepAlive: string,
  date: string,
): WireContext {
  const minorVersion = head?.minorVersion ?? 1;
  return { minorVersion, bodiless: method === "HEAD", persist, keepAlive, date };
}

/** How a body is delimited on the wire (RFC 9112 §6); "tunnel" where HTTP ends with the head. */
export type WireFraming = "none" | "length" | "chunked" | "close" | "tunnel";

/** An encoded response, as far as it can be encoded before its body is sent. */
interface EncodedResponse {
  /**
   * The head, from early hints up to and with the empty line: Latin-1 text, or octets with the
   * first `contentOctets` of the content behind them. The octets are lent: the next response with
   * another date changes them, so they are sent or copied before that.
   */
  readonly head: string | Uint8Array;
  readonly contentOctets: number;
  /** How the body that is still to be sent is delimited; "none" when nothing more is sent. */
  readonly framing: WireFraming;
  /** Whether the connection goes on after this response. */
  readonly persist: boolean;
}

/** An encoded head, as text. */
interface EncodedHead extends EncodedResponse {
  readonly head: string;
  readonly contentOctets: 0;
  /** Where the date begins in `head`. */
  readonly dateAt: number;
}

/**
 * The interim response that tells a client to go on and send its body (RFC 9110 §15.2.1). It has no
 * Date: §6.6.1 asks for one in final responses.
 */
export const continueHead = "HTTP/1.1 100 Continue\r\n\r\n";

/**
 * An interim response with `fields`, for the client that sent `request`; nothing for one of
 * HTTP/1.0, which has none (RFC 9110 §15.2).
 */
export function interimHead(
  status: number,
  fields: readonly ResponseField[],
  request: { readonly acceptsInterim: boolean },
): string {
  if (!request.acceptsInterim) return "";
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${lines.join("")}\r\n`;
}

/** How much longer than announced an idle connection stays open, at least. */
const idleGraceMs = 1000;

/**
 * The field lines that tell a client for how many seconds a connection without a request stays
 * open, where the server closes it after `idleTimeMs`. Clients such as Node's fetch read them on
 * every response and stop using the connection in time: a request that crosses the close is lost.
 *
 *   Keep-Alive           = "Keep-Alive" ":" 1#keepalive-param   (RFC 2068 §19.7.1.1)
 *
 * The announced time is at least a second shorter than the real one, because the client counts from
 * a later moment and its request takes time to arrive. 0 tells a client to use a new connection.
 * Connection names Keep-Alive, as it names every field about the connection (RFC 9110 §7.6.1).
 */
export function keepAliveLines(idleTimeMs: number): string {
  const seconds = Math.max(0, Math.floor((idleTimeMs - idleGraceMs) / 1000));
  return `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n`;
}

/** The last chunk and an empty trailer section (RFC 9112 §7.1). */
export const lastChunk = "0\r\n\r\n";

/**
 * What stands before a chunk of `octets` octets, which CRLF follows. Throws when there are none:
 * that would be the last chunk, and what follows it would be read as another message.
 */
export function chunkPrefix(octets: number): string {
  if (octets < 1) throw new RangeError(`not the size of a chunk: ${octets}`);
  return `${octets.toString(16)}\r\n`;
}

function framingOf(response: Response, context: WireContext): WireFraming {
  if (response.body.kind === "tunnel") return "tunnel";
  if (isContentless(response.status)) return "none";
  if (bodyOctets(response.body) !== undefined) return "length";
  // RFC 9112 §6.1: no Transfer-Encoding to an HTTP/1.0 client; the end of the connection delimits.
  return context.minorVersion === 0 ? "close" : "chunked";
}

/**
 * The interim response with the hints of `response`, if it has any (RFC 8297 §2). A client of
 * HTTP/1.0 would take it for the final one (RFC 9110 §15.2), and one that asks for the fields alone
 * has no use for it.
 */
function earlyHintsHead({ hints = [] }: Response, context: WireContext): string {
  if (hints.length === 0 || context.minorVersion === 0 || context.bodiless) return "";
  const links = hints.map((link): ResponseField => ["Link", link]);
  return interimHead(103, links, { acceptsInterim: true });
}

/**
 * The header section of `response` in `context`. A HEAD gets the fields of the GET, its length too,
 * and nothing follows them. Early hints go before it, in the same piece of text.
 */
export function encodeHead(response: Response, context: WireContext): EncodedHead {
  const framing = framingOf(response, context);
  const persist = context.persist && !response.close && framing !== "close";
  let head = earlyHintsHead(response, context);
  // RFC 9110 §6.2: the version is the server's own, whatever the request's was.
  head += `HTTP/1.1 ${response.status} ${reasonPhrase(response.status)}\r\nDate: `;
  const dateAt = head.length;
  head += `${response.date ?? context.date}\r\n`;
  for (const [name, value] of response.fields) head += `${name}: ${value}\r\n`;
  if (framing === "length") head += `Content-Length: ${bodyOctets(response.body) ?? 0}\r\n`;
  else if (framing === "chunked") head += "Transfer-Encoding: chunked\r\n";
  // RFC 9110 §15.3.6: a 205 has no content and says so, for clients that would wait for some.
  else if (response.status === 205) head += "Content-Length: 0\r\n";
  // RFC 9110 §7.8: the field and the option that goes with it.
  if (response.upgrade !== undefined) {
    head += `Upgrade: ${response.upgrade}\r\nConnection: Upgrade\r\n`;
  }
  // RFC 9112 §9.3: an HTTP/1.0 client can't know that the connection goes on unless it is told.
  if (framing !== "tunnel") head += persist ? context.keepAlive : "Connection: close\r\n";
  head += "\r\n";
  return { head, contentOctets: 0, dateAt, framing: context.bodiless ? "none" : framing, persist };
}

/** A longer content isn't copied behind its head. */
const copiedOctetsMax = 64 * 1024;

/** The octets of a cached response: its head, and behind it the content if that is in memory. */
class KeptOctets implements EncodedResponse {
  readonly head: Uint8Array<ArrayBuffer>;
  readonly contentOctets: number;
  readonly framing: WireFraming;
  readonly persist = true;
  /** The connection's lines in the head; after a reload of the limits they differ. */
  readonly keepAlive: string;
  readonly #dateAt: number;
  #date: string;

  constructor({ head, dateAt, framing }: EncodedHead, { body }: Response, context: WireContext) {
    const content = body.kind === "bytes" ? body.bytes : undefined;
    this.contentOctets = content?.length ?? 0;
    this.framing = body.kind === "file" ? framing : "none";
    this.head = new Uint8Array(head.length + this.contentOctets);
    latin1Into(this.head, head, 0);
    if (content !== undefined) this.head.set(content, head.length);
    this.keepAlive = context.keepAlive;
    this.#dateAt = dateAt;
    this.#date = context.date;
  }

  /** The same octets, with `date` in them. */
  dated(date: string): this {
    if (date !== this.#date) {
      latin1Into(this.head, date, this.#dateAt);
      this.#date = date;
    }
    return this;
  }
}

/**
 * Where the octets of `response` are kept; undefined when they aren't. The same octets answer all
 * requests but those that are seldom: of HTTP/1.0, the last of a connection, a HEAD for content.
 */
function slotOf(response: Response, context: WireContext): Slot | undefined {
  if (!(response instanceof CachedResponse) || response.close) return undefined;
  if (!context.persist || context.minorVersion === 0) return undefined;
  const { body } = response;
  if (context.bodiless && body.kind !== "none") return undefined;
  return body.kind === "bytes" && body.bytes.length > copiedOctetsMax
    ? undefined
    : response.encoded;
}

/** Encodes `response` in `context`, or finds what it was encoded to before. */
export function encodeResponse(response: Response, context: WireContext): EncodedResponse {
  const slot = slotOf(response, context);
  const before = slot?.value;
  if (before instanceof KeptOctets && before.keepAlive === context.keepAlive) {
    return before.dated(context.date);
  }
  const head = encodeHead(response, context);
  if (slot === undefined) return head;
  const kept = new KeptOctets(head, response, context);
  slot.value = kept;
  return kept;
}
