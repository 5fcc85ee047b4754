/**
 * Splits what a client sends into requests (RFC 9112 §2.1), in pieces of any size.
 *
 * It only finds where a request ends. What it can't read with certainty may be a mistake that a
 * recording is about, so it is kept as it came, and nothing behind it on the connection is taken
 * apart. Absent on purpose: any judgement of what is read.
 */

import { indexOfCrlf, latin1Text } from "../../http/octets/bytes.ts";
import { checkLimits } from "../limits.ts";
import type { PayloadPart, RequestField, RequestHead, RequestMessage } from "./recorded.ts";

const { recordedHeadBytesMax: headBytesMax, chunkLineBytesMax } = checkLimits;

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (\S+) HTTP\/1\.[01]$/u;
const fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/u;
const chunkLine = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/u;

type State =
  | { readonly kind: "head" }
  | { readonly kind: "data"; remaining: number; readonly next: "done" | "chunk-end" }
  | { readonly kind: "chunk-line" | "chunk-end" | "trailers" }
  /** No request: all that follows belongs to it. */
  | { readonly kind: "opaque" };

/** A message that is being read. */
class OpenMessage implements RequestMessage {
  head: RequestHead | undefined;
  isComplete = false;
  isOver = false;
  readonly payload: PayloadPart[] = [];
  #buffer = new Uint8Array(1024);
  #length = 0;

  /** Notes that the octets from `start` to `end` are content. */
  addPayload(start: number, end: number): void {
    if (this.isOver) return;
    const last = this.payload.at(-1);
    if (last?.end === start) this.payload[this.payload.length - 1] = { start: last.start, end };
    else this.payload.push({ start, end });
  }

  /** All octets of it that have come, whether they are kept or not. */
  lengthBytes = 0;

