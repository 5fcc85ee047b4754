/**
 * A request as `server.requests` shows it: what arrived, as far as it has been read, and what was
 * sent. It is there from the moment at which its head was whole, and is filled in until it is over.
 */

import type { Fields } from "../../http/fields/fields.ts";
import type { RequestHead } from "../../http/message/request.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { containPath } from "../../tree/path.ts";
import type { BodyTap } from "../connection/request-body.ts";
import { printedRequest } from "./request-text.ts";

/** A request that arrived, and how it was answered. */
export interface RecordedRequest {
  readonly method: string;
  /** As it came. */
  readonly target: string;
  /** The target's path, decoded once; undefined where no file and no route can have it. */
  readonly path: string | undefined;
  /** The query as pairs; empty when there is none. */
  readonly searchParams: URLSearchParams;
  /** An array, in their order and spelling, with lookups that ignore letter case. */
  readonly fields: readonly (readonly [name: string, value: string])[] & Fields;
  /** The head's octets. */
  readonly raw: Uint8Array;
  /** The content as far as it has been read, at most `limits.requestBodyKeptBytesMax` of it. */
  readonly body: Uint8Array;
  /** Octets of content that have been read. */
  readonly bodyOctets: number;
  /** Whether the content was read to its end, and `body` is all of it. */
  readonly bodyIsWhole: boolean;
  /** The client's IP address. */
  readonly remoteAddress: string;
  /** The number of the connection that it came on, from 1, in the order of their first requests. */
  readonly connection: number;
  /** When the head was whole, in milliseconds since 1970 (UTC). */
  readonly receivedMs: number;
  /** From the whole head to the end, in milliseconds; undefined before that. */
  readonly durationMs: number | undefined;
  /** Whether its answer has been sent or broken off. */
  readonly isOver: boolean;
  /** The status of the answer; undefined when there is none, or not yet. */
  readonly status: number | undefined;
  /** Octets of content that were sent; framing doesn't count. */
  readonly sentOctets: number;
  /** Whether it is over without all of an answer: the client left, or the answer broke off. */
  readonly aborted: boolean;
  /** The names of the faults that its answer has, to test the client; see docs/faults.md. */
  readonly faults: readonly string[];
  /**
   * The messages that the client has sent in the WebSocket that the request opened, text as
   * strings; as many as fit into `limits.requestBodyKeptBytesMax`.
   */
  readonly messages: readonly (string | Uint8Array)[];
  /** How many came. */
  readonly messageCount: number;
  /** The content as UTF-8. Throws when `bodyIsWhole` is false. */
  text(): string;
  /** The content as JSON. Throws when `bodyIsWhole` is false, and when it is malformed. */
  json(): unknown;
}

/** Field lines as an array. */
class FieldLines extends Array<readonly [name: string, value: string]> implements Fields {
  /** What `map` and the like return is an array like any other. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  get count(): number {
    return this.length;
  }

  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }

  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    const lines = [...this].filter(([own]) => own.toLowerCase() === wanted);
    return lines.map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.getAll(name).length > 0;
  }
}

function linesOf(fields: Fields): FieldLines {
  const lines = new FieldLines();
  for (const line of fields) lines.push(line);
  return lines;
}

/** What a record costs besides the octets that it keeps, about, in bytes. */
const recordBytes = 1024;

/** What a message costs besides what it says, about, in bytes. */
const messageBytes = 64;

/** The smallest buffer of a body. */
const bufferBytesMin = 256;

const nothing = new Uint8Array(0);

/** What is known of a request when its head is whole. */
interface Arrival {
  readonly head: RequestHead;
  readonly remoteAddress: string;
  readonly receivedMs: number;
  readonly connection: number;
}

/** The record of one request. */
export class RequestRecord implements RecordedRequest, BodyTap {
  /** What Bun prints for the class, whose name is short in the package's programs. */
  static readonly displayName = "RecordedRequest";
  readonly method: string;
  readonly target: string;
  readonly fields: FieldLines;
  readonly raw: Uint8Array;
  readonly remoteAddress: string;
  readonly connection: number;
  readonly receivedMs: number;
  durationMs: number | undefined;
  status: number | undefined;
  readonly messages: (string | Uint8Array)[] = [];
  messageCount = 0;
  sentOctets = 0;
  aborted = false;
  faults: readonly string[] = [];
  readonly #path: ContainedPath | undefined;
  readonly #query: string;
  readonly #bodyKeptMax: number;
  /** Called with the bytes that the record costs more than before. */
  readonly #grew: (bytes: number) => void;
  #buffer: Uint8Array = nothing;
  #kept = 0;
  #bodyOctets = 0;
  #isBodyRead: boolean;
  #isDropped = false;
  #messagesBytes = 0;

