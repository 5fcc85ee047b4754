/**
 * The chunked transfer coding (RFC 9112 §7.1), read strictly:
 *
 *   chunked-body   = *chunk last-chunk trailer-section CRLF
 *   chunk          = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
 *   chunk-size     = 1*HEXDIG
 *   last-chunk     = 1*("0") [ chunk-ext ] CRLF
 *   chunk-ext      = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
 *   chunk-ext-val  = token / quoted-string
 *
 * Each octet of a line is compared with the grammar, those of the CRLF after a chunk's data too: a
 * reader that skips two octets there can be made to see another message than the proxy before it
 * saw. `FieldSection` reads the trailer section.
 */

import type { Limits } from "../base/limits.ts";
import type { Http1RefusalKind } from "./error.ts";
import {
  classes,
  CR,
  hexValue,
  HTAB,
  isBlank,
  LF,
  QDTEXT,
  SP,
  TCHAR,
} from "../http/octets/grammar.ts";

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const isTchar = (octet: number): boolean => ((classes[octet] ?? 0) & TCHAR) !== 0;
const isQdtext = (octet: number): boolean => ((classes[octet] ?? 0) & QDTEXT) !== 0;
const isQuotable = (octet: number): boolean => octet === HTAB || (octet >= SP && octet !== 0x7f);

/** Where the next octet stands: in a chunk-size line, in chunk data, or in the CRLF after it. */
type LineState =
  | "size-first"
  | "size"
  | "before-semicolon"
  | "before-name"
  | "name"
  | "after-name"
  | "before-value"
  | "value"
  | "quoted"
  | "quoted-pair"
  | "after-quoted"
  | "line-lf"
  | "data"
  | "data-cr"
  | "data-lf"
  | "done";

type Step = LineState | Http1RefusalKind;

/** In an extension: after a name or a value comes "=", ";" or the end of the line. */
function afterPart(octet: number, state: LineState): Step {
  const afterName = state === "name" || state === "after-name";
  if (octet === CR) return "line-lf";
  if (octet === SEMICOLON) return "before-name";
  if (octet === EQUALS && afterName) return "before-value";
  if (isBlank(octet)) return afterName ? "after-name" : "before-semicolon";
  return "chunk-extension";
}

/** The state after `octet` in an extension, or the error that it is. */
function extensionStep(state: LineState, octet: number): Step {
  switch (state) {
    case "before-semicolon":
      // Blanks before ";" are BWS; before the end of the line they are not allowed.
      if (octet === SEMICOLON) return "before-name";
      return isBlank(octet) ? state : "chunk-extension";
    case "before-name":
      if (isBlank(octet)) return state;
      return isTchar(octet) ? "name" : "chunk-extension";
    case "name":
      return isTchar(octet) ? state : afterPart(octet, state);
    case "after-name":
      // Blanks after a name may stand before "=" or ";", and not at the end of the line.
      return octet === CR ? "chunk-extension" : afterPart(octet, state);
    case "before-value":
      if (isBlank(octet)) return state;
      if (octet === QUOTE) return "quoted";
      return isTchar(octet) ? "value" : "chunk-extension";
    case "value":
      return isTchar(octet) ? state : afterPart(octet, state);
    case "quoted":
      if (octet === QUOTE) return "after-quoted";
      if (octet === BACKSLASH) return "quoted-pair";
      return isQdtext(octet) ? state : "chunk-extension";
    case "quoted-pair":
      return isQuotable(octet) ? "quoted" : "chunk-extension";
    case "after-quoted":
      return afterPart(octet, state);
    default:
      return "chunk-extension";
  }
}

/** What `ChunkReader` found: data, the end of the last chunk, a need for more, or an error. */
export type ChunkEvent =
  | { readonly kind: "data"; readonly start: number; readonly end: number }
  | { readonly kind: "last" }
  | { readonly kind: "need-data" }
  | {
      readonly kind: "error";
      readonly error: Http1RefusalKind;
      readonly limit: keyof Limits | undefined;
    };

