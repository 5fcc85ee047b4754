/**
 * Reads the field lines of a header or trailer section up to the empty line that ends it:
 *
 *   *( field-line CRLF ) CRLF                          (RFC 9112 §2.1, §7.1.2)
 *   field-line = field-name ":" OWS field-value OWS    (RFC 9112 §5)
 *
 * It can stop after any octet: it keeps its state and the offsets that it has found, all relative
 * to the section's first octet, and goes on when more has arrived. No octet is read twice, and none
 * past a limit, so the result can't depend on how the octets were cut.
 */

import { classes, CR, FIELD_VALUE, HTAB, LF, SP, TCHAR } from "../http/octets/grammar.ts";
import type { Http1RefusalKind } from "./error.ts";
import { offsetsPerField } from "./field-lines.ts";

const COLON = 0x3a;

/** The limits of a section, and the refusal of one that is too large. */
interface SectionBounds {
  readonly bytesMax: number;
  readonly countMax: number;
  readonly tooLarge: Http1RefusalKind;
}

type SectionState =
  "line-start" | "name" | "before-value" | "value" | "line-lf" | "end-lf" | "done";

/** The reader of one section. */
export class FieldSection {
  readonly #bounds: SectionBounds;
  #state: SectionState = "line-start";
  /** The next octet to read, from the section's start. */
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

  /**
   * Goes on in `view`, where the section begins at `start` and what has arrived ends at `end`.
   * Returns "done" past the empty line, "need-data", or the kind of refusal, after which it must
   * not be called again.
   *
   * The states stand in the order in which a field line reaches them, so a whole line takes one
   * turn of the loop.
   */
  read(view: Uint8Array, start: number, end: number): "done" | "need-data" | Http1RefusalKind {
    const bound = start + this.#bounds.bytesMax;
    const stop = Math.min(end, bound);
    let at = start + this.#at;
    let state = this.#state;
    while (at < stop && state !== "done") {
      if (state === "line-start") {
        const problem = this.#lineStart(view[at] as number);
        if (problem !== undefined) return problem;
        this.#nameStart = at - start;
        state = view[at] === CR ? "end-lf" : "name";
        at++;
      }
      if (state === "name") {
        while (at < stop && ((classes[view[at] as number] as number) & TCHAR) !== 0) at++;
        if (at === stop) break;
        // White space before the colon is not allowed (RFC 9112 §5.1).
        if (view[at] !== COLON) return "field-name";
        this.#nameEnd = at - start;
        state = "before-value";
        at++;
      }
      if (state === "before-value") {
        while (at < stop && (view[at] === SP || view[at] === HTAB)) at++;
        if (at === stop) break;
        this.#valueStart = at - start;
        state = "value";
      }
      if (state === "value") {
        while (at < stop && ((classes[view[at] as number] as number) & FIELD_VALUE) !== 0) at++;
        if (at === stop) break;
        if (view[at] !== CR) return view[at] === LF ? "line-break" : "field-value";
        this.#endLine(view, start, at);
        state = "line-lf";
        at++;
      }
      if (at < stop && (state === "line-lf" || state === "end-lf")) {
        if (view[at] !== LF) return "line-break";
        state = state === "line-lf" ? "line-start" : "done";
        at++;
      }
    }
    this.#state = state;
    this.#at = at - start;
    if (state === "done") return "done";
    return at === bound ? this.#bounds.tooLarge : "need-data";
  }

  /** What is wrong with `octet` as the first one of a line; undefined when nothing is. */
  #lineStart(octet: number): Http1RefusalKind | undefined {
    if (octet === CR) return undefined;
    if (octet === LF) return "line-break";
    // obs-fold, and white space before the first field line (RFC 9112 §2.2, §5.2)
    if (octet === SP || octet === HTAB) return "line-folding";
    if (((classes[octet] as number) & TCHAR) === 0) return "field-name";
    return this.offsets.length === this.#bounds.countMax * offsetsPerField
      ? "too-many-fields"
      : undefined;
  }

  /** At the line's CR: takes the white space off the value's end and notes the line's offsets. */
  #endLine(view: Uint8Array, start: number, at: number): void {
    let end = at;
    const first = start + this.#valueStart;
    while (end > first && (view[end - 1] === SP || view[end - 1] === HTAB)) end--;
    this.offsets.push(this.#nameStart, this.#nameEnd, this.#valueStart, end - start);
  }
}
