/**
 * multipart/form-data (RFC 7578), whose syntax is that of RFC 2046 §5.1.1:
 *
 *   multipart-body    = [preamble CRLF] dash-boundary transport-padding CRLF body-part
 *                       *encapsulation close-delimiter transport-padding [CRLF epilogue]
 *   dash-boundary     = "--" boundary
 *   encapsulation     = delimiter transport-padding CRLF body-part
 *   delimiter         = CRLF dash-boundary
 *   close-delimiter   = delimiter "--"
 *   transport-padding = *LWSP-char
 *
 * A line that only begins like a delimiter is content, as in browsers and other servers, though
 * §5.1.1 would allow it to be one. Preamble and epilogue are ignored, as it demands.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { indexOfBytes, latin1Bytes, latin1Text } from "./octets/bytes.ts";
import type { RefusalKind } from "./message/error.ts";
import { trimBlanks } from "./fields/fields.ts";
import { CR, everyIs, FIELD_VALUE, isBlank, isToken, LF } from "./octets/grammar.ts";

/** A part of a form. Names are octets, in UTF-8 for most clients (RFC 7578 §5.1.2). */
export interface FormPart {
  readonly name: Uint8Array;
  /** Present for a file, even when it is empty. */
  readonly filename: Uint8Array | undefined;
  /** The Content-Type's value; undefined when there is none, which means text/plain (§4.4). */
  readonly contentType: string | undefined;
  /** The content, or as much of its beginning as was kept. */
  readonly content: Uint8Array;
  /** How many octets the whole content has. */
  readonly contentOctets: number;
}

/** The limits of a form. */
export interface PartBounds {
  readonly formFieldCountMax: number;
  /** Octets of one part's header section. */
  readonly headerSectionBytesMax: number;
  /** Field lines in it. */
  readonly fieldCountMax: number;
}

const DASH = 0x2d;

/** bcharsnospace and the space within (RFC 2046 §5.1.1); 1 to 70 of them, no space at the end. */
const boundaryPattern = /^[\w'()+,\-./:=? ]{0,69}[\w'()+,\-./:=?]$/;

/** Whether `text` can be a boundary. */
export function isBoundary(text: string): boolean {
  return boundaryPattern.test(text);
}

/** The search of a delimiter: how far it got, and what stands where. */
type ScanState = "run" | "dash" | "padding" | "line-end" | "found";

/** A loop over so many octets costs less than a call of the engine's search. */
const loopedOctets = 32;

/**
 * Finds the delimiters of a body whose octets come piece by piece. Each octet is read once: a
 * delimiter's only CR is its first octet, so a comparison that fails never has to go back. Offsets
 * count from the start of the body, which counts as a CRLF.
 */
class DelimiterScanner {
  readonly #run: Uint8Array;
  #state: ScanState = "run";
  /** Octets of the run that have been matched; those of the CRLF before the body were not sent. */
  #matched = 2;
  /** The offset of the next octet. */
  #offset = 0;
  /** Where the CRLF of the delimiter begins. */
  start = 0;
  /** Whether it is the last. */
  isClose = false;

  constructor(boundary: string) {
    this.#run = latin1Bytes(`\r\n--${boundary}`);
  }

  /** The offset of the next octet that is read. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Reads `view` from `at` on, to the end of the next delimiter or of `view`; the index after what
   * was read. `isFound` tells which.
   */
  scan(view: Uint8Array, at: number): number {
    if (this.#state === "found") this.#restart();
    let index = at;
    while (index < view.length && !this.isFound) {
      if (this.#state === "run") index = this.#scanRun(view, index, this.#offset - at);
      else this.#step(view[index] as number, this.#offset + index++ - at);
    }
    this.#offset += index - at;
    return index;
  }

  /** The offset up to which no octet can belong to a delimiter that isn't found yet. */
  get certain(): number {
    return this.#state === "run" && this.#matched === 0 ? this.#offset : this.start;
  }

  /** Whether the octet that was read last ends a delimiter. */
  get isFound(): boolean {
    return this.#state === "found";
  }

  /** Whether the end of the body, where it is now, ends the last delimiter. */
  get isClosedByEnd(): boolean {
    return this.#state === "padding" && this.isClose;
  }

  /** The CRLF that ends one delimiter may begin the next: a part without an octet. */
  #restart(): void {
    this.#state = "run";
    this.#matched = 2;
    this.start = this.#offset - 2;
  }

  /** Compares `view` from `from` on with the run; the index after it, or the end of `view`. */
  #scanRun(view: Uint8Array, from: number, offset: number): number {
    const run = this.#run;
    let matched = this.#matched;
    let index = from;
    while (index < view.length && matched < run.length) {
      if (matched === 0) {
        index = indexOfCr(view, index);
        if (index === view.length) break;
      }
      const octet = view[index];
      if (octet === run[matched]) matched++;
      else matched = octet === CR ? 1 : 0;
      // The CR is the run's first octet and in no other place of it.
      if (octet === CR) this.start = offset + index;
      index++;
    }
    this.#matched = matched;
    if (matched === run.length) {
      this.#state = "dash";
      this.isClose = false;
    }
    return index;
  }

