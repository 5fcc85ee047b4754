/**
 * What was recorded, before it becomes a script: the phases of a connection, each with what the
 * client sent and what the server answered, in the order of events.
 */

import type { ConnectionEnd } from "../script/script.ts";
import type { HttpResponse } from "../play/response-reader.ts";
import type { KeptBody } from "./kept-body.ts";

/** A field line of a request. `start` and `end` are those of its value in the request's octets. */
export interface RequestField {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The head of a request, as far as it could be read. Text is Latin-1, an octet a code unit. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** Where the target begins in the request's octets. */
  readonly targetStart: number;
  readonly fields: readonly RequestField[];
  /** The number of octets up to the end of the empty line. */
  readonly headBytes: number;
}

/** Octets of a request's content, from `start` to `end`, without the framing of chunks. */
export interface PayloadPart {
  readonly start: number;
  readonly end: number;
}

/** What a client sent as one request, or, without a head, as something that is none. */
export interface RequestMessage {
  readonly head: RequestHead | undefined;
  readonly octets: Uint8Array;
  readonly payload: readonly PayloadPart[];
  /** Whether all of it has come. */
  readonly isComplete: boolean;
  /** Whether it is longer than what is kept, so that `octets` lack what follows. */
  readonly isOver: boolean;
}

/** A response; its body is kept apart, and empty in it. */
export interface RecordedResponse extends Omit<HttpResponse, "body"> {
  readonly body: KeptBody;
  /** Whether it had no body whatever its fields say (RFC 9112 §6.3). */
  readonly framing: "own" | "none";
}

/** One event of a phase. */
export type RecordedStep =
  | {
      readonly kind: "send";
      readonly message: RequestMessage;
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly kind: "response";
      readonly response: RecordedResponse;
      /** The request that it answers; undefined for one that isn't complete or is none. */
      readonly request: RequestMessage | undefined;
      /** Since the client last sent something. */
      readonly waitMs: number;
      /** Whether it came unasked between other things, and may come or not: an interim one. */
      readonly isOptional: boolean;
    }
  | { readonly kind: "half-close" }
  /** The connection is a tunnel from here on (RFC 9110 §7.8, §9.3.6), and is left. */
  | { readonly kind: "leave" }
  | { readonly kind: "end"; readonly ends: readonly ConnectionEnd[]; readonly waitMs: number };

/** What is played under one heading. */
export interface RecordedPhase {
  /** The number of the connection in the recording. */
  readonly connection: number;
  /** When it began, among all phases of the recording. */
  readonly order: number;
  readonly steps: readonly RecordedStep[];
  readonly messages: readonly RequestMessage[];
  /** Why it can't be played; undefined if it can. */
  readonly leftOut: string | undefined;
}
