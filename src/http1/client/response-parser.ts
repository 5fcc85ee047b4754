/**
 * Reads the responses of a backend (RFC 9112 §4, §6, §7), as strictly as requests are read: a
 * response that another party on the way could delimit in another way is an error.
 *
 *   status-line   = HTTP-version SP status-code SP [ reason-phrase ]   (RFC 9112 §4)
 *   reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )
 *
 * It is pushed octets and asked for events, and can stop after any octet. The blank before an empty
 * reason phrase may be missing, as many programs leave it out. Obs-fold is an error: RFC 9112 §5.2
 * has a gateway answer 502.
 */

import type { Limits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { listedTokens } from "../../http/fields/fields.ts";
import { concatBytes, latin1Text } from "../../http/octets/bytes.ts";
import { classes, CR, FIELD_VALUE, LF, SP } from "../../http/octets/grammar.ts";
import { ChunkReader } from "../chunked.ts";
import type { Http1RefusalKind } from "../error.ts";
import { FieldLines } from "../field-lines.ts";
import { FieldSection } from "../field-section.ts";
import type { ResponseFraming } from "../framing.ts";
import { responseFraming } from "../framing.ts";

/** What can be wrong with a response. */
type ResponseFault = Http1RefusalKind | "status-line";

/** The head of a response. */
export interface ResponseHead {
  readonly status: number;
  readonly minorVersion: 0 | 1;
  readonly fields: FieldLines;
  readonly framing: ResponseFraming;
  /** Whether the connection goes on after this response (RFC 9112 §9.3). */
  readonly persist: boolean;
}

/** "interim" is a response of 1xx but 101, which is a "head": HTTP ends with it. */
export type ResponseEvent =
  | { readonly kind: "interim"; readonly head: ResponseHead }
  | { readonly kind: "head"; readonly head: ResponseHead }
  | { readonly kind: "body"; readonly octets: Uint8Array }
  | { readonly kind: "end" }
  | { readonly kind: "need-data" }
  | { readonly kind: "error"; readonly fault: ResponseFault };

type State =
  "over" | "line" | "line-lf" | "fields" | "length" | "chunks" | "trailers" | "close" | "failed";

const needData: ResponseEvent = { kind: "need-data" };
const ended: ResponseEvent = { kind: "end" };
const nothing = new Uint8Array(0);

/** `HTTP/1.`, octet by octet. */
const version1 = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e];
const otherVersion = /^HTTP\/(?!1\.)\d\.\d /;

/** The octets of a shortest status line: its version, a blank, and three digits. */
const statusLineOctets = version1.length + 5;

/**
 * The version and the status of the status line in `view` from `start` to `end`. A status is 100 to
 * 599 (RFC 9110 §15), and a blank or nothing follows it.
 */
function readStatusLine(
  view: Uint8Array,
  start: number,
  end: number,
): Result<readonly [0 | 1, number], ResponseFault> {
  const digitAt = (at: number): number => (view[start + at] as number) - 0x30;
  const isVersion1 =
    end - start >= statusLineOctets && version1.every((octet, i) => view[start + i] === octet);
  const [minor, first, second, third] = [digitAt(7), digitAt(9), digitAt(10), digitAt(11)];
  const isStatus =
    isVersion1 &&
    isDigit(minor) &&
    view[start + 8] === SP &&
    first >= 1 &&
    first <= 5 &&
    isDigit(second) &&
    isDigit(third) &&
    (end - start === statusLineOctets || view[start + statusLineOctets] === SP);
  if (isStatus) return success([minor === 0 ? 0 : 1, first * 100 + second * 10 + third]);
  return failure(otherVersion.test(latin1Text(view, start, end)) ? "version" : "status-line");
}

const isDigit = (value: number): boolean => value >= 0 && value <= 9;

/** RFC 9112 §9.3, as for requests. */
function persists(minorVersion: number, fields: FieldLines): boolean {
  const options = listedTokens(fields, "connection");
  if (options.includes("close")) return false;
  return minorVersion > 0 || options.includes("keep-alive");
}

