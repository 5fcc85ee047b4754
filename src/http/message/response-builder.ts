/**
 * Builds responses that HTTP allows, and no others. What it forbids does not compile: a body on
 * 204, 205 or 304 (RFC 9110 §6.4.1, §15.3.6), a second body, and the fields of framing and of the
 * connection, which the encoder sets. What the types can't see, such as a control character in a
 * value, throws before anything is on the wire.
 */

import { utf8Bytes } from "../octets/bytes.ts";
import { token } from "../octets/grammar.ts";
import type {
  Body,
  FileSource,
  Piece,
  Region,
  Response,
  ResponseField,
  ResponseNote,
} from "./response.ts";
import { CachedResponse, piecesOctets } from "./response.ts";
import type { ContentStatus, InterimStatus, Status } from "./status.ts";
import { isContentless } from "./status.ts";
import type { OpenTunnel } from "./tunnel.ts";

/** Fields that the encoder sets (RFC 9110 §6.6.1, §7.6.1, §8.6; RFC 9112 §6.1). */
type EncoderField =
  | "connection"
  | "content-length"
  | "date"
  | "keep-alive"
  | "trailer"
  | "transfer-encoding"
  | "upgrade";

const encoderFields: readonly string[] = [
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "trailer",
  "transfer-encoding",
  "upgrade",
] satisfies EncoderField[];

/** Whether the encoder sets the field `name`, in any letter case. */
export function isEncoderField(name: string): boolean {
  return encoderFields.includes(name.toLowerCase());
}

/** A field name that the builder takes; `never` for one that the encoder sets. */
type Settable<Name extends string> = Lowercase<Name> extends EncoderField ? never : Name;

/** The status of a final response. 101 is one when a tunnel follows it. */
export type FinalStatus = Exclude<Status, InterimStatus>;

/** The name of a protocol, with its version or without one (RFC 9110 §7.8). */
const protocolName = new RegExp(`^${token}(?:/${token})?$`);

/** The redirections that a client follows on its own (RFC 9110 §15.4). */
export const redirectStatuses = [301, 302, 303, 307, 308] as const satisfies Status[];

/** One of them: a redirection that a client follows by itself (RFC 9110 §15.4). */
export type RedirectStatus = (typeof redirectStatuses)[number];

/** Whether `status` is one of them. */
export function isRedirectStatus(status: number): boolean {
  return (redirectStatuses as readonly number[]).includes(status);
}

/** The characters of a URI reference (RFC 3986 §2), each "%" with its two digits. */
const uriReference = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[\dA-Fa-f]{2})+$/;

/**
 * A field name that the builder takes. One pattern tells it from all others, so the check costs too
 * little for its results to be kept.
 */
const settableName = new RegExp(`^(?!(?:${encoderFields.join("|")})$)${token}$`, "i");

/**
 * field-value = *field-content (RFC 9110 §5.5): visible octets, with blanks between them and not
 * around them.
 */
const fieldValue = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

function checkValue(name: string, value: string): void {
  if (fieldValue.test(value)) return;
  throw new TypeError(`not a value for ${name}: ${JSON.stringify(value)}`);
}

/** Throws a TypeError where there can be no such line. */
function checkLine(name: string, value: string): void {
  if (!settableName.test(name)) {
    if (isEncoderField(name)) throw new TypeError(`${name} is set by the encoder`);
    throw new TypeError(`not a field name: ${JSON.stringify(name)}`);
  }
  checkValue(name, value);
}

type Filled = "empty" | "filled";

/**
 * Builds one response: status, then fields, then at most one body.
 *
 * ```ts
 * new ResponseBuilder(200).field("Cache-Control", "no-store").text("hello\n").build();
 * ```
 *
 * Throws a TypeError on a field name that is no token, a value with control characters, a field
 * that the encoder sets, and (for callers without types) a body where none may be.
 */
export class ResponseBuilder<S extends FinalStatus = FinalStatus, F extends Filled = "empty"> {
  readonly #status: S;
  readonly #fields: ResponseField[] = [];
  #body: Body = { kind: "none" };
  #close = false;
  #note: ResponseNote | undefined;
  #upgrade: string | undefined;
  /** Makes the type remember whether there is a body. */
  declare readonly filled: F;
  /** Makes the type remember the status in declarations, too, which leave `#` fields out. */
  declare readonly ofStatus: S;

  constructor(status: S) {
    this.#status = status;
  }

  /**
   * Redirects the client to `location`, a URI reference (RFC 9110 §10.2.2): a path of this server,
   * or a whole URL.
   *
   * ```ts
   * return ResponseBuilder.redirect(303, "/thanks.html").build();
   * ```
   *
   * Throws a TypeError on another status, on characters that have to be escaped first, and on what
   * begins with "//": a path that is made of a client's text must not become another host.
   */
  static redirect(status: RedirectStatus, location: string): ResponseBuilder<RedirectStatus> {
    if (!isRedirectStatus(status)) throw new TypeError(`no redirect: ${status}`);
    if (!uriReference.test(location) || location.startsWith("//")) {
      throw new TypeError(`not a location: ${JSON.stringify(location)}`);
    }
    return new ResponseBuilder(status).field("Location", location);
  }

