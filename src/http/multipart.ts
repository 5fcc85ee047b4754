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
import { equalBytes, indexOfBytes, latin1Bytes, latin1Text } from "./octets/bytes.ts";
import type { RefusalKind } from "./message/error.ts";
import { trimBlanks } from "./fields/fields.ts";
import { CR, everyIs, FIELD_VALUE, isBlank, isToken, LF } from "./octets/grammar.ts";

/** A part of a form. Names are octets, in UTF-8 for most clients (RFC 7578 §5.1.2). */
interface FormPart {
  readonly name: Uint8Array;
  /** Present for a file, even when it is empty. */
  readonly filename: Uint8Array | undefined;
  /** The Content-Type's value; undefined when there is none, which means text/plain (§4.4). */
  readonly contentType: string | undefined;
  readonly content: Uint8Array;
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

/**
 * A delimiter line: where its CRLF begins, where what follows it begins, whether it is the last.
 */
interface Delimiter {
  readonly start: number;
  readonly end: number;
  readonly close: boolean;
}

/** Reads what follows "--boundary" at `at`; undefined when the line is no delimiter. */
function delimiterTail(body: Uint8Array, start: number, at: number): Delimiter | undefined {
  const close = body[at] === DASH && body[at + 1] === DASH;
  let end = close ? at + 2 : at;
  while (isBlank(body[end] ?? 0)) end++;
  if (body[end] === CR && body[end + 1] === LF) return { start, end: end + 2, close };
  return close && end === body.length ? { start, end, close } : undefined;
}

/** The next delimiter whose CRLF is at or after `from`; the body's start counts as a CRLF. */
function findDelimiter(body: Uint8Array, run: Uint8Array, from: number): Delimiter | undefined {
  const dashed = run.subarray(2);
  if (from === 0 && equalBytes(body.subarray(0, dashed.length), dashed)) {
    const first = delimiterTail(body, 0, dashed.length);
    if (first !== undefined) return first;
  }
  let start = indexOfBytes(body, run, from);
  while (start !== -1) {
    const delimiter = delimiterTail(body, start, start + run.length);
    if (delimiter !== undefined) return delimiter;
    start = indexOfBytes(body, run, start + 1);
  }
  return undefined;
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

function readPart(octets: Uint8Array, bounds: PartBounds): FormPart | undefined {
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
  };
}

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
  const run = latin1Bytes(`\r\n--${boundary}`);
  const parts: FormPart[] = [];
  let delimiter = findDelimiter(body, run, 0);
  while (delimiter !== undefined && !delimiter.close) {
    // The CRLF that ends one delimiter may begin the next: a part without an octet.
    const next = findDelimiter(body, run, delimiter.end - 2);
    if (next === undefined) return failure("form");
    if (parts.length === bounds.formFieldCountMax) return failure("body-too-large");
    const part = readPart(
      body.subarray(delimiter.end, Math.max(delimiter.end, next.start)),
      bounds,
    );
    if (part === undefined) return failure("form");
    parts.push(part);
    delimiter = next;
  }
  return delimiter === undefined ? failure("form") : success(parts);
}
