/**
 * A response is a value: a status, fields, and a body that is one of a few kinds. It says what is
 * to be sent and not how: framing, Date and Connection are added by the encoder of the connection's
 * version of HTTP.
 */

import { Slot } from "../../base/slot.ts";
import type { OpenTunnel } from "./tunnel.ts";

declare const handle: unique symbol;

/**
 * What the kernel can send a file by. Opaque: only the tree that opened the file makes one, and
 * only the transport that sends the file takes it apart.
 */
export interface FileHandle {
  readonly [handle]: never;
}

/** An open file that a body is sent from. */
export interface FileSource {
  /** Undefined where the kernel can't read the file by itself, and once the file is closed. */
  readonly handle?: FileHandle | undefined;
  /**
   * Fills `into` from `position` on. Returns how many octets it read, 0 at the file's end, or a
   * negative number when reading has failed.
   */
  read(into: Uint8Array, position: number): number;
  /** Whether the file is unchanged since it was opened; absent where it can't change. */
  isIntact?(): boolean;
  /** Whether it has more octets than when it was opened; absent where it can't. */
  hasGrown?(): boolean;
  /** May be called more than once. */
  close(): void;
  /** A share of the file for one more response, closed by itself; absent where there are none. */
  share?(): FileSource;
  /**
   * The octets of `pieces` as they come from where they have to be waited for; such a file is sent
   * as a stream. Throws a `BrokenBody` when there are fewer. Absent where `read` has them all.
   */
  streamed?(pieces: readonly Piece[]): AsyncIterable<Uint8Array>;
}

/** Some of what a file held (`file-sample.ts`). */
export interface ContentSample {
  /** Whether `file` holds the same now. */
  holds(file: FileSource): boolean;
}

/** A run of octets in a file: `start` is included, `start + octets` is not. */
export interface Region {
  readonly start: number;
  readonly octets: number;
}

/** What a body from a file is made of: regions of it, and octets before, between and after them. */
export type Piece = Region | Uint8Array;

/**
 * The body of a response. The file of a "file" body is closed when it has been sent, or can't be.
 */
export type Body =
  | { readonly kind: "none" }
  | {
      readonly kind: "bytes";
      readonly bytes: Uint8Array;
      /** Whether they are a route's buffer, which the route may reuse after it returns. */
      readonly isForeign?: boolean;
    }
  | {
      readonly kind: "file";
      readonly file: FileSource;
      readonly pieces: readonly Piece[];
      /** What the file held when the response was made, where it had to wait since. */
      readonly sample?: ContentSample | undefined;
    }
  | {
      readonly kind: "stream";
      readonly chunks: AsyncIterable<Uint8Array>;
      /** How many octets there are, where that is known. Fewer must end in a `BrokenBody`. */
      readonly octets?: number | undefined;
      /** Whether it is over when the client has ended its side: it has no end of its own. */
      readonly endsWithClient?: boolean;
    }
  | {
      /** Of a 101 alone, whose `upgrade` says what is spoken in it. */
      readonly kind: "tunnel";
      readonly open: OpenTunnel;
      /** Called in place of `open` when the 101 can't be sent any more. */
      readonly abandon?: () => void;
    };

declare const faults: unique symbol;

/**
 * What is done to the octets of a response on their way to the client, to test the client. Opaque:
 * only `server/faults/` makes it, and only the connection that sends the response takes it apart.
 */
export interface ResponseFaults {
  readonly [faults]: never;
}

/** A response field: name and value, as they go on the wire. */
export type ResponseField = readonly [name: string, value: string];

/** A final response. `ResponseBuilder` makes one; a copy with other fields is one, too. */
export interface Response {
  /**
   * 200 to 599, or the 101 of a tunnel. Only one that was made of a Fetch response may be unknown
   * to `Status`.
   */
  readonly status: number;
  readonly fields: readonly ResponseField[];
  readonly body: Body;
  /** Whether the connection closes after this response. */
  readonly close: boolean;
  /** What the log adds to the request: why it was refused, what a form held. */
  readonly note: ResponseNote | undefined;
  /**
   * Values of Link fields that an interim response tells the client ahead of this one (RFC 8297).
   */
  readonly hints?: readonly string[];
  /** A response with faults is never cached. */
  readonly faults?: ResponseFaults;
  /** The protocol that a 101 switches to, or that a 426 asks for (RFC 9110 §7.8). */
  readonly upgrade?: string;
  /** The Date of the server that made it, where that is another one (RFC 9110 §6.6.1). */
  readonly date?: string | undefined;
  /** Whether it is another server's and passed on as it is: no finisher changes it. */
  readonly isPassedOn?: boolean;
}

/**
 * Thrown by a stream whose source has broken off: the client's connection is reset, and nothing
 * here is at fault.
 */
export class BrokenBody extends Error {}

/** What a response tells the log and not the client. */
export interface ResponseNote {
  readonly reason?: string;
  /** The kind of the refusal that it is, if it is one with a kind. */
  readonly refusal?: string;
  /** What a form held, by name; worked out when it is called. */
  readonly form?: () => Readonly<Record<string, unknown>>;
  /** The names of the faults that it has, to test a client. */
  readonly faults?: readonly string[];
  /** Whether it is part of the server's own work for an open page, and no news for people. */
  readonly isRoutine?: boolean;
  /** Looks for paths similar to one that is missing, as text. Never rejects. */
  readonly near?: () => Promise<readonly string[]>;
}

/**
 * A response that is given out again. Only an instance is: a spread of one, with other fields or
 * another body, is an ordinary response, so nothing that changes a cached response can leak into
 * another answer by accident. Its octets are encoded once.
 */
export class CachedResponse implements Response {
  readonly status: number;
  readonly fields: readonly ResponseField[];
  readonly body: Body;
  readonly close: boolean;
  readonly note: ResponseNote | undefined;
  /** Makes the class nominal, and is what a spread lacks. */
  readonly #encoded: Slot;

  /**
   * `response`, given out again, with `note` for the log. Throws a TypeError on one that can't be:
   * a stream is read once, an upgrade is one client's, and hints follow from the request.
   */
  constructor(response: Response, note = response.note, encoded = new Slot()) {
    if (response.body.kind === "stream") throw new TypeError("a stream can't be given out again");
    if (response.upgrade !== undefined) throw new TypeError("an upgrade can't be given out again");
    if (response.hints !== undefined) throw new TypeError("hints can't be given out again");
    this.status = response.status;
    this.fields = response.fields;
    this.body = response.body;
    this.close = response.close;
    this.note = note;
    this.#encoded = encoded;
  }

  /** For the encoder: what the response is on the wire. */
  get encoded(): Slot {
    return this.#encoded;
  }

  /** The same response with another note for the log; on the wire both are the same octets. */
  withNote(note: ResponseNote): CachedResponse {
    return new CachedResponse(this, note, this.#encoded);
  }
}

/** How many octets all pieces have. */
export function piecesOctets(pieces: readonly Piece[]): number {
  let octets = 0;
  for (const piece of pieces) octets += piece instanceof Uint8Array ? piece.length : piece.octets;
  return octets;
}

/** How many octets `body` has; undefined where that is known at its end only. */
export function bodyOctets(body: Body): number | undefined {
  switch (body.kind) {
    case "none":
      return 0;
    case "bytes":
      return body.bytes.length;
    case "file":
      return piecesOctets(body.pieces);
    case "stream":
      return body.octets;
    case "tunnel":
      return undefined;
  }
}