  get octets(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  add(octets: Uint8Array, bytesMax: number): void {
    this.lengthBytes += octets.length;
    if (this.isOver) return;
    const wanted = this.#length + octets.length;
    if (wanted > bytesMax) {
      this.isOver = true;
      return;
    }
    if (wanted > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(wanted, this.#buffer.length * 2));
      grown.set(this.octets);
      this.#buffer = grown;
    }
    this.#buffer.set(octets, this.#length);
    this.#length = wanted;
  }
}

/** Octets that belong to one message: `message.octets` from `start` to `end`. */
interface Fragment {
  readonly message: RequestMessage;
  readonly start: number;
  readonly end: number;
  /** Whether they are the first of the message. */
  readonly isFirst: boolean;
}

export class RequestReader {
  readonly #bytesMax: number;
  #state: State = { kind: "head" };
  #message: OpenMessage | undefined;
  /** What the lines that are being read have so far: a copy of the end of the message. */
  #lines: Uint8Array = new Uint8Array(0);

  /** Of a message as many octets are kept as a head may have, and `bodyBytesMax` more. */
  constructor(bodyBytesMax: number) {
    this.#bytesMax = bodyBytesMax + headBytesMax;
  }

  /** Whether what comes now isn't taken apart, since it is no request. */
  get isOpaque(): boolean {
    return this.#state.kind === "opaque";
  }

  /** Reads the next octets; returns to which messages they belong. */
  push(octets: Uint8Array): readonly Fragment[] {
    const fragments: Fragment[] = [];
    let rest = octets;
    while (rest.length > 0) {
      const isFirst = this.#message === undefined;
      const message = (this.#message ??= new OpenMessage());
      const start = message.lengthBytes;
      const taken = this.#take(message, rest);
      const last = fragments.at(-1);
      if (last?.message === message && !isFirst) {
        fragments[fragments.length - 1] = { ...last, end: message.lengthBytes };
      } else fragments.push({ message, start, end: message.lengthBytes, isFirst });
      rest = rest.subarray(taken);
      if (message.isComplete) {
        this.#message = undefined;
        this.#state = { kind: "head" };
      }
    }
    return fragments;
  }

  /** Adds the octets of `view` that go on with `message`; returns how many these are. */
  #take(message: OpenMessage, view: Uint8Array): number {
    const state = this.#state;
    if (state.kind === "opaque") {
      message.add(view, this.#bytesMax);
      return view.length;
    }
    if (state.kind === "data") return this.#takeData(message, state, view);
    return this.#takeLines(message, state.kind, view);
  }

  #takeData(message: OpenMessage, state: State & { kind: "data" }, view: Uint8Array): number {
    const count = Math.min(state.remaining, view.length);
    const start = message.lengthBytes;
    message.add(view.subarray(0, count), this.#bytesMax);
    message.addPayload(start, start + count);
    state.remaining -= count;
    if (state.remaining > 0) return count;
    if (state.next === "done") message.isComplete = true;
    else this.#state = { kind: "chunk-end" };
    return count;
  }

  /** Takes octets of a head, a chunk-size line or a trailer section, up to its end. */
  #takeLines(
    message: OpenMessage,
    kind: "head" | "chunk-line" | "chunk-end" | "trailers",
    view: Uint8Array,
  ): number {
    const before = this.#lines.length;
    const joined = new Uint8Array(before + view.length);
    joined.set(this.#lines);
    joined.set(view, before);
    const end = endOfLines(joined, kind);
    if (end === undefined) {
      message.add(view, this.#bytesMax);
      this.#lines = joined;
      const tooLong = kind === "head" || kind === "trailers" ? headBytesMax : chunkLineBytesMax;
      if (joined.length > tooLong || strayLineEnd.test(latin1Text(joined))) this.#giveUp();
      return view.length;
    }
    message.add(view.subarray(0, end - before), this.#bytesMax);
    this.#lines = new Uint8Array(0);
    if (!this.#endLines(message, kind, joined.subarray(0, end))) this.#giveUp();
    return end - before;
  }

  #giveUp(): void {
    this.#lines = new Uint8Array(0);
    this.#state = { kind: "opaque" };
  }

  /** The lines of `kind` are complete. Returns whether they could be read. */
  #endLines(
    message: OpenMessage,
    kind: "head" | "chunk-line" | "chunk-end" | "trailers",
    section: Uint8Array,
  ): boolean {
    switch (kind) {
      case "head": {
        const head = readHead(section);
        const next = head === undefined ? undefined : framingOf(head);
        if (next === undefined) return false;
        message.head = head;
        if (next === "done") message.isComplete = true;
        else this.#state = next;
        return true;
      }
      case "chunk-line": {
        const size = chunkLine.exec(latin1Text(section, 0, section.length - 2))?.[1];
        if (size === undefined) return false;
        const remaining = Number.parseInt(size, 16);
        this.#state =
          remaining === 0 ? { kind: "trailers" } : { kind: "data", remaining, next: "chunk-end" };
        return true;
      }
      case "chunk-end":
        this.#state = { kind: "chunk-line" };
        return section.length === 2;
      case "trailers":
        message.isComplete = true;
        return true;
    }
  }
}

/** A LF without CR, or a CR that neither ends the octets so far nor has a LF. */
const strayLineEnd = /(?:^|[^\r])\n|\r(?!\n|$)/u;

/** The index behind the lines in `view`; undefined if they aren't complete. */
function endOfLines(view: Uint8Array, kind: string): number | undefined {
  let at = 0;
  let isBegun = false;
  for (;;) {
    const end = indexOfCrlf(view, at);
    if (end === -1) return undefined;
    const isEmpty = end === at;
    at = end + 2;
    if (kind === "chunk-line" || kind === "chunk-end") return at;
    if (isEmpty && (isBegun || kind === "trailers")) return at;
    // Empty lines before a request line belong to it (RFC 9112 §2.2).
    isBegun ||= !isEmpty;
  }
}

/** Whether `unit` is optional whitespace (RFC 9110 §5.6.3). */
function isBlank(unit: string | undefined): boolean {
  return unit === " " || unit === "\t";
}

/** The head in `section`; undefined if it isn't one. */
function readHead(section: Uint8Array): RequestHead | undefined {
  const text = latin1Text(section);
  if (strayLineEnd.test(text)) return undefined;
  let at = 0;
  while (text.startsWith("\r\n", at)) at += 2;
  const lineEnd = text.indexOf("\r\n", at);
  const line = requestLine.exec(text.slice(at, lineEnd));
  if (line === null) return undefined;
  const [, method = "", target = ""] = line;
  const targetStart = at + method.length + 1;
  const fields: RequestField[] = [];
  for (at = lineEnd + 2; ;) {
    const end = text.indexOf("\r\n", at);
    if (end <= at) break;
    const field = fieldLine.exec(text.slice(at, end));
    if (field === null) return undefined;
    const [, name = "", spaced = ""] = field;
    let [from, to] = [0, spaced.length];
    while (isBlank(spaced[from])) from++;
    while (to > from && isBlank(spaced[to - 1])) to--;
    const value = spaced.slice(from, to);
    const start = at + name.length + 1 + from;
    fields.push({ name, value, start, end: start + value.length });
    at = end + 2;
  }
  return { method, target, targetStart, fields, headBytes: section.length };
}

/** Where the content of the request ends (RFC 9112 §6.3); undefined if that isn't certain. */
function framingOf({ fields }: RequestHead): State | "done" | undefined {
  const valuesOf = (name: string): readonly string[] =>
    fields.filter((field) => field.name.toLowerCase() === name).map(({ value }) => value);
  const codings = valuesOf("transfer-encoding");
  const lengths = valuesOf("content-length");
  if (codings.length > 0 && lengths.length > 0) return undefined;
  if (codings.length > 0) {
    const isChunked = codings.length === 1 && codings[0]?.toLowerCase() === "chunked";
    return isChunked ? { kind: "chunk-line" } : undefined;
  }
  const [length] = lengths;
  if (length === undefined) return "done";
  if (lengths.length > 1 || !/^\d{1,15}$/u.test(length)) return undefined;
  return Number(length) === 0 ? "done" : { kind: "data", remaining: Number(length), next: "done" };
}