/** The parser of one connection's responses. */
export class ResponseParser {
  readonly #limits: Limits;
  #state: State = "over";
  #isHead = false;
  /** What has arrived; everything before `#start` is consumed. */
  #view: Uint8Array = nothing;
  #start = 0;
  /** The next octet of the head to read, from `#start`. */
  #at = 0;
  #line: readonly [minorVersion: 0 | 1, status: number] = [1, 0];
  #section: FieldSection | undefined;
  #chunks: ChunkReader | undefined;
  /** What is left of a body with a length. */
  #remaining = 0;
  #fault: ResponseFault = "incomplete";
  /** Whether no more octets come, and whether the backend has said so or broken off. */
  #peer: "open" | "ended" | "broken" = "open";

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Octets pushed and not yet consumed. */
  get buffered(): number {
    return this.#view.length - this.#start;
  }

  /** What is left of a body with a length. */
  get octetsAhead(): number {
    return this.#state === "length" ? this.#remaining : 0;
  }

  /** A request has been sent: its response is read next. `isHead` if its method is HEAD. */
  begin(isHead: boolean): void {
    this.#state = "line";
    this.#isHead = isHead;
  }

  /** Hands over octets, which must not change any more. */
  push(octets: Uint8Array): void {
    if (this.#state === "failed") return;
    const isRead = this.#start === this.#view.length;
    this.#view = isRead ? octets : concatBytes([this.#view.subarray(this.#start), octets]);
    this.#start = 0;
  }

  /** The backend has ended its side: no octets follow those that were pushed. */
  peerEnded(): void {
    this.#peer = "ended";
  }

  /** The same, without its having said so: what is read until the end is not whole. */
  breakOff(): void {
    this.#peer = "broken";
  }

  /** What follows the head of a 101: no HTTP. */
  takeRest(): Uint8Array {
    const rest = this.#view.subarray(this.#start);
    this.#view = nothing;
    this.#start = 0;
    return rest;
  }

  /** The next event; after an error always that error. */
  next(): ResponseEvent {
    const event = this.#next();
    if (event.kind !== "need-data" || this.#peer === "open" || this.#state === "over") return event;
    if (this.#state === "close" && this.#peer === "ended") return this.#finish();
    return this.#fail("incomplete");
  }

  #next(): ResponseEvent {
    switch (this.#state) {
      case "failed":
        return { kind: "error", fault: this.#fault };
      case "over":
        return needData;
      case "line":
      case "line-lf":
        return this.#statusLine();
      case "fields":
        return this.#headerSection();
      case "length":
        return this.#lengthBody();
      case "chunks":
        return this.#chunkedBody();
      case "trailers":
        return this.#trailerSection();
      case "close":
        return this.buffered === 0 ? needData : { kind: "body", octets: this.takeRest() };
    }
  }

  #fail(fault: ResponseFault): ResponseEvent {
    this.#fault = fault;
    this.#state = "failed";
    this.#view = nothing;
    this.#start = 0;
    return { kind: "error", fault };
  }

  #statusLine(): ResponseEvent {
    const view = this.#view;
    const bound = this.#start + this.#limits.requestLineBytesMax;
    let at = this.#start + this.#at;
    if (this.#state === "line") {
      while (at < view.length && at < bound) {
        if (((classes[view[at] as number] as number) & FIELD_VALUE) === 0) break;
        at++;
      }
      this.#at = at - this.#start;
      if (at === bound) return this.#fail("status-line");
      if (at === view.length) return needData;
      if (view[at] !== CR) return this.#fail(view[at] === LF ? "line-break" : "status-line");
      this.#state = "line-lf";
      this.#at++;
      at++;
    }
    if (at === view.length) return needData;
    if (view[at] !== LF) return this.#fail("line-break");
    const line = readStatusLine(view, this.#start, at - 1);
    if (!line.ok) return this.#fail(line.error);
    this.#line = line.value;
    this.#start = at + 1;
    this.#at = 0;
    this.#state = "fields";
    return this.#headerSection();
  }

  #headerSection(): ResponseEvent {
    this.#section ??= new FieldSection({
      bytesMax: this.#limits.headerSectionBytesMax,
      countMax: this.#limits.fieldCountMax,
      tooLarge: "header-section-too-large",
    });
    const outcome = this.#section.read(this.#view, this.#start, this.#view.length);
    if (outcome === "need-data") return needData;
    if (outcome !== "done") return this.#fail(outcome);
    const fields = new FieldLines(this.#view, this.#section.offsets, this.#start);
    this.#start += this.#section.octets;
    this.#section = undefined;
    return this.#head(fields);
  }

