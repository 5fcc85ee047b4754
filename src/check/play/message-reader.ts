/**
 * Reads a message strictly, in pieces of any size (RFC 9112 §2, §5, §6 and §7). What a start line
 * is and how a body is delimited differ between requests and responses: a `MessageSyntax` says it.
 *
 * A tolerant reader would hide faults, so none of the leniency that the RFC permits recipients is
 * used. The reader stops at the end of its message and returns the bytes behind it.
 */

import { concatBytes, indexOfCrlf, latin1Text } from "../../http/octets/bytes.ts";
import { checkLimits } from "../limits.ts";

/** A field line as Latin-1 text, without the OWS around the value. */
export interface MessageField {
  readonly name: string;
  readonly value: string;
}

/** A message as received: its start line, and a body with its transfer coding removed. */
export type Message<Start> = Start & {
  readonly fields: readonly MessageField[];
  readonly body: Uint8Array;
  readonly trailers: readonly MessageField[];
};

/** How a body is delimited (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: "none" | "chunked" | "until-close" }
  | { readonly kind: "length"; readonly sizeBytes: number };

/** What is particular to requests, or to responses. */
export interface MessageSyntax<Start> {
  /** What each message begins with, the start line in words, and its form. */
  readonly opening: string;
  readonly openingName: string;
  readonly openingForm: string;
  /** Parses a start line. A text says what was expected. */
  start(line: string): Start | string;
  /** Decides how the body is delimited. A text says what was expected of the framing. */
  framing(start: Start, fields: readonly MessageField[]): Framing | string;
}

/** The result of reading so far. `rest` holds the bytes behind the message. */
type MessageProgress<Start> =
  | { readonly kind: "need-data" }
  | { readonly kind: "message"; readonly message: Message<Start>; readonly rest: Uint8Array }
  | ReaderFault;

/** Where a message violates the syntax. `came` begins near the violation. */
export interface ReaderFault {
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

const { headBytesMax, bodyBytesMax, chunkLineBytesMax } = checkLimits;

const fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/u;
/** A chunk-size, and chunk extensions, which are ignored (RFC 9112 §7.1.1). */
const chunkLine = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/u;

type Head<Start> = Start & { readonly fields: readonly MessageField[] };

/** Reads one message. It must not be used after it has returned a fault or a message. */
export class MessageReader<Start extends object> {
  readonly #syntax: MessageSyntax<Start>;
  readonly #keep: (octets: Uint8Array) => void;
  #pending: Uint8Array = new Uint8Array(0);
  #state: State = { kind: "head" };
  #head: Head<Start> | undefined;
  readonly #body: Uint8Array[] = [];
  #bodyBytes = 0;
  #trailers: readonly MessageField[] = [];

  /** With `keep` the body goes there as it comes, and the message's own is empty. */
  constructor(syntax: MessageSyntax<Start>, keep?: (octets: Uint8Array) => void) {
    this.#syntax = syntax;
    this.#keep = keep ?? ((octets) => void this.#body.push(octets));
  }

  /** The head, once it is complete. The report shows it for a message that doesn't end. */
  get head(): Head<Start> | undefined {
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
  push(octets: Uint8Array): MessageProgress<Start> {
    this.#pending = this.#pending.length === 0 ? octets : concatBytes([this.#pending, octets]);
    for (;;) {
      const state = this.#state;
      const outcome = this.#advance();
      if (outcome !== "advanced") return outcome;
      if (state === this.#state && this.#pending.length === 0) return { kind: "need-data" };
    }
  }

  /** Ends the input. Returns the message if the end delimits it (RFC 9112 §6.3), or a fault. */
  end(): MessageProgress<Start> {
    if (this.#state.kind === "until-close") return this.#message();
    return this.#fault(this.describeMissing());
  }

  /** The expected next part, in words. */
  describeMissing(): string {
    const state = this.#state;
    switch (state.kind) {
      case "head":
        return this.#pending.length === 0
          ? this.#syntax.openingName
          : "the rest of the header section";
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
        return "the end of the connection, which ends this message's content";
      case "done":
        return "nothing";
    }
  }

  #advance(): MessageProgress<Start> | "advanced" {
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
        return this.#message();
    }
  }

  #message(): MessageProgress<Start> {
    if (this.#head === undefined) return this.#fault("a header section");
    const body = concatBytes(this.#body);
    const message = { ...this.#head, body, trailers: this.#trailers };
    return { kind: "message", message, rest: this.#pending };
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

  #readHead(): MessageProgress<Start> | "advanced" {
    const { opening, openingName, openingForm } = this.#syntax;
    const start = latin1Text(this.#pending, 0, Math.min(opening.length, this.#pending.length));
    if (!opening.startsWith(start)) return this.#fault(`${openingName}, ${openingForm}`);
    const section = readSection(this.#pending, headBytesMax);
    if (section.kind !== "section") return section;
    const [first = "", ...lines] = section.lines;
    const read = this.#syntax.start(first);
    if (typeof read === "string") return this.#fault(read);
    const fields = readFields(lines);
    if ("kind" in fields) return fields;
    this.#head = { ...read, fields };
    this.#pending = this.#pending.subarray(section.end);
    const framing = this.#syntax.framing(read, fields);
    if (typeof framing === "string") return this.#fault(framing, new Uint8Array(0));
    this.#state = firstState(framing);
    return "advanced";
  }

  #readData(
    state: State & { kind: "length" | "chunk-data" },
    next: State,
  ): MessageProgress<Start> | "advanced" {
    const count = Math.min(state.remaining, this.#pending.length);
    this.#take(count);
    state.remaining -= count;
    if (state.remaining > 0) return { kind: "need-data" };
    this.#state = next;
    return "advanced";
  }

  #readChunkLine(): MessageProgress<Start> | "advanced" {
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

  #readChunkEnd(): MessageProgress<Start> | "advanced" {
    const came = latin1Text(this.#pending, 0, Math.min(2, this.#pending.length));
    if (!"\r\n".startsWith(came)) return this.#fault("CRLF after a chunk's data (RFC 9112 §7.1)");
    if (came.length < 2) return { kind: "need-data" };
    this.#pending = this.#pending.subarray(2);
    this.#state = { kind: "chunk-line" };
    return "advanced";
  }

  #readTrailers(): MessageProgress<Start> | "advanced" {
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

function firstState(framing: Framing): State {
  switch (framing.kind) {
    case "none":
      return { kind: "done" };
    case "chunked":
      return { kind: "chunk-line" };
    case "length":
      return { kind: "length", remaining: framing.sizeBytes };
    case "until-close":
      return { kind: "until-close" };
  }
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

function readFields(lines: readonly string[]): readonly MessageField[] | ReaderFault {
  const fields: MessageField[] = [];
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