  #step(octet: number, offset: number): void {
    switch (this.#state) {
      case "dash":
        // "--" makes it the last; one "-" alone is content.
        if (octet === DASH && !this.isClose) this.isClose = true;
        else if (octet === DASH) this.#state = "padding";
        else if (this.isClose) this.#fail(octet, offset);
        else this.#pad(octet, offset);
        return;
      case "padding":
        return this.#pad(octet, offset);
      case "line-end":
        if (octet === LF) this.#state = "found";
        else this.#fail(octet, offset);
        return;
      case "run":
      case "found":
    }
  }

  #pad(octet: number, offset: number): void {
    if (octet === CR) this.#state = "line-end";
    else if (isBlank(octet)) this.#state = "padding";
    else this.#fail(octet, offset);
  }

  /** What was read is content, but for a CR, which may begin a delimiter. */
  #fail(octet: number, offset: number): void {
    this.#state = "run";
    this.#matched = octet === CR ? 1 : 0;
    this.start = offset;
  }
}

/** The index of the next CR in `view` at or after `start`; its length when there is none. */
function indexOfCr(view: Uint8Array, start: number): number {
  const near = Math.min(view.length, start + loopedOctets);
  for (let index = start; index < near; index++) if (view[index] === CR) return index;
  const index = near === view.length ? -1 : view.indexOf(CR, near);
  return index === -1 ? view.length : index;
}

const parameter = /;[\t ]*(name|filename)=(?:"((?:[^"\\]|\\.)*)"|([^\s";]+))/gis;

/**
 * The value of a parameter of Content-Disposition. A backslash escapes a quote or itself (RFC 2183
 * §2; quoted-pair, RFC 5322 §3.2.1). Deliberate leniency: before any other character it stands for
 * itself, since some clients send the backslashes of a file's path unescaped.
 */
