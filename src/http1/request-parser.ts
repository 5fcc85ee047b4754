/**
 * The parser of HTTP/1.x requests: octets in, events out.
 *
 *   HTTP-message = start-line CRLF *( field-line CRLF ) CRLF [ message-body ]   (RFC 9112 §2.1)
 *   request-line = method SP request-target SP HTTP-version                     (RFC 9112 §3)
 *
 * `push` hands over what has arrived; `next` returns an event, "need-data", or an error, which it
 * returns ever after. The parser pulls nothing and calls nothing back: back-pressure is to stop
 * calling it. Each octet is read once, in order, and none past a limit, so the events are the same
 * however the octets were cut. Absent on purpose: obsolete line folding, a bare LF as a line end,
 * HTTP/0.9, resynchronising after an error.
 */

import type { Limits } from "../base/limits.ts";
import { isRunAt, latin1Bytes, latin1Text, OctetRange } from "../http/octets/bytes.ts";
import type { ChunkEvent, ChunkReader } from "./chunked.ts";
import type { Refusal } from "../http/message/error.ts";
import type { Http1RefusalKind } from "./error.ts";
import { http1Refusals } from "./error.ts";
import { FieldLines } from "./field-lines.ts";
import { FieldSection } from "./field-section.ts";
import type { Fields } from "../http/fields/fields.ts";
import { noFields } from "../http/fields/fields.ts";
import { classes, CR, DIGIT, LF, SP, TARGET, TCHAR } from "../http/octets/grammar.ts";
import type { HeadEvent } from "./request-head-cache.ts";
import { RequestHeadCache } from "./request-head-cache.ts";
import type { Http1RequestHead } from "./request-head.ts";
import { readRequestHead } from "./request-head.ts";

/** An event. The octets of a "body" event are a view into what was pushed. */
export type ParserEvent =
  | { readonly kind: "need-data" }
  | HeadEvent
  | { readonly kind: "body"; readonly octets: Uint8Array }
  | { readonly kind: "end"; readonly trailers: Fields }
  | { readonly kind: "error"; readonly refusal: Refusal; readonly method: string | undefined };

/**
 * Where the parser stands: between two requests, inside a head, inside a body (its trailer section
 * included), or past an error.
 */
type ParserPlace = "between" | "head" | "body" | "failed";

type LineState = "empty" | "empty-lf" | "method" | "target" | "version" | "line-lf";
type State = LineState | "fields" | "length" | "chunks" | "trailers" | "failed";

const needData: ParserEvent = { kind: "need-data" };
const endWithoutTrailers: ParserEvent = { kind: "end", trailers: noFields };
const nothing = new Uint8Array(0);

/** The limit that a refusal says was exceeded. */
const limitOf: { readonly [kind in Http1RefusalKind]?: keyof Limits } = {
  "empty-lines": "emptyLinesMax",
  "request-line-too-long": "requestLineBytesMax",
  "header-section-too-large": "headerSectionBytesMax",
  "too-many-fields": "fieldCountMax",
  "trailer-section-too-large": "trailerSectionBytesMax",
};

/** The version is eight octets, and case-sensitive (RFC 9112 §2.3). */
const versionLength = 8;

/** The parser of one connection's requests. */
export class RequestParser {
  /** Loaded by the first chunked body. */
  static #ChunkReader: typeof ChunkReader | undefined;
  readonly #limits: Limits;
  #state: State = "empty";
  /** What has arrived; everything before `#start` is consumed, nothing is at or after `#end`. */
  #view: Uint8Array = nothing;
  #start = 0;
  #end = 0;
  /** The next octet of the request line to read, from `#start`. */
  #at = 0;
  #emptyLines = 0;
  #methodEnd = 0;
  #targetEnd = 0;
  #method: string | undefined;
  #section: FieldSection | undefined;
  readonly #heads: RequestHeadCache;
  /** The digest by which the present head may be kept; -1 when it isn't. */
  #digest = -1;
  #chunks: ChunkReader | undefined;
  /** What is left of a body with a length. */
  #remaining = 0;
  #failed: ParserEvent | undefined;

  /** Parsers with the same limits may share a cache. */
  constructor(limits: Limits, heads = new RequestHeadCache(limits)) {
    this.#limits = limits;
    this.#heads = heads;
  }

