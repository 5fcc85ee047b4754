/**
 * The border where Fetch's `Response` becomes one of ours, so that handlers written for it, and
 * answers that were fetched from elsewhere, can be sent. Behind the border there is one kind.
 *
 * Its status and its fields are taken as they are, several Set-Cookie apart. Fields that say how it
 * was framed, here or on the connection that it came from, are left out: framing is the encoder's.
 * A body whose end is there at once is sent with its length, any other as a stream.
 */

import { isText } from "../../tree/text.ts";
import { unknownType } from "../../tree/mime.ts";
import { concatBytes, utf8Bytes } from "../../http/octets/bytes.ts";
import type { Response } from "../../http/message/response.ts";
import { isEncoderField, ResponseBuilder } from "../../http/message/response-builder.ts";
import type { ContentStatus } from "../../http/message/status.ts";
import { isContentless } from "../../http/message/status.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";

type Reader = ReadableStreamDefaultReader<Uint8Array | string>;
type Reading = ReturnType<Reader["read"]>;

const noop = (): void => undefined;

/** A chunk as octets: Bun lets a Response's stream yield strings, too. */
function octetsOf(chunk: Uint8Array | string | undefined): Uint8Array {
  return typeof chunk === "string" ? utf8Bytes(chunk) : (chunk ?? new Uint8Array(0));
}

/** What is left of a body: chunks that are there, one that is being read, and those to come. */
class Remainder implements AsyncIterableIterator<Uint8Array> {
  readonly #ready: Uint8Array[];
  readonly #reader: Reader;
  #reading: Reading | undefined;

  constructor(ready: readonly Uint8Array[], reading: Reading | undefined, reader: Reader) {
    this.#ready = [...ready];
    this.#reading = reading;
    this.#reader = reader;
    // It may fail before anyone looks at it.
    reading?.catch(noop);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const ready = this.#ready.shift();
    if (ready !== undefined) return { done: false, value: ready };
    const reading = this.#reading ?? this.#reader.read();
    this.#reading = undefined;
    const { done, value } = await reading;
    return done ? { done: true, value: undefined } : { done: false, value: octetsOf(value) };
  }

  /** Nobody wants the rest. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#ready.length = 0;
    await this.#reader.cancel();
    return { done: true, value: undefined };
  }
}

/**
 * Reads the chunks that are there: to the body's end, to the first chunk that isn't there by the
 * next turn, or until it has more than `octetsMax`.
 */
async function readReady(
  body: ReadableStream<Uint8Array | string>,
  octetsMax: number,
  scheduler: Scheduler,
): Promise<{ readonly ready: Uint8Array[]; readonly rest: Remainder | undefined }> {
  const reader = body.getReader() as Reader;
  const ready: Uint8Array[] = [];
  let octets = 0;
  while (octets <= octetsMax) {
    const reading = reader.read();
    const result = await Promise.race([reading, scheduler.nextTurn()]);
    if (result === undefined) return { ready, rest: new Remainder(ready, reading, reader) };
    if (result.done) return { ready, rest: undefined };
    const chunk = octetsOf(result.value);
    ready.push(chunk);
    octets += chunk.length;
  }
  return { ready, rest: new Remainder(ready, undefined, reader) };
}

/** A builder with the status and the fields, but for those of the content. */
function describe(response: globalThis.Response): ResponseBuilder<ContentStatus> {
  // Not each of them has a name in our table, and the builder does not ask for one.
  const builder = new ResponseBuilder(response.status as ContentStatus);
  // What was fetched has been decoded on the way, and its fields still say that it is coded.
  const isFetched = response.url !== "";
  for (const [name, value] of response.headers) {
    if (isEncoderField(name) || name === "content-type") continue;
    if (isFetched && name === "content-encoding") continue;
    builder.field<string>(name, value);
  }
  return builder;
}

async function fill(
  builder: ResponseBuilder<ContentStatus>,
  body: ReadableStream<Uint8Array | string>,
  type: string | null,
  octetsMax: number,
  scheduler: Scheduler,
): Promise<Response> {
  const { ready, rest } = await readReady(body, octetsMax, scheduler);
  const bytes = concatBytes(ready);
  // Bun doesn't say of a string's response that it is text.
  const mediaType = type ?? (isText(bytes) ? "text/plain; charset=utf-8" : unknownType);
  if (rest === undefined) return builder.bytes(bytes, mediaType).build();
  return builder.stream(rest, mediaType).build();
}

/**
 * A response of ours that is `response`, whose body is used up by that. A body of up to `octetsMax`
 * octets that is there is taken whole. Throws a TypeError, or rejects with one, on what can't be an
 * answer: an error response, an interim one, a body that has been read, a value with control
 * characters.
 */
export function fromFetch(
  response: globalThis.Response,
  octetsMax: number,
  scheduler: Scheduler,
): Response | Promise<Response> {
  // Bun knows the type that follows from a body only until that is looked at.
  const type = response.headers.get("content-type");
  const { status, body } = response;
  if (status < 200) throw new TypeError(`a Response of status ${status} is no answer`);
  if (response.bodyUsed || body?.locked === true) {
    throw new TypeError("the body of the Response has already been used");
  }
  const builder = describe(response);
  if (body === null || isContentless(status)) {
    body?.cancel().catch(noop);
    if (type !== null) builder.field("Content-Type", type);
    return builder.build();
  }
  return fill(builder, body, type, octetsMax, scheduler);
}
