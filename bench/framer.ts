/**
 * Finds the end of each response, and compares responses with what is expected.
 *
 * It checks what would make a measurement worthless (status, length, chunk syntax) and nothing
 * else, since it must cost less than the server under test. Interim responses (1xx) and bodies
 * delimited by the end of the connection are faults: no case expects them.
 */

import type { Exchange } from "./cases.ts";

/** The state of the framer. */
type State =
  | { readonly kind: "head" }
  | { readonly kind: "length"; readonly remaining: number }
  | { readonly kind: "chunk-line" }
  | { readonly kind: "chunk-data"; readonly remaining: number }
  | { readonly kind: "chunk-end" }
  | { readonly kind: "trailer" };

type DataState = Extract<State, { readonly remaining: number }>;
type LineState = Exclude<State, DataState | { readonly kind: "head" }>;

const HEAD: State = { kind: "head" };
const HEAD_BYTES_MAX = 65_536;
const LINE_BYTES_MAX = 4096;
const KNOWN_HEADS_MAX = 64;
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const END_OF_LINE = Buffer.from("\r\n");
const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) /;
const CONTENT_LENGTH = /\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n/i;
const CHUNKED = /\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n/i;
const CHUNK_LINE = /^([0-9a-f]{1,8})(?:[ \t]*;.*)?$/i;

/**
 * A head that was found correct, and the state after it. Within a second, most heads equal the last
 * one for the same request: comparing them costs a tenth of parsing.
 */
interface KnownHead {
  readonly bytes: Buffer;
  /** The state after the head; `undefined` if the response ends with it. */
  readonly next: State | undefined;
}

/** Receives the bodies. */
export interface BodyWatcher {
  readonly fault: string | undefined;
  take(piece: Uint8Array, turn: number): void;
  end(turn: number): void;
}

/** The responses on one connection, in the order of `exchanges`, repeatedly. */
export class ResponseFramer {
  /** The first fault, in words. Nothing is read after it. */
  fault: string | undefined;
  /** If set, receives every piece of a body and its end, with the index of the exchange. */
  watcher: BodyWatcher | undefined;

  readonly #exchanges: readonly Exchange[];
  readonly #known: (KnownHead | undefined)[] = [];
  #turn: number;
  #state: State = HEAD;
  /** The bytes of an incomplete head or line. */
  #partial: Buffer | undefined;
  #completed = 0;

  /** `turn` is the index of the exchange of the first response. */
  constructor(exchanges: readonly Exchange[], turn = 0) {
    this.#exchanges = exchanges;
    this.#turn = turn;
  }

  /** Sets the exchange of the next response. No response may be incomplete. */
  expect(turn: number): void {
    this.#turn = turn;
  }

  /** Reads the next bytes of the stream. Returns the number of responses that they complete. */
  push(received: Buffer): number {
    const completedBefore = this.#completed;
    const bytes = this.#partial === undefined ? received : Buffer.concat([this.#partial, received]);
    this.#partial = undefined;
    let at = 0;
    while (at < bytes.length && this.fault === undefined) {
      const next = this.#step(bytes, at);
      if (next === undefined) {
        // A copy, since a view would keep a large buffer alive.
        this.#partial = Buffer.from(bytes.subarray(at));
        break;
      }
      at = next;
    }
    return this.#completed - completedBefore;
  }

