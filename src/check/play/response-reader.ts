/**
 * Reads a response strictly, in pieces of any size (RFC 9112 §4, §5, §6 and §7).
 *
 * A tolerant reader would hide faults, so none of the leniency that the RFC permits recipients is
 * used. Lines end in CRLF, no field line is folded, Content-Length occurs once, and what a server
 * must not send (RFC 9112 §6.1, RFC 9110 §8.6) is a fault even where a client could interpret it.
 * The reader stops at the end of its response and returns the bytes behind it. Absent on purpose:
 * knowledge of the request. A script says with `body none` that it was HEAD.
 */

import { concatBytes, indexOfCrlf, latin1Text } from "../../http/octets/bytes.ts";
import { checkLimits } from "../limits.ts";

const { headBytesMax, bodyBytesMax, chunkLineBytesMax } = checkLimits;

/** A field line of a response as Latin-1 text, without the OWS around the value. */
interface ResponseField {
  readonly name: string;
  readonly value: string;
}

/** A response as received. `body` has its transfer coding removed. */
export interface HttpResponse {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly ResponseField[];
  readonly body: Uint8Array;
  readonly trailers: readonly ResponseField[];
}

/** The result of reading so far. `rest` holds the bytes behind the response. */
export type Progress =
  | { readonly kind: "need-data" }
  | { readonly kind: "response"; readonly response: HttpResponse; readonly rest: Uint8Array }
  | ReaderFault;

/** Where a response violates the syntax. `came` begins near the violation. */
interface ReaderFault {
  readonly kind: "fault";
  readonly expected: string;
  readonly came: Uint8Array;
}

type State =
  | { readonly kind: "head" }
  | { readonly kind: "length"; remaining: number }
  | { readonly kind: "chunk-line" }
  | { readonly kind: "chunk-data"; remaining: number }
  | { readonly kind: "chunk-end" }
  | { readonly kind: "trailers" }
  | { readonly kind: "until-close" }
  | { readonly kind: "done" };

type Head = Pick<HttpResponse, "version" | "status" | "reason" | "fields">;

const versionStart = "HTTP/1.";