  /**
   * Switches the connection to `protocol` (RFC 9110 §15.2.2): `open` gets a tunnel, in which the
   * client's octets come and go as they are. Only a request of HTTP/1.1 that asks for this
   * protocol, and whose content has been read, can be answered so; for any other the answer becomes
   * a 500. `abandon` is called in place of `open` when the client has left before.
   */
  static switching(
    protocol: string,
    open: OpenTunnel,
    abandon?: () => void,
  ): ResponseBuilder<FinalStatus, "filled"> {
    const builder = new ResponseBuilder<FinalStatus, "filled">(101 as FinalStatus);
    builder.#body = { kind: "tunnel", open, ...(abandon === undefined ? {} : { abandon }) };
    return builder.upgrading(protocol);
  }

  /** Names the protocol that a client has to ask for; a 426 must (RFC 9110 §15.5.22). */
  upgrading(protocol: string): this {
    if (!protocolName.test(protocol)) throw new TypeError(`not a protocol: ${protocol}`);
    this.#upgrade = protocol;
    return this;
  }

  /** Adds a field line. The same name may be added again, where the field is a list (§5.3). */
  field<Name extends string>(name: Settable<Name> & Name, value: string): this {
    checkLine(name, value);
    this.#fields.push([name, value]);
    return this;
  }

  /** Adds a field line that other responses share. */
  line(line: ResponseField): this {
    checkLine(line[0], line[1]);
    this.#fields.push(line);
    return this;
  }

  /** Closes the connection after this response (RFC 9112 §9.6). */
  closing(): this {
    this.#close = true;
    return this;
  }

  /** Adds a note for the log, which the client doesn't get. */
  noting(note: ResponseNote): this {
    this.#note = { ...this.#note, ...note };
    return this;
  }

  /** The body: these octets, under the Content-Type `mediaType`. */
  bytes<T extends ContentStatus>(
    this: ResponseBuilder<T>,
    body: Uint8Array,
    mediaType: string,
  ): ResponseBuilder<T, "filled"> {
    return this.#fill({ kind: "bytes", bytes: body }, mediaType);
  }

  /** The body: `text` in UTF-8, as text/plain unless another type is given. */
  text<T extends ContentStatus>(
    this: ResponseBuilder<T>,
    text: string,
    mediaType = "text/plain; charset=utf-8",
  ): ResponseBuilder<T, "filled"> {
    return this.#fill({ kind: "bytes", bytes: utf8Bytes(text) }, mediaType);
  }

  /** The body: `markup` in UTF-8, as text/html. */
  html<T extends ContentStatus>(
    this: ResponseBuilder<T>,
    markup: string,
  ): ResponseBuilder<T, "filled"> {
    return this.#fill({ kind: "bytes", bytes: utf8Bytes(markup) }, "text/html; charset=utf-8");
  }

  /** The body: `value` as JSON (RFC 8259). Throws what JSON.stringify throws. */
  json<T extends ContentStatus>(
    this: ResponseBuilder<T>,
    value: unknown,
  ): ResponseBuilder<T, "filled"> {
    const text = JSON.stringify(value) ?? "null";
    return this.#fill({ kind: "bytes", bytes: utf8Bytes(text) }, "application/json");
  }

  /**
   * The body: regions of an open file, and octets between them. The file is closed when it has been
   * sent, or can't be.
   */
  file<T extends ContentStatus>(
    this: ResponseBuilder<T>,
    file: FileSource,
    pieces: Region | readonly Piece[],
    mediaType: string,
  ): ResponseBuilder<T, "filled"> {
    const list = "start" in pieces ? [pieces] : pieces;
    const chunks = file.streamed?.(list);
    if (chunks !== undefined) {
      return this.#fill({ kind: "stream", chunks, octets: piecesOctets(list) }, mediaType);
    }
    return this.#fill({ kind: "file", file, pieces: list }, mediaType);
  }

  /**
   * The body: the chunks of an async generator or a ReadableStream, as they come. It is chunked on
   * the wire (for HTTP/1.0, it ends with the connection). The next chunk is pulled when the client
   * has taken the one before, and a client that leaves ends the iteration.
   */
  stream<T extends ContentStatus>(
    this: ResponseBuilder<T>,
    chunks: AsyncIterable<Uint8Array>,
    mediaType: string,
  ): ResponseBuilder<T, "filled"> {
    return this.#fill({ kind: "stream", chunks }, mediaType);
  }

  /** The response. The builder may not be used after that. */
  build(): Response {
    return {
      status: this.#status,
      fields: this.#fields,
      body: this.#body,
      close: this.#close,
      note: this.#note,
      ...(this.#upgrade === undefined ? undefined : { upgrade: this.#upgrade }),
    };
  }

  /** The response, to be given out again as it is. Throws a TypeError when its body is a stream. */
  buildCached(): CachedResponse {
    return new CachedResponse(this.build());
  }

  #fill(body: Body, mediaType: string): ResponseBuilder<S, "filled"> {
    if (isContentless(this.#status)) throw new TypeError(`a ${this.#status} has no body`);
    if (this.#body.kind !== "none") throw new TypeError("a response has one body");
    checkValue("Content-Type", mediaType);
    this.#fields.push(["Content-Type", mediaType]);
    this.#body = body;
    return this as unknown as ResponseBuilder<S, "filled">;
  }
}
