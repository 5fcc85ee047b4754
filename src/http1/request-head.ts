/**
 * The head of an HTTP/1.x request: what its line and fields mean for framing, host, persistence and
 * expectation. Framing is decided first, before the method and the target count.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { Slot } from "../base/slot.ts";
import { latin1Text } from "../http/octets/bytes.ts";
import { tokenList } from "../http/fields/fields.ts";
import type { HttpVersion, RequestHead } from "../http/message/request.ts";
import type { Authority, Target } from "../http/message/target.ts";
import { parseAuthority } from "../http/message/target.ts";
import type { Http1RefusalKind } from "./error.ts";
import { FieldLines, offsetsPerField } from "./field-lines.ts";
import type { Framing } from "./framing.ts";
import { requestFraming } from "./framing.ts";
import { parseTarget } from "./request-target.ts";

/** The head of an HTTP/1.x request. */
export class Http1RequestHead implements RequestHead {
  readonly method: string;
  readonly rawTarget: string;
  readonly target: Target;
  /** 0 for HTTP/1.0; 1 for HTTP/1.1 and any later minor version. */
  readonly minorVersion: 0 | 1;
  readonly fields: FieldLines;
  readonly framing: Framing;
  /** Of the target if it names a host, else of the Host field (RFC 9112 §3.2.2, §3.3). */
  readonly authority: Authority | undefined;
  /** Whether the client wants the connection to go on after the response (RFC 9112 §9.3). */
  readonly persist: boolean;
  readonly expectsContinue: boolean;
  readonly opensWebSocket: boolean;
  readonly slot: Slot | undefined;
  readonly #view: Uint8Array;
  readonly #start: number;
  readonly #end: number;

  /** For `readRequestHead` alone. */
  constructor(parts: HeadParts, meaning: HeadMeaning) {
    this.method = parts.method;
    this.rawTarget = meaning.rawTarget;
    this.target = meaning.target;
    this.minorVersion = parts.minorVersion;
    this.fields = meaning.fields;
    this.framing = meaning.framing;
    this.authority = "authority" in meaning.target ? meaning.target.authority : meaning.host;
    this.persist = meaning.persist;
    this.expectsContinue = meaning.expectsContinue;
    this.opensWebSocket = meaning.opensWebSocket;
    this.slot = parts.isKept ? new Slot() : undefined;
    this.#view = parts.view;
    this.#start = parts.start;
    this.#end = parts.end;
  }

  get version(): HttpVersion {
    return this.minorVersion === 0 ? "HTTP/1.0" : "HTTP/1.1";
  }

  get hasContent(): boolean {
    return this.framing.kind !== "none";
  }

  get contentLength(): number | undefined {
    return this.framing.kind === "length" ? this.framing.octets : undefined;
  }

  get acceptsInterim(): boolean {
    return this.minorVersion > 0;
  }

  /** How many octets the head has. */
  get octetCount(): number {
    return this.#end - this.#start;
  }

  /** From the request line to the empty line. */
  get octets(): Uint8Array {
    const isWhole = this.octetCount === this.#view.length;
    return isWhole ? this.#view : this.#view.subarray(this.#start, this.#end);
  }
}

/** A head whose syntax has been read: the octets, and where in them its parts are. */
interface HeadParts {
  readonly view: Uint8Array;
  /** Where the request line begins; `methodEnd` and `targetEnd` count from there. */
  readonly start: number;
  readonly method: string;
  readonly methodEnd: number;
  readonly targetEnd: number;
  readonly minorVersion: 0 | 1;
  /** Where the header section begins; `offsets` count from there. */
  readonly sectionStart: number;
  /** Four offsets for each field line. */
  readonly offsets: readonly number[];
  /** Where what follows the head begins. */
  readonly end: number;
  /** Whether the head is kept, to be given out again; `view` is then its own. */
  readonly isKept: boolean;
}

/** What follows from the parts of a head. */
interface HeadMeaning {
  readonly rawTarget: string;
  readonly target: Target;
  readonly fields: FieldLines;
  readonly framing: Framing;
  /** Of the Host field. */
  readonly host: Authority | undefined;
  readonly persist: boolean;
  readonly expectsContinue: boolean;
  readonly opensWebSocket: boolean;
}

/** The values of the fields that the connection acts on. */
interface OwnFields {
  /** The first Host field, and how many there are. */
  host: string;
  hostCount: number;
  connections: readonly string[];
  lengths: readonly string[];
  codings: readonly string[];
  expectations: readonly string[];
  upgrades: readonly string[];
}

const noValues: readonly string[] = [];