  #head(fields: FieldLines): ResponseEvent {
    const [minorVersion, status] = this.#line;
    if (status < 200) {
      // RFC 9110 §15.2: an HTTP/1.0 program knows none. RFC 9112 §6.1: they have no coding.
      const isFramed = fields.has("transfer-encoding") || fields.has("content-length");
      if (minorVersion === 0 || isFramed) return this.#fail("status-line");
      const framing = { kind: "none" } as const;
      const head = { status, minorVersion, fields, framing, persist: true };
      this.#state = status === 101 ? "over" : "line";
      return { kind: status === 101 ? "head" : "interim", head };
    }
    const codings = fields.getAll("transfer-encoding");
    const lengths = fields.getAll("content-length");
    const framing = responseFraming(status, this.#isHead, minorVersion, codings, lengths);
    if (!framing.ok) return this.#fail(framing.error);
    const { kind } = framing.value;
    const persist = kind !== "close" && persists(minorVersion, fields);
    this.#beginBody(framing.value);
    return {
      kind: "head",
      head: { status, minorVersion, fields, framing: framing.value, persist },
    };
  }

  #beginBody(framing: ResponseFraming): void {
    switch (framing.kind) {
      case "none":
        this.#remaining = 0;
        this.#state = "length";
        return;
      case "length":
        this.#remaining = framing.octets;
        this.#state = "length";
        return;
      case "chunked":
        this.#chunks = new ChunkReader(this.#limits);
        this.#state = "chunks";
        return;
      case "close":
        this.#state = "close";
    }
  }

  #lengthBody(): ResponseEvent {
    if (this.#remaining === 0) return this.#finish();
    if (this.buffered === 0) return needData;
    const end = Math.min(this.#view.length, this.#start + this.#remaining);
    const octets = this.#view.subarray(this.#start, end);
    this.#remaining -= octets.length;
    this.#start = end;
    return { kind: "body", octets };
  }

  #chunkedBody(): ResponseEvent {
    const chunks = this.#chunks;
    if (chunks === undefined || this.buffered === 0) return needData;
    const event = chunks.read(this.#view, this.#start, this.#view.length);
    if (event.kind === "error") return this.#fail(event.error);
    this.#start = chunks.consumed;
    if (event.kind === "data") {
      return { kind: "body", octets: this.#view.subarray(event.start, event.end) };
    }
    if (event.kind === "need-data") return needData;
    this.#chunks = undefined;
    this.#state = "trailers";
    return this.#trailerSection();
  }

  /** Trailers are read and dropped, as RFC 9110 §6.5.1 lets an intermediary do. */
  #trailerSection(): ResponseEvent {
    this.#section ??= new FieldSection({
      bytesMax: this.#limits.trailerSectionBytesMax,
      countMax: this.#limits.fieldCountMax,
      tooLarge: "trailer-section-too-large",
    });
    const outcome = this.#section.read(this.#view, this.#start, this.#view.length);
    if (outcome === "need-data") return needData;
    if (outcome !== "done") return this.#fail(outcome);
    this.#start += this.#section.octets;
    this.#section = undefined;
    return this.#finish();
  }

  #finish(): ResponseEvent {
    this.#state = "over";
    return ended;
  }
}