  /** At most `bodyKeptMax` octets of the content are kept. */
  constructor(arrival: Arrival, bodyKeptMax: number, grew: (bytes: number) => void) {
    const { head, remoteAddress, receivedMs, connection } = arrival;
    const { target } = head;
    const path = "path" in target ? containPath(target.path) : undefined;
    this.method = head.method;
    this.target = head.rawTarget;
    this.#path = path?.ok === true ? path.value : undefined;
    this.#query = ("query" in target ? target.query : undefined) ?? "";
    this.fields = linesOf(head.fields);
    this.raw = head.octets.slice();
    this.remoteAddress = remoteAddress;
    this.connection = connection;
    this.receivedMs = receivedMs;
    this.#bodyKeptMax = bodyKeptMax;
    this.#grew = grew;
    this.#isBodyRead = !head.hasContent;
  }

  /** What it costs, in bytes, about: the head is kept as octets and as text. */
  get bytes(): number {
    return recordBytes + this.raw.length * 3 + this.#buffer.length + this.#messagesBytes;
  }

  /** The target's path; undefined where it has none that a file or a route can have. */
  get containedPath(): ContainedPath | undefined {
    return this.#path;
  }

  get path(): string | undefined {
    return this.#path?.text;
  }

  get searchParams(): URLSearchParams {
    return new URLSearchParams(this.#query);
  }

  get body(): Uint8Array {
    return this.#buffer.subarray(0, this.#kept);
  }

  get bodyOctets(): number {
    return this.#bodyOctets;
  }

  get bodyIsWhole(): boolean {
    return this.#isBodyRead && this.#kept === this.#bodyOctets;
  }

  get isOver(): boolean {
    return this.durationMs !== undefined;
  }

  text(): string {
    if (!this.bodyIsWhole) {
      const of = this.#isBodyRead ? `${this.#bodyOctets} octets` : "what was sent";
      const why = this.#isBodyRead
        ? " (limits.requestBodyKeptBytesMax)"
        : ": it was not read to its end";
      throw new Error(`${this.#kept} octets of the body were kept, of ${of}${why}`);
    }
    return new TextDecoder().decode(this.body);
  }

  json(): unknown {
    return JSON.parse(this.text()) as unknown;
  }

  /** Printed, it is one line: the fields and the octets are rarely what is looked for. */
  [Bun.inspect.custom](): string {
    return printedRequest(this);
  }

  /** Keeps nothing more of the content: the record was dropped. */
  drop(): void {
    this.#isDropped = true;
  }

  took(octets: Uint8Array): void {
    this.#bodyOctets += octets.length;
    const taken = Math.min(octets.length, this.#bodyKeptMax - this.#kept);
    if (taken <= 0 || this.#isDropped) return;
    const wanted = this.#kept + taken;
    const before = this.#buffer.length;
    if (wanted > before) {
      // The size doubles, so that a body in small pieces is copied twice and not for each of them.
      const size = Math.min(Math.max(wanted, before * 2, bufferBytesMin), this.#bodyKeptMax);
      const grown = new Uint8Array(size);
      grown.set(this.body);
      this.#buffer = grown;
    }
    this.#buffer.set(octets.subarray(0, taken), this.#kept);
    this.#kept = wanted;
    if (this.#buffer.length > before) this.#grew(this.#buffer.length - before);
  }

  /** Keeps a message of a WebSocket. */
  tookMessage(message: string | Uint8Array): void {
    this.messageCount++;
    const bytes = messageBytes + message.length * (typeof message === "string" ? 2 : 1);
    // Those that are kept are the first, without a gap.
    const isNext = this.messages.length === this.messageCount - 1;
    if (!isNext || this.#messagesBytes + bytes > this.#bodyKeptMax || this.#isDropped) return;
    this.messages.push(typeof message === "string" ? message : message.slice());
    this.#messagesBytes += bytes;
    this.#grew(bytes);
  }

  ended(): void {
    this.#isBodyRead = true;
  }
}
