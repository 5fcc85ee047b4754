/** Requests to backends, for tests of what sends them, and content that comes when a test says so. */

import { noFields } from "../../../../src/http/fields/fields.ts";
import { latin1Bytes, OctetRange } from "../../../../src/http/octets/bytes.ts";
import type { OutgoingRequest } from "../../../../src/site/proxy/backend.ts";
import type { RequestBody } from "../../../../src/site/request.ts";

/** A client's content. */
export class FeedBody implements RequestBody {
  readonly trailers = noFields;
  #whole: Uint8Array | undefined;
  #reader: PromiseWithResolvers<Uint8Array | undefined> | undefined;

  /** One that has arrived. */
  static whole(text: string): FeedBody {
    const body = new FeedBody();
    body.#whole = latin1Bytes(text);
    return body;
  }

  /** Whether a reader waits. */
  get isWanted(): boolean {
    return this.#reader !== undefined;
  }

  feed(text: string): void {
    this.#take().resolve(latin1Bytes(text));
  }

  end(): void {
    this.#take().resolve(undefined);
  }

  fail(error: Error): void {
    this.#take().reject(error);
  }

  #take(): PromiseWithResolvers<Uint8Array | undefined> {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) throw new Error("nothing reads it");
    return reader;
  }

  read(): Promise<Uint8Array | undefined> {
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  arrived(): OctetRange | undefined {
    const whole = this.#whole;
    return whole === undefined ? undefined : new OctetRange(whole);
  }

  readAll(): Promise<Uint8Array> {
    throw new Error("a proxy reads piece by piece");
  }

  keep(): void {
    throw new Error("a proxy keeps nothing");
  }

  chunks(): AsyncIterable<Uint8Array> {
    throw new Error("a proxy reads piece by piece");
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    throw new Error("a proxy reads piece by piece");
  }
}

/** A GET for /x, with `changes`. */
export function outgoing(changes: Partial<OutgoingRequest>): OutgoingRequest {
  return {
    method: "GET",
    target: "/x",
    fields: [["Host", "b"]],
    content: "none",
    expectsContinue: false,
    upgrade: undefined,
    body: new FeedBody(),
    timeoutMs: 1000,
    interim: () => undefined,
    ...changes,
  };
}