  /** Reads one element. Returns the offset behind it; `undefined` if it is incomplete or wrong. */
  #step(bytes: Buffer, at: number): number | undefined {
    const state = this.#state;
    switch (state.kind) {
      case "head":
        return this.#readHead(bytes, at);
      case "length":
      case "chunk-data":
        return this.#readData(bytes, at, state);
      case "chunk-line":
      case "chunk-end":
      case "trailer":
        return this.#readLine(bytes, at, state);
    }
  }

  #readHead(bytes: Buffer, at: number): number | undefined {
    const known = this.#known[this.#turn];
    if (known !== undefined && startsWith(bytes, at, known.bytes)) {
      if (known.next === undefined) this.#complete();
      else this.#state = known.next;
      return at + known.bytes.length;
    }
    const end = bytes.indexOf(END_OF_HEAD, at);
    if (end < 0) {
      if (bytes.length - at > HEAD_BYTES_MAX) this.fault = "the head of a response doesn't end";
      return undefined;
    }
    // Including the first CRLF of the two, so that every field line ends with one.
    const head = bytes.toString("latin1", at, end + 2);
    const expected = this.#exchanges[this.#turn];
    const status = STATUS_LINE.exec(head)?.[1];
    if (expected === undefined || Number(status) !== expected.status) {
      const line = head.slice(0, Math.min(head.indexOf("\r\n"), 80));
      this.fault = `expected status ${expected?.status}, got "${line}"`;
      return undefined;
    }
    const turn = this.#turn;
    this.#begin(expected, head);
    const headEnd = end + END_OF_HEAD.length;
    // With many different requests a head recurs too seldom to be worth keeping.
    if (this.fault === undefined && this.#exchanges.length <= KNOWN_HEADS_MAX) {
      const copy = Buffer.from(bytes.subarray(at, headEnd));
      this.#known[turn] = { bytes: copy, next: this.#state === HEAD ? undefined : this.#state };
    }
    return headEnd;
  }

  /** Decides how the body is delimited (RFC 9112 §6.3). Checks its length if that is known. */
  #begin(expected: Exchange, head: string): void {
    const { body } = expected;
    if (body.kind === "none") return this.#complete();
    const length = CONTENT_LENGTH.exec(head)?.[1];
    if (body.kind === "file" && Number(length) !== body.length) {
      this.fault = `expected Content-Length ${body.length}, got ${length ?? "none"}`;
    } else if (length !== undefined) {
      const remaining = Number(length);
      if (remaining === 0) this.#complete();
      else this.#state = { kind: "length", remaining };
    } else if (CHUNKED.test(head)) {
      this.#state = { kind: "chunk-line" };
    } else {
      this.fault = "a body without Content-Length that isn't chunked";
    }
  }

  #readData(bytes: Buffer, at: number, state: DataState): number {
    const taken = Math.min(state.remaining, bytes.length - at);
    this.watcher?.take(bytes.subarray(at, at + taken), this.#turn);
    const remaining = state.remaining - taken;
    if (remaining > 0) this.#state = { kind: state.kind, remaining };
    else if (state.kind === "chunk-data") this.#state = { kind: "chunk-end" };
    else this.#complete();
    return at + taken;
  }

  #readLine(bytes: Buffer, at: number, state: LineState): number | undefined {
    const end = bytes.indexOf(END_OF_LINE, at);
    if (end < 0) {
      if (bytes.length - at > LINE_BYTES_MAX) this.fault = "a chunk's line doesn't end";
      return undefined;
    }
    const line = bytes.toString("latin1", at, end);
    if (state.kind === "chunk-line") this.#beginChunk(line);
    else if (state.kind === "trailer" && line === "") this.#complete();
    else if (state.kind === "chunk-end" && line === "") this.#state = { kind: "chunk-line" };
    else if (state.kind === "chunk-end") this.fault = "a chunk is longer than its size";
    return end + END_OF_LINE.length;
  }

  #beginChunk(line: string): void {
    const size = CHUNK_LINE.exec(line)?.[1];
    if (size === undefined) {
      this.fault = `no chunk size: "${line.slice(0, 40)}"`;
      return;
    }
    const remaining = Number.parseInt(size, 16);
    this.#state = remaining === 0 ? { kind: "trailer" } : { kind: "chunk-data", remaining };
  }

  #complete(): void {
    if (this.watcher !== undefined) {
      this.watcher.end(this.#turn);
      this.fault ??= this.watcher.fault;
    }
    this.#state = HEAD;
    this.#completed++;
    this.#turn = (this.#turn + 1) % this.#exchanges.length;
  }
}

function startsWith(bytes: Buffer, at: number, known: Buffer): boolean {
  const end = at + known.length;
  return end <= bytes.length && bytes.compare(known, 0, known.length, at, end) === 0;
}
