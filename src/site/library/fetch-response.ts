/**
 * Converts Fetch's `Response` to postern's, so that a route may return one it made or fetched. Only
 * postern's kind exists elsewhere.
 *
 * The status and fields are kept, with separate Set-Cookie lines. Fields about framing or the
 * connection are left out, because the encoder generates them. A body that ends at once is sent
 * with its length, any other as a stream.
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

/**
 * The error of a handler's answer that can't be sent. It has no stack, which wouldn't lead to the
 * handler: that has returned.
 */
export function noAnswer(message: string): TypeError {
  const error = new TypeError(message);
  error.stack = `TypeError: ${message}`;
  return error;
}

/** A chunk as octets. In Bun, a Response's stream may also yield strings. */
function octetsOf(chunk: Uint8Array | string | undefined): Uint8Array {
  return typeof chunk === "string" ? utf8Bytes(chunk) : (chunk ?? new Uint8Array(0));
}

/** The rest of a body: chunks already read, a pending read, and the chunks to come. */
class Remainder implements AsyncIterableIterator<Uint8Array> {
  readonly #ready: Uint8Array[];
  readonly #reader: Reader;
  #reading: Reading | undefined;

  constructor(ready: readonly Uint8Array[], reading: Reading | undefined, reader: Reader) {
    this.#ready = [...ready];
    this.#reading = reading;
    this.#reader = reader;
    // It may reject before `next` awaits it, which would be an unhandled rejection.
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

  /** Cancels the rest of the body. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#ready.length = 0;
    await this.#reader.cancel();
    return { done: true, value: undefined };
  }
}

/**
 * Reads the chunks that are available: to the body's end, to the first chunk that doesn't arrive by
 * the next turn, or until there are more than `octetsMax` octets.
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

/** A builder with the status and the fields, except Content-Type and fields of the encoder. */
function describe(response: globalThis.Response): ResponseBuilder<ContentStatus> {
  // The status may be missing from `Status`; the builder accepts any number.
  const builder = new ResponseBuilder(response.status as ContentStatus);
  // `fetch` has decoded the body, but Content-Encoding is still in the fields.
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
  // Bun sets no Content-Type for a Response made from a string.
  const mediaType = type ?? (isText(bytes) ? "text/plain; charset=utf-8" : unknownType);
  if (rest === undefined) return builder.bytes(bytes, mediaType).build();
  return builder.stream(rest, mediaType).build();
}

/**
 * Converts `response` and consumes its body. A body of up to `octetsMax` octets that is available
 * at once is read whole. Throws or rejects with a TypeError when it can't be sent: an error
 * response, an interim one, a used body, or a field value with control characters.
 */
export function fromFetch(
  response: globalThis.Response,
  octetsMax: number,
  scheduler: Scheduler,
): Response | Promise<Response> {
  // Read before the body: Bun forgets the type derived from a body once the body is accessed.
  const type = response.headers.get("content-type");
  const { status, body } = response;
  if (status < 200) throw noAnswer(`a Response of status ${status} is no answer`);
  if (response.bodyUsed || body?.locked === true) {
    throw noAnswer("the body of the Response has already been used");
  }
  const builder = describe(response);
  if (body === null || isContentless(status)) {
    body?.cancel().catch(noop);
    if (type !== null) builder.field("Content-Type", type);
    return builder.build();
  }
  return fill(builder, body, type, octetsMax, scheduler);
}