/** Collects them in one pass over the lines, which are told apart by the length of their names. */
function collectOwnFields(fields: FieldLines, offsets: readonly number[]): OwnFields {
  const own: OwnFields = {
    host: "",
    hostCount: 0,
    connections: noValues,
    lengths: noValues,
    codings: noValues,
    expectations: noValues,
    upgrades: noValues,
  };
  for (let i = 0; i < fields.count; i++) {
    const at = i * offsetsPerField;
    switch ((offsets[at + 1] as number) - (offsets[at] as number)) {
      case 4:
        if (!fields.isNamed(i, "host")) break;
        if (own.hostCount === 0) own.host = fields.valueAt(i);
        own.hostCount++;
        break;
      case 6:
        own.expectations = taken(fields, i, "expect", own.expectations);
        break;
      case 7:
        own.upgrades = taken(fields, i, "upgrade", own.upgrades);
        break;
      case 10:
        own.connections = taken(fields, i, "connection", own.connections);
        break;
      case 14:
        own.lengths = taken(fields, i, "content-length", own.lengths);
        break;
      case 17:
        own.codings = taken(fields, i, "transfer-encoding", own.codings);
        break;
      default:
    }
  }
  return own;
}

/** `values`, with the value of line `index` if that is called `name`. */
function taken(
  fields: FieldLines,
  index: number,
  name: string,
  values: readonly string[],
): readonly string[] {
  if (!fields.isNamed(index, name)) return values;
  return values.length === 0 ? [fields.valueAt(index)] : [...values, fields.valueAt(index)];
}

/** RFC 9112 §9.3: close wins; HTTP/1.1 persists by itself; HTTP/1.0 when it asks to. */
function persists(minorVersion: number, connections: readonly string[]): boolean {
  if (connections.length === 0) return minorVersion > 0;
  // What browsers send needs no list to be split.
  if (connections.length === 1 && connections[0] === "keep-alive") return true;
  let keepsAlive = minorVersion > 0;
  for (const connection of connections) {
    const options = tokenList(connection);
    if (options.includes("close")) return false;
    keepsAlive ||= options.includes("keep-alive");
  }
  return keepsAlive;
}

/** RFC 6455 §4.1: the handshake asks for the protocol "websocket", in any case. */
function opensWebSocket(upgrades: readonly string[]): boolean {
  return upgrades.flatMap(tokenList).includes("websocket");
}

/** What is wrong with the Host field; undefined when nothing is. */
function hostFault(
  { hostCount }: OwnFields,
  minorVersion: number,
  host: Authority | undefined,
): Http1RefusalKind | undefined {
  // RFC 9112 §3.2: one valid Host in every HTTP/1.1 request; an HTTP/1.0 request may have none.
  if (hostCount > 1) return "host-repeated";
  if (hostCount === 0) return minorVersion > 0 ? "host-missing" : undefined;
  return host === undefined ? "host-malformed" : undefined;
}

/**
 * Makes sense of a head, or tells what is wrong with it: the framing first, then the target, the
 * host and the expectation.
 */
export function readRequestHead(parts: HeadParts): Result<Http1RequestHead, Http1RefusalKind> {
  const { view, start, method, minorVersion, offsets } = parts;
  const fields = new FieldLines(view, offsets, parts.sectionStart);
  const own = collectOwnFields(fields, offsets);
  const framing = requestFraming(minorVersion, own.codings, own.lengths);
  if (!framing.ok) return framing;
  const rawTarget = latin1Text(view, start + parts.methodEnd + 1, start + parts.targetEnd);
  const target = parseTarget(method, rawTarget);
  if (!target.ok) return target;
  const host = own.hostCount === 0 ? undefined : parseAuthority(own.host);
  const fault = hostFault(own, minorVersion, host);
  if (fault !== undefined) return failure(fault);
  // RFC 9110 §10.1.1: an HTTP/1.0 client can't understand the interim response; ignore it there.
  const expectations =
    minorVersion === 0 || own.expectations.length === 0
      ? noValues
      : own.expectations.flatMap(tokenList);
  for (const expectation of expectations) {
    if (expectation !== "100-continue") return failure("expectation");
  }
  const meaning: HeadMeaning = {
    rawTarget,
    target: target.value,
    fields,
    framing: framing.value,
    host,
    persist: persists(minorVersion, own.connections),
    expectsContinue: expectations.length > 0,
    opensWebSocket: own.upgrades.length > 0 && opensWebSocket(own.upgrades),
  };
  return success(new Http1RequestHead(parts, meaning));
}

/**
 * Whether the client that sent `head` asks to switch to `protocol` (RFC 9110 §7.8). In HTTP/1.0 the
 * field is ignored, and so it is where Connection doesn't name it: it was meant for another hop.
 */
export function asksFor(head: Http1RequestHead, protocol: string | undefined): boolean {
  if (protocol === undefined || head.minorVersion === 0 || head.method === "HEAD") return false;
  const listed = (name: string): string[] => head.fields.getAll(name).flatMap(tokenList);
  return (
    listed("connection").includes("upgrade") && listed("upgrade").includes(protocol.toLowerCase())
  );
}