function parameterOf(disposition: string, wanted: string): Uint8Array | undefined {
  for (const [, name = "", quoted, token] of disposition.matchAll(parameter)) {
    if (name.toLowerCase() !== wanted) continue;
    return latin1Bytes(token ?? (quoted ?? "").replace(/\\(["\\])/g, "$1"));
  }
  return undefined;
}

/** What ends the header of a part: the end of its last line, and the empty line. */
const headerEnd = latin1Bytes("\r\n\r\n");

/** The fields of a part's header that count (RFC 7578 §4.8): values without blanks around them. */
interface PartHeader {
  readonly disposition: string;
  readonly contentType: string | undefined;
  /** The length of the header, with the empty line that ends it. */
  readonly octets: number;
}

/** Reads the header of a part; undefined when it is malformed, or more than `bounds` allow. */
function readHeader(part: Uint8Array, bounds: PartBounds): PartHeader | undefined {
  const end = indexOfBytes(part, headerEnd);
  const octets = end + headerEnd.length;
  if (end === -1 || octets > bounds.headerSectionBytesMax) return undefined;
  const lines = latin1Text(part, 0, end).split("\r\n");
  if (lines.length > bounds.fieldCountMax) return undefined;
  let disposition: string | undefined;
  let contentType: string | undefined;
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon === -1 || !isToken(line.slice(0, colon))) return undefined;
    const value = line.slice(colon + 1);
    if (!everyIs(value, FIELD_VALUE)) return undefined;
    // Of two fields of one name the first counts.
    const name = line.slice(0, colon).toLowerCase();
    if (name === "content-disposition") disposition ??= trimBlanks(value);
    else if (name === "content-type") contentType ??= trimBlanks(value);
  }
  return { disposition: disposition ?? "", contentType, octets };
}

/** The part of `length` octets that begins with `octets`; undefined when it is malformed. */
export function readPart(
  octets: Uint8Array,
  length: number,
  bounds: PartBounds,
): FormPart | undefined {
  const header = readHeader(octets, bounds);
  if (header === undefined || !/^form-data[\t ]*(?:;|$)/i.test(header.disposition))
    return undefined;
  // RFC 7578 §4.2: each part must have a name.
  const name = parameterOf(header.disposition, "name");
  if (name === undefined) return undefined;
  return {
    name,
    filename: parameterOf(header.disposition, "filename"),
    contentType: header.contentType,
    content: octets.subarray(header.octets),
    contentOctets: length - header.octets,
  };
}

/** What is kept of the octets of the part that is being read. */
export interface PartOctets {
  /** The next part begins. */
  begin(): void;
  /** `view[from, to)` follows; some of it may turn out to belong to the delimiter. */
  add(view: Uint8Array, from: number, to: number): void;
  /** The octets of the body from offset `from` to `to`, or their beginning; they were added. */
  take(from: number, to: number): Uint8Array;
}

/** Reads a form whose octets come piece by piece, part after part. */
export class MultipartReader {
  readonly #scanner: DelimiterScanner;
  readonly #bounds: PartBounds;
  readonly #octets: PartOctets;
  readonly #partRead: (part: FormPart) => void;
  /** Where the present part begins; -1 in the preamble. */
  #partStart = -1;
  #parts = 0;
  #isClosed = false;

  /** `octets` keeps what the parts are made of. `boundary` must be one (`isBoundary`). */
  constructor(
    boundary: string,
    bounds: PartBounds,
    octets: PartOctets,
    partRead: (part: FormPart) => void,
  ) {
    this.#scanner = new DelimiterScanner(boundary);
    this.#bounds = bounds;
    this.#octets = octets;
    this.#partRead = partRead;
  }

  /** How many octets of the body have been read. */
  get offset(): number {
    return this.#scanner.offset;
  }

  /**
   * The offset up to which the octets that have been read belong to no delimiter but those that
   * were found. Up to the last of those when one was just found: to its beginning.
   */
  get certain(): number {
    return this.#scanner.certain;
  }

  /** Reads on in `view`. The refusal, if the form is malformed or has too many parts. */
  push(view: Uint8Array): RefusalKind | undefined {
    let at = 0;
    while (at < view.length && !this.#isClosed) {
      const end = this.#scanner.scan(view, at);
      if (this.#partStart !== -1) this.#octets.add(view, at, end);
      at = end;
      if (!this.#scanner.isFound) break;
      const refusal = this.#delimiter();
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** The body ends here. "form" when its last delimiter is missing. */
  end(): RefusalKind | undefined {
    if (this.#isClosed) return undefined;
    return this.#scanner.isClosedByEnd ? this.#delimiter() : "form";
  }

  /** A delimiter has been read: it ends a part, begins one, or both. */
  #delimiter(): RefusalKind | undefined {
    const { start, isClose, offset } = this.#scanner;
    if (this.#partStart !== -1) {
      const part = this.#readPart(this.#partStart, Math.max(this.#partStart, start));
      if (part === undefined) return "form";
      this.#partRead(part);
    }
    this.#isClosed = isClose;
    if (isClose) return undefined;
    if (this.#parts === this.#bounds.formFieldCountMax) return "body-too-large";
    this.#parts++;
    this.#partStart = offset;
    this.#octets.begin();
    return undefined;
  }

  #readPart(from: number, to: number): FormPart | undefined {
    return readPart(this.#octets.take(from, to), to - from, this.#bounds);
  }
}

const noop = (): void => undefined;

/**
 * Reads the whole body of a form. Fails with "form" when it is malformed, and with "body-too-large"
 * when it has more parts than `bounds` allow. A body that is its last delimiter alone is an empty
 * form.
 */
export function readMultipart(
  body: Uint8Array,
  boundary: string,
  bounds: PartBounds,
): Result<FormPart[], RefusalKind> {
  if (!isBoundary(boundary)) return failure("form");
  const parts: FormPart[] = [];
  const octets = { begin: noop, add: noop, take: body.subarray.bind(body) };
  const reader = new MultipartReader(boundary, bounds, octets, (part) => parts.push(part));
  const refusal = reader.push(body) ?? reader.end();
  return refusal === undefined ? success(parts) : failure(refusal);
}
