/**
 * Requests as a site sees them, without a connection: a head read from text, and a body in memory.
 */

import { Slot } from "../../src/base/slot.ts";
import { OctetRange, utf8Bytes } from "../../src/http/octets/bytes.ts";
import { noFields } from "../../src/http/fields/fields.ts";
import type { RequestHead } from "../../src/http/message/request.ts";
import type { Request, RequestBody } from "../../src/site/request.ts";
import { BodyError } from "../../src/site/request.ts";
import { headOf } from "../http1/transcript.ts";

const nothing = new Uint8Array(0);

/** A body whose octets come when they are read, or have arrived with the head. */
export class FakeBody implements RequestBody {
  readonly trailers = noFields;
  /** What its readers said that they keep. */
  keptOctets = 0;
  readonly #declared: number;
  readonly #hasArrived: boolean;
  #left: Uint8Array | undefined;

  /** `declared` is the length in octets that the head declares. */
  constructor(octets: Uint8Array | undefined, declared: number | undefined, hasArrived = false) {
    this.#left = octets;
    this.#declared = declared ?? 0;
    this.#hasArrived = hasArrived;
  }

  read(): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#take());
  }

  #take(): Uint8Array | undefined {
    const octets = this.#left;
    this.#left = undefined;
    return octets;
  }

  arrived(octetsMax = Infinity): OctetRange | undefined {
    this.#refuseDeclared(octetsMax);
    return this.#hasArrived ? new OctetRange(this.#take() ?? nothing) : undefined;
  }

  async readAll(octetsMax = Infinity): Promise<Uint8Array> {
    this.#refuseDeclared(octetsMax);
    return (await this.read()) ?? nothing;
  }

  keep(octets: number): void {
    this.keptOctets = Math.max(this.keptOctets, octets);
  }

  async *chunks(octetsMax = Infinity): AsyncGenerator<Uint8Array> {
    this.#refuseDeclared(octetsMax);
    const octets = await this.read();
    if (octets !== undefined) yield octets;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.chunks();
  }

  #refuseDeclared(octetsMax: number): void {
    if (this.#declared > octetsMax) throw new BodyError("body-too-large");
  }
}

/** The text of a head with the request line `line`; "GET /" is enough. */
function headText(line: string, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ Host: "a", ...fields });
  return `${line} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** A time at which everything that a test has changed by now has been as it is for a minute. */
export const settledMs = (): number => Date.now() + 60_000;

/** A request with `body`, whose length is declared if there is any. */
export function requestOf(
  line: string,
  fields: Readonly<Record<string, string>> = {},
  body?: string | Uint8Array,
): Request {
  const octets = typeof body === "string" ? utf8Bytes(body) : body;
  const length = octets === undefined ? {} : { "Content-Length": String(octets.length) };
  const head = headOf(headText(line, { ...fields, ...length }));
  return {
    head,
    body: new FakeBody(octets, head.contentLength),
    remoteAddress: "192.0.2.1",
    receivedMs: settledMs(),
  };
}

/** A head that is given out again for each request with the same octets. */
export function repeatedHead(
  line: string,
  fields: Readonly<Record<string, string>> = {},
): RequestHead {
  const head = headOf(headText(line, fields));
  return {
    method: head.method,
    rawTarget: head.rawTarget,
    target: head.target,
    authority: head.authority,
    version: head.version,
    fields: head.fields,
    hasContent: head.hasContent,
    contentLength: head.contentLength,
    expectsContinue: head.expectsContinue,
    opensWebSocket: head.opensWebSocket,
    acceptsInterim: head.acceptsInterim,
    octets: head.octets,
    slot: new Slot(),
  };
}

/** One more request, without a body, with the head that others had, too. */
export function requestWith(
  head: RequestHead,
  receivedMs = settledMs(),
  remoteAddress = "192.0.2.1",
): Request {
  return { head, body: new FakeBody(undefined, undefined), remoteAddress, receivedMs };
}