const statusLine = /^(HTTP\/1\.[01]) ([1-9]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/u;
const fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/u;
/** A chunk-size, and chunk extensions, which are ignored (RFC 9112 §7.1.1). */
const chunkLine = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/u;

/** Reads one response. It must not be used after it has returned a fault or a response. */
export class ResponseReader {
  readonly #framing: "own" | "none";
  readonly #keep: (octets: Uint8Array) => void;
  #pending: Uint8Array = new Uint8Array(0);
  #state: State = { kind: "head" };
  #head: Head | undefined;
  readonly #body: Uint8Array[] = [];
  #bodyBytes = 0;
  #trailers: readonly ResponseField[] = [];

  /**
   * With framing "none" the response ends with its header section, whatever its fields say. With
   * `keep` the body goes there as it comes, and the response's own is empty.
   */
  constructor(framing: "own" | "none" = "own", keep?: (octets: Uint8Array) => void) {
    this.#framing = framing;
    this.#keep = keep ?? ((octets) => void this.#body.push(octets));
  }

  /** The head, once it is complete. The report shows it for a response that doesn't end. */
  get head(): Head | undefined {
    return this.#head;
  }

  /** The number of body bytes so far. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** The bytes that are received and not parsed yet. */
  get pending(): Uint8Array {
    return this.#pending;
  }

  /** Reads the next bytes of the connection. */
  push(octets: Uint8Array): Progress {
    this.#pending = this.#pending.length === 0 ? octets : concatBytes([this.#pending, octets]);
    for (;;) {
      const state = this.#state;
      const outcome = this.#advance();
      if (outcome !== "advanced") return outcome;
      if (state === this.#state && this.#pending.length === 0) return { kind: "need-data" };
    }
  }

  /** Ends the input. Returns the response if the end delimits it (RFC 9112 §6.3), or a fault. */
  end(): Progress {
    if (this.#state.kind === "until-close") return this.#response();
    return this.#fault(this.describeMissing());
  }

  /** The expected next part, in words. */
  describeMissing(): string {
    const state = this.#state;
    switch (state.kind) {
      case "head":
        return this.#pending.length === 0 ? "a status line" : "the rest of the header section";
      case "length":
        return `${state.remaining} more bytes of the content that Content-Length announced`;
      case "chunk-line":
        return "a chunk-size line";
      case "chunk-data":
        return `${state.remaining} more bytes of a chunk`;
      case "chunk-end":
        return "CRLF after a chunk's data";
      case "trailers":
        return "the trailer section and an empty line";
      case "until-close":
        return "the end of the connection, which ends this response's content";
      case "done":
        return "nothing";
    }
  }

  #advance(): Progress | "advanced" {
    const state = this.#state;
    switch (state.kind) {
      case "head":
        return this.#readHead();
      case "length":
        return this.#readData(state, { kind: "done" });
      case "chunk-line":
        return this.#readChunkLine();
      case "chunk-data":
        return this.#readData(state, { kind: "chunk-end" });
      case "chunk-end":
        return this.#readChunkEnd();
      case "trailers":
        return this.#readTrailers();
      case "until-close":
        this.#take(this.#pending.length);
        return this.#bodyBytes > bodyBytesMax ? this.#fault("a smaller content") : "advanced";
      case "done":
        return this.#response();
    }
  }

  #response(): Progress {
    if (this.#head === undefined) return this.#fault("a header section");
    const body = concatBytes(this.#body);
    const response = { ...this.#head, body, trailers: this.#trailers };
    return { kind: "response", response, rest: this.#pending };
  }

  #fault(expected: string, came: Uint8Array = this.#pending): ReaderFault {
    return { kind: "fault", expected, came };
  }

  /** Moves the next `count` pending bytes into the body. */
  #take(count: number): void {
    if (count === 0) return;
    this.#keep(this.#pending.subarray(0, count));
    this.#bodyBytes += count;
    this.#pending = this.#pending.subarray(count);
  }

  #readHead(): Progress | "advanced" {
    const start = latin1Text(this.#pending, 0, Math.min(versionStart.length, this.#pending.length));
    if (!versionStart.startsWith(start)) return this.#fault("a status line, HTTP/1.1 STATUS …");
    const section = readSection(this.#pending, headBytesMax);
    if (section.kind !== "section") return section;
    const [first = "", ...lines] = section.lines;
    const match = statusLine.exec(first);
    if (match === null) return this.#fault("HTTP/1.1 SP STATUS SP [REASON] (RFC 9112 §4)");
    const fields = readFields(lines);
    if ("kind" in fields) return fields;
    const [, version = "", status = "", reason = ""] = match;
    this.#head = { version, status: Number(status), reason, fields };
    this.#pending = this.#pending.subarray(section.end);
    return this.#frame(this.#head);
  }

  /**
   * Decides how the content is delimited (RFC 9112 §6.3), and rejects framing that is forbidden.
   */
  #frame(head: Head): Progress | "advanced" {
    const codings = fieldValues(head.fields, "Transfer-Encoding");
    const lengths = fieldValues(head.fields, "Content-Length");
    const bodiless = head.status < 200 || head.status === 204;
    const wrong = framingFault(head, codings, lengths);
    if (wrong !== undefined) return this.#fault(wrong, new Uint8Array(0));
    if (this.#framing === "none" || bodiless || head.status === 304) this.#state = { kind: "done" };
    else if (codings.length > 0) this.#state = { kind: "chunk-line" };
    else if (lengths.length > 0) this.#state = { kind: "length", remaining: Number(lengths[0]) };
    else this.#state = { kind: "until-close" };
    return "advanced";
  }

  #readData(state: State & { kind: "length" | "chunk-data" }, next: State): Progress | "advanced" {
    const count = Math.min(state.remaining, this.#pending.length);
    this.#take(count);
    state.remaining -= count;
    if (state.remaining > 0) return { kind: "need-data" };
    this.#state = next;
    return "advanced";
  }

  #readChunkLine(): Progress | "advanced" {
    const end = indexOfCrlf(this.#pending);
    if (end === -1) {
      const tooLong = this.#pending.length > chunkLineBytesMax;
      return tooLong ? this.#fault("a chunk-size line (RFC 9112 §7.1)") : { kind: "need-data" };
    }
    const match = chunkLine.exec(latin1Text(this.#pending, 0, end));
    if (match === null) return this.#fault("a chunk-size line (RFC 9112 §7.1)");
    const sizeBytes = Number.parseInt(match[1] ?? "", 16);
    if (this.#bodyBytes + sizeBytes > bodyBytesMax) return this.#fault("a smaller content");
    this.#pending = this.#pending.subarray(end + 2);
    this.#state =
      sizeBytes === 0 ? { kind: "trailers" } : { kind: "chunk-data", remaining: sizeBytes };
    return "advanced";
  }

  #readChunkEnd(): Progress | "advanced" {
    const came = latin1Text(this.#pending, 0, Math.min(2, this.#pending.length));
    if (!"\r\n".startsWith(came)) return this.#fault("CRLF after a chunk's data (RFC 9112 §7.1)");
    if (came.length < 2) return { kind: "need-data" };
    this.#pending = this.#pending.subarray(2);
    this.#state = { kind: "chunk-line" };
    return "advanced";
  }

  #readTrailers(): Progress | "advanced" {
    const section = readSection(this.#pending, headBytesMax);
    if (section.kind !== "section") return section;
    const fields = readFields(section.lines);
    if ("kind" in fields) return fields;
    this.#trailers = fields;
    this.#pending = this.#pending.subarray(section.end);
    this.#state = { kind: "done" };
    return "advanced";
  }
}

/** Why the framing is ambiguous, or must not be sent by a server; `undefined` if it is right. */
function framingFault(
  head: Head,
  codings: readonly string[],
  lengths: readonly string[],
): string | undefined {
  const bodiless = head.status < 200 || head.status === 204;
  if (codings.length > 0 && lengths.length > 0) {
    return "Content-Length or Transfer-Encoding, not both (RFC 9112 §6.2)";
  }
  if (bodiless && codings.length > 0) {
    return `no Transfer-Encoding with ${head.status} (RFC 9112 §6.1)`;
  }
  if (bodiless && lengths.length > 0) {
    return `no Content-Length with ${head.status} (RFC 9110 §8.6)`;
  }
  if (codings.length > 0 && head.version === "HTTP/1.0") {
    return "no Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)";
  }
  if (codings.length > 1 || (codings[0] ?? "chunked").toLowerCase() !== "chunked") {
    return `Transfer-Encoding: chunked alone, not "${codings.join(", ")}"`;
  }
  if (lengths.length > 1) return "Content-Length once (RFC 9112 §6.3 step 5)";
  const [length] = lengths;
  if (length !== undefined && !/^\d{1,15}$/u.test(length)) {
    return `Content-Length: 1*DIGIT, not "${length}" (RFC 9110 §8.6)`;
  }
  return Number(length ?? "0") > bodyBytesMax ? "a smaller content" : undefined;
}

/** The values of the field lines named `name`, in order. Case is ignored in names. */
export function fieldValues(fields: readonly ResponseField[], name: string): readonly string[] {
  const wanted = name.toLowerCase();
  return fields.filter((field) => field.name.toLowerCase() === wanted).map(({ value }) => value);
}

type Section =
  | { readonly kind: "section"; readonly lines: readonly string[]; readonly end: number }
  | { readonly kind: "need-data" }
  | ReaderFault;

/** The lines up to an empty one, each ended by CRLF. `end` is the index behind the empty line. */
function readSection(view: Uint8Array, bytesMax: number): Section {
  const lines: string[] = [];
  let at = 0;
  for (;;) {
    const end = indexOfCrlf(view, at);
    const line = latin1Text(view, at, end === -1 ? view.length : end);
    const stray = /\n|\r(?!$)/u.exec(line);
    if (stray !== null) {
      const came = view.subarray(at + stray.index);
      return { kind: "fault", expected: "lines ended by CRLF (RFC 9112 §2.2)", came };
    }
    if (end === -1) {
      if (view.length <= bytesMax) return { kind: "need-data" };
      return { kind: "fault", expected: "a shorter header section", came: view.subarray(at) };
    }
    at = end + 2;
    if (line === "") return { kind: "section", lines, end: at };
    lines.push(line);
  }
}

function readFields(lines: readonly string[]): readonly ResponseField[] | ReaderFault {
  const fields: ResponseField[] = [];
  for (const line of lines) {
    const match = fieldLine.exec(line);
    if (match === null) {
      const came = Uint8Array.from(line, (unit) => unit.charCodeAt(0));
      return { kind: "fault", expected: "field-name: value (RFC 9112 §5)", came };
    }
    fields.push({ name: match[1] ?? "", value: match[2] ?? "" });
  }
  return fields;
}