  /** Octets pushed and not yet consumed. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Whether a body with a length has been read to its last octet, and only its end is to come. */
  get isBodyRead(): boolean {
    return this.#state === "length" && this.#remaining === 0;
  }

  /**
   * Octets of the body that are known to follow what was read: the rest of a body with a length,
   * or of the present chunk.
   */
  get octetsAhead(): number {
    if (this.#state === "length") return this.#remaining;
    return this.#state === "chunks" ? (this.#chunks?.octetsAhead ?? 0) : 0;
  }

  /** The method of the present request; undefined until all of it has arrived. */
  get method(): string | undefined {
    return this.#method;
  }

  /**
   * The whole body, where it has a length and has arrived to its last octet: it is consumed, and
   * only its end is left. Undefined otherwise.
   */
  takeBody(): OctetRange | undefined {
    const octets = this.#remaining;
    if (this.#state !== "length" || octets === 0 || this.buffered < octets) return undefined;
    const body = new OctetRange(this.#view, this.#start, this.#start + octets);
    this.#start += octets;
    this.#remaining = 0;
    return body;
  }

  /** What follows the last message, which isn't HTTP any more; the parser has nothing after it. */
  takeRest(): Uint8Array {
    const rest = this.#view.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return rest;
  }

  /** Where the parser stands. Empty lines before a request are still "between". */
  get place(): ParserPlace {
    switch (this.#state) {
      case "empty":
      case "empty-lf":
        return "between";
      case "failed":
        return "failed";
      case "length":
      case "chunks":
      case "trailers":
        return "body";
      default:
        return "head";
    }
  }

  /**
   * Hands over octets. The parser keeps the view, so nothing may be written into it after that.
   */
  push(octets: Uint8Array): void {
    // Nothing more is read, so nothing is kept.
    if (this.#state === "failed") return;
    if (this.#start === this.#end) {
      this.#view = octets;
      this.#start = 0;
      this.#end = octets.length;
      return;
    }
    this.#append(octets);
  }

  /** The next event; after an error always that error. */
  next(): ParserEvent {
    switch (this.#state) {
      case "failed":
        return this.#failed ?? needData;
      case "length":
        return this.#lengthBody();
      case "chunks":
        return this.#chunkedBody();
      case "trailers":
        return this.#trailerSection();
      case "fields":
        return this.#headerSection();
      default: {
        if (this.#start === this.#end) return needData;
        const known = this.#recognise();
        if (known !== undefined) return known;
        const problem = this.#requestLine();
        if (problem === "need-data") return needData;
        return problem === undefined ? this.#headerSection() : this.#fail(problem);
      }
    }
  }

  /**
   * Copies what is left and what is new into one buffer, whose size doubles, so that a head that
   * arrives octet by octet costs a few copies only; in a body up to the most that waits for a
   * reader. Octets that were given out stay where they are.
   */
  #append(octets: Uint8Array): void {
    const length = this.buffered + octets.length;
    // Only a buffer of the parser's own has room after `#end`.
    if (this.#end + octets.length <= this.#view.length) {
      this.#view.set(octets, this.#end);
      this.#end += octets.length;
      return;
    }
    const { bodyBufferBytesMax } = this.#limits;
    const doubled = this.place === "body" ? Math.min(length * 2, bodyBufferBytesMax) : length * 2;
    const grown = new Uint8Array(Math.max(1024, length, doubled));
    grown.set(this.#view.subarray(this.#start, this.#end));
    grown.set(octets, this.buffered);
    this.#view = grown;
    this.#start = 0;
    this.#end = length;
  }

  #fail(kind: Http1RefusalKind, limitName = limitOf[kind]): ParserEvent {
    let refusal: Refusal = http1Refusals[kind];
    if (limitName !== undefined) {
      const maximum = this.#limits[limitName];
      refusal = { ...refusal, limit: { name: limitName, maximum, actual: maximum + 1 } };
    }
    this.#failed = { kind: "error", refusal, method: this.#method };
    this.#state = "failed";
    this.#view = nothing;
    this.#start = 0;
    this.#end = 0;
    return this.#failed;
  }

  /** The next head, if it has arrived whole and is in the cache. */
  #recognise(): HeadEvent | undefined {
    if (this.#state !== "empty") return undefined;
    const found = this.#heads.find(this.#view, this.#start, this.#end);
    if (typeof found === "number") {
      this.#digest = found;
      return undefined;
    }
    this.#method = found.head.method;
    this.#start += found.head.octetCount;
    this.#beginBody(found.head);
    return found;
  }

  /** Reads up to the request line's LF. Undefined when it is whole. */
  #requestLine(): "need-data" | Http1RefusalKind | undefined {
    while (this.#state === "empty" || this.#state === "empty-lf") {
      const problem = this.#emptyLine();
      if (problem !== undefined) return problem;
    }
    const view = this.#view;
    // The CRLF doesn't count, so the version may end at the bound and its CR stand there.
    const bound = this.#start + this.#limits.requestLineBytesMax;
    const stop = Math.min(this.#end, bound);
    let at = this.#start + this.#at;
    if (this.#state === "method") {
      while (at < stop && ((classes[view[at] as number] as number) & TCHAR) !== 0) at++;
      if (at < stop) {
        if (view[at] !== SP || at === this.#start) return this.#lineError(view[at] as number);
        this.#method = methodName(view, this.#start, at);
        this.#methodEnd = at - this.#start;
        this.#state = "target";
        at++;
      }
    }
    if (this.#state === "target") {
      while (at < stop && ((classes[view[at] as number] as number) & TARGET) !== 0) at++;
      if (at < stop) {
        const empty = at === this.#start + this.#methodEnd + 1;
        if (view[at] !== SP || empty) return this.#lineError(view[at] as number);
        this.#targetEnd = at - this.#start;
        this.#state = "version";
        at++;
      }
    }
    this.#at = at - this.#start;
    if (this.#state !== "version" && this.#state !== "line-lf") {
      return at === bound ? "request-line-too-long" : "need-data";
    }
    return this.#version(at, bound);
  }

  /** HTTP-version = "HTTP" "/" DIGIT "." DIGIT, then CRLF. */
  #version(from: number, bound: number): "need-data" | Http1RefusalKind | undefined {
    const view = this.#view;
    const start = this.#start + this.#targetEnd + 1;
    let at = from;
    for (; at < this.#end && at < start + versionLength; at++) {
      if (at === bound) return "request-line-too-long";
      const octet = view[at] as number;
      const offset = at - start;
      const right =
        offset === 5 || offset === 7
          ? ((classes[octet] as number) & DIGIT) !== 0
          : octet === "HTTP/ . ".charCodeAt(offset);
      if (!right) return octet === LF ? "line-break" : "version";
    }
    this.#at = at - this.#start;
    if (at === this.#end) return "need-data";
    if (this.#state === "version") {
      if (view[at] !== CR) return view[at] === LF ? "line-break" : "version";
      if (view[start + 5] !== 0x31) return "version-unsupported";
      this.#state = "line-lf";
      at++;
      this.#at = at - this.#start;
      if (at === this.#end) return "need-data";
    }
    if (view[at] !== LF) return "line-break";
    this.#at = at + 1 - this.#start;
    this.#state = "fields";
    return undefined;
  }

  /**
   * Empty lines before a request line are skipped, a few of them (RFC 9112 §2.2: a server should
   * ignore at least one).
   */
  #emptyLine(): "need-data" | Http1RefusalKind | undefined {
    if (this.#start === this.#end) return "need-data";
    const octet = this.#view[this.#start];
    if (this.#state === "empty") {
      if (octet !== CR) {
        this.#state = "method";
        return undefined;
      }
      // The digest was made of octets that begin with the empty line.
      this.#digest = -1;
      if (this.#emptyLines === this.#limits.emptyLinesMax) return "empty-lines";
      this.#state = "empty-lf";
    } else {
      if (octet !== LF) return "line-break";
      this.#emptyLines++;
      this.#state = "empty";
    }
    this.#start++;
    return undefined;
  }

  #lineError(octet: number): Http1RefusalKind {
    if (octet === LF || octet === CR) return octet === LF ? "line-break" : "request-line";
    if (octet === SP) return "request-line";
    return this.#state === "method" ? "method" : "target";
  }

  #headerSection(): ParserEvent {
    this.#section ??= new FieldSection({
      bytesMax: this.#limits.headerSectionBytesMax,
      countMax: this.#limits.fieldCountMax,
      tooLarge: "header-section-too-large",
    });
    const section = this.#section;
    const outcome = section.read(this.#view, this.#start + this.#at, this.#end);
    if (outcome === "need-data") return needData;
    if (outcome !== "done") return this.#fail(outcome);
    const end = this.#start + this.#at + section.octets;
    const octets = end - this.#start;
    const isKept = this.#heads.admits(this.#digest, octets);
    // A copy: what is kept must not change, and must not keep the rest of the view in memory.
    const view = isKept ? new Uint8Array(this.#view.subarray(this.#start, end)) : this.#view;
    const start = isKept ? 0 : this.#start;
    const head = readRequestHead({
      view,
      start,
      method: this.#method ?? "",
      methodEnd: this.#methodEnd,
      targetEnd: this.#targetEnd,
      minorVersion: view[start + this.#targetEnd + versionLength] === 0x30 ? 0 : 1,
      sectionStart: start + this.#at,
      offsets: section.offsets,
      end: start + octets,
      isKept,
    });
    if (!head.ok) return this.#fail(head.error);
    const event: HeadEvent = isKept
      ? this.#heads.keep(this.#digest, head.value)
      : { kind: "head", head: head.value };
    this.#start = end;
    this.#beginBody(head.value);
    return event;
  }

  #beginBody(head: Http1RequestHead): void {
    this.#section = undefined;
    this.#digest = -1;
    this.#at = 0;
    this.#emptyLines = 0;
    switch (head.framing.kind) {
      case "none":
        this.#remaining = 0;
        this.#state = "length";
        return;
      case "length":
        this.#remaining = head.framing.octets;
        this.#state = "length";
        return;
      case "chunked":
        RequestParser.#ChunkReader ??= (
          require("./chunked.ts") as typeof import("./chunked.ts")
        ).ChunkReader;
        this.#chunks = new RequestParser.#ChunkReader(this.#limits);
        this.#state = "chunks";
    }
  }

  #lengthBody(): ParserEvent {
    if (this.#remaining === 0) return this.#finish(endWithoutTrailers);
    if (this.#start === this.#end) return needData;
    const end = Math.min(this.#end, this.#start + this.#remaining);
    const octets = this.#view.subarray(this.#start, end);
    this.#remaining -= octets.length;
    this.#start = end;
    return { kind: "body", octets };
  }

  #chunkedBody(): ParserEvent {
    const chunks = this.#chunks;
    if (chunks === undefined || this.#start === this.#end) return needData;
    const event: ChunkEvent = chunks.read(this.#view, this.#start, this.#end);
    if (event.kind === "error") return this.#fail(event.error, event.limit);
    this.#start = chunks.consumed;
    switch (event.kind) {
      case "data":
        return { kind: "body", octets: this.#view.subarray(event.start, event.end) };
      case "last":
        this.#chunks = undefined;
        this.#state = "trailers";
        return this.#trailerSection();
      case "need-data":
        return needData;
    }
  }

  #trailerSection(): ParserEvent {
    this.#section ??= new FieldSection({
      bytesMax: this.#limits.trailerSectionBytesMax,
      countMax: this.#limits.fieldCountMax,
      tooLarge: "trailer-section-too-large",
    });
    const outcome = this.#section.read(this.#view, this.#start, this.#end);
    if (outcome === "need-data") return needData;
    if (outcome !== "done") return this.#fail(outcome);
    const trailers = new FieldLines(this.#view, this.#section.offsets, this.#start);
    this.#start += this.#section.octets;
    this.#section = undefined;
    return this.#finish(trailers.count === 0 ? endWithoutTrailers : { kind: "end", trailers });
  }

  /** The end of the message: another one follows, or none. */
  #finish(event: ParserEvent): ParserEvent {
    this.#state = "empty";
    this.#method = undefined;
    if (this.#start === this.#end) {
      this.#view = nothing;
      this.#start = 0;
      this.#end = 0;
    }
    return event;
  }
}

/** The methods that nearly every request has, most common first. */
const commonMethods = [method("GET"), method("POST"), method("HEAD")];

function method(text: string): { readonly text: string; readonly octets: Uint8Array } {
  return { text, octets: latin1Bytes(text) };
}

/** The method as text; a common one is a string that exists. */
function methodName(view: Uint8Array, start: number, end: number): string {
  for (const { text, octets } of commonMethods) {
    if (octets.length === end - start && isRunAt(view, start, octets)) return text;
  }
  return latin1Text(view, start, end);
}
