/**
 * Reads the field lines of a header or trailer section up to the empty line that ends it:
 *
 *   *( field-line CRLF ) CRLF                          (RFC 9112 §2.1, §7.1.2)
 *   field-line = field-name ":" OWS field-value OWS    (RFC 9112 §5)
 *
 * It can be stopped after any octet: it keeps its state and the offsets it has found, all relative to
 * the section's first octet, and goes on when more has come. No octet is looked at twice, and none
 * past a limit, so an answer can't depend on how the octets were cut.
 */

import type { ProtocolErrorKind } from "./error.ts";
import { classes, FIELD_VALUE, TCHAR } from "./grammar.ts";

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const SP = 0x20;
const HTAB = 0x09;

/** What a section may hold, and which refusals its limits are. */
export interface SectionBounds {
  readonly bytesMax: number;
  readonly countMax: number;
  readonly tooLarge: ProtocolErrorKind;
}

type SectionState =
  "line-start" | "name" | "before-value" | "value" | "line-lf" | "end-lf" | "done";

/** The reader of one section. */
export class FieldSection {
  readonly #bounds: SectionBounds;
  #state: SectionState = "line-start";
  /** The next octet to look at, from the section's start. */
  #at = 0;
  #nameStart = 0;
  #nameEnd = 0;
  #valueStart = 0;
  /** Four offsets for each whole field line, relative to the section's start. */
  readonly offsets: number[] = [];

  constructor(bounds: SectionBounds) {
    this.#bounds = bounds;
  }

  /** Octets consumed so far; all of the section once `read` has answered "done". */
  get octets(): number {
    return this.#at;
  }

  /** Whether any octet of the section has been seen. */
  get begun(): boolean {
    return this.#at > 0;
  }

  /**
   * Goes on in `view`, where the section begins at `start` and what has arrived ends at `end`.
   * Answers "done" past the empty line, "need-data", or the kind of refusal.
   */
  read(view: Uint8Array, start: number, end: number): "done" | "need-data" | ProtocolErrorKind {
    const bound = start + this.#bounds.bytesMax;
    const stop = Math.min(end, bound);
    let at = start + this.#at;
    let problem: ProtocolErrorKind | undefined;
    while (at < stop && problem === undefined && this.#state !== "done") {
      if (this.#state === "name") {
        while (at < stop && ((classes[view[at] as number] as number) & TCHAR) !== 0) at++;
      } else if (this.#state === "value") {
        while (at < stop && ((classes[view[at] as number] as number) & FIELD_VALUE) !== 0) at++;
      }
      if (at === stop) break;
      problem = this.#step(view, start, at);
      at++;
    }
    this.#at = at - start;
    if (problem !== undefined) return problem;
    if (this.#state === "done") return "done";
    return at === bound ? this.#bounds.tooLarge : "need-data";
  }

  /** Takes the octet at `at`, which ends a run or stands where one octet decides. */
  #step(view: Uint8Array, start: number, at: number): ProtocolErrorKind | undefined {
    const octet = view[at] as number;
    switch (this.#state) {
      case "line-start":
        return this.#lineStart(octet, at - start);
      case "name":
        // No white space may stand before the colon (RFC 9112 §5.1).
        if (octet !== COLON) return "field-name";
        this.#nameEnd = at - start;
        this.#state = "before-value";
        return undefined;
      case "before-value":
        if (octet === SP || octet === HTAB) return undefined;
        this.#valueStart = at - start;
        this.#state = "value";
        if (octet === CR) return this.#valueEnd(view, start, at);
        return ((classes[octet] as number) & FIELD_VALUE) !== 0 ? undefined : badValue(octet);
      case "value":
        return octet === CR ? this.#valueEnd(view, start, at) : badValue(octet);
      case "line-lf":
        this.#state = "line-start";
        return octet === LF ? undefined : "line-break";
      default:
        this.#state = "done";
        return octet === LF ? undefined : "line-break";
    }
  }

  #lineStart(octet: number, offset: number): ProtocolErrorKind | undefined {
    if (octet === CR) {
      this.#state = "end-lf";
      return undefined;
    }
    if (octet === LF) return "line-break";
    // obs-fold, and white space before the first field line (RFC 9112 §2.2, §5.2)
    if (octet === SP || octet === HTAB) return "line-folding";
    if (((classes[octet] as number) & TCHAR) === 0) return "field-name";
    if (this.offsets.length === this.#bounds.countMax * 4) return "too-many-fields";
    this.#nameStart = offset;
    this.#state = "name";
    return undefined;
  }

  /** The line's CR: takes the white space off the value's end and notes the line. */
  #valueEnd(view: Uint8Array, start: number, at: number): undefined {
    let end = at;
    const first = start + this.#valueStart;
    while (end > first && (view[end - 1] === SP || view[end - 1] === HTAB)) end--;
    this.offsets.push(this.#nameStart, this.#nameEnd, this.#valueStart, end - start);
    this.#state = "line-lf";
    return undefined;
  }
}

function badValue(octet: number): ProtocolErrorKind {
  return octet === LF ? "line-break" : "field-value";
}