const needData: ChunkEvent = { kind: "need-data" };
const last: ChunkEvent = { kind: "last" };

/** Reads one chunked body up to the trailer section. */
export class ChunkReader {
  readonly #limits: Limits;
  #state: LineState = "size-first";
  /** The size of the present chunk, then what is left of its data. */
  #octets = 0;
  #lineOctets = 0;
  #extensionOctets = 0;
  #exceeded: keyof Limits | undefined;
  /** The index of the first octet in the view given to `read` that is not consumed. */
  consumed = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Octets of chunk data that are known to follow: what is left of the present chunk. Of a size
   * that has not arrived whole the digits read so far count, since every further one only adds.
   */
  get octetsAhead(): number {
    return this.#octets;
  }

  /**
   * Reads `view[start, end)` and sets `consumed`. Data is given as indexes into `view`. Call it
   * until it needs data, or has found the last chunk or an error.
   */
  read(view: Uint8Array, start: number, end: number): ChunkEvent {
    let at = start;
    while (at < end) {
      if (this.#state === "data") {
        const dataEnd = Math.min(end, at + this.#octets);
        this.#octets -= dataEnd - at;
        if (this.#octets === 0) this.#state = "data-cr";
        this.consumed = dataEnd;
        return { kind: "data", start: at, end: dataEnd };
      }
      const error = this.#step(view[at] ?? 0);
      at++;
      if (error !== undefined) return { kind: "error", error, limit: this.#exceeded };
      if (this.#state === "done") {
        this.consumed = at;
        return last;
      }
    }
    this.consumed = at;
    return needData;
  }

  /** Takes one octet that is not chunk data. */
  #step(octet: number): Http1RefusalKind | undefined {
    switch (this.#state) {
      case "size-first":
      case "size":
        return this.#sizeStep(octet);
      case "line-lf":
        if (octet !== LF) return "line-break";
        this.#lineOctets = 0;
        this.#state = this.#octets === 0 ? "done" : "data";
        return undefined;
      case "data-cr":
        this.#state = "data-lf";
        return octet === CR ? undefined : "chunk-data";
      case "data-lf":
        this.#state = "size-first";
        return octet === LF ? undefined : "chunk-data";
      default:
        return this.#extension(octet);
    }
  }

  #sizeStep(octet: number): Http1RefusalKind | undefined {
    const digit = hexValue(octet);
    if (digit !== -1) {
      const octets = (this.#state === "size-first" ? 0 : this.#octets) * 16 + digit;
      if (!Number.isSafeInteger(octets)) return "body-too-large";
      this.#octets = octets;
      this.#state = "size";
      return this.#lengthen();
    }
    if (this.#state === "size-first") return "chunk-size";
    if (octet === CR) this.#state = "line-lf";
    else if (octet === SEMICOLON) this.#state = "before-name";
    else if (isBlank(octet)) this.#state = "before-semicolon";
    else return octet === LF ? "line-break" : "chunk-size";
    return this.#state === "line-lf" ? undefined : this.#lengthenExtension();
  }

  #extension(octet: number): Http1RefusalKind | undefined {
    if (octet === LF) return "line-break";
    const next = extensionStep(this.#state, octet);
    if (next === "chunk-extension") return next;
    this.#state = next as LineState;
    return next === "line-lf" ? undefined : this.#lengthenExtension();
  }

  #lengthen(): Http1RefusalKind | undefined {
    this.#lineOctets++;
    if (this.#lineOctets <= this.#limits.chunkLineBytesMax) return undefined;
    this.#exceeded = "chunkLineBytesMax";
    return "chunk-line-too-long";
  }

  /** Extensions are counted over the whole body: §7.1.1 asks for a limit on their total length. */
  #lengthenExtension(): Http1RefusalKind | undefined {
    this.#extensionOctets++;
    if (this.#extensionOctets <= this.#limits.chunkExtensionsBytesMax) return this.#lengthen();
    this.#exceeded = "chunkExtensionsBytesMax";
    return "chunk-line-too-long";
  }
}
