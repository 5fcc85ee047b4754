/**
 * What can be told of a server's work while it goes on: connections that come and go, requests, and
 * how they were answered. The access log and the record of requests are observers; one that counts,
 * or shows a line in a terminal, is another, and needs no change in a connection.
 *
 * An observer is told and changes nothing. What it throws is reported as the server's own error.
 */

import type { Refusal, RefusalKind } from "../http/message/error.ts";
import type { RequestHead } from "../http/message/request.ts";
import type { Response } from "../http/message/response.ts";
import type { Request } from "./request.ts";

/**
 * Who wants to be told of what; every hook may be absent. On one connection they are called in this
 * order: `connected`, `refused` if the connection is turned away, for each exchange `began`,
 * `answered` and `ended`, and at last `disconnected`.
 */
export interface Observer {
  /** A client with the IP address `remoteAddress` has connected; under TLS before its handshake. */
  connected?(remoteAddress: string): void;
  /** A connection is turned away: answered with a refusal, or reset when there are far too many. */
  refused?(remoteAddress: string, reason: RefusalReason): void;
  /** A request's head has been read, and a handler is about to be asked. */
  began?(request: Request): void;
  /** The final response to `request` is there and is about to be sent. */
  answered?(request: Request, response: Response): void;
  /**
   * An exchange is over. Every exchange that began ends once; one whose head could not be read ends
   * without having begun.
   */
  ended?(report: ExchangeReport): void;
  /** A connection's socket is closed. */
  disconnected?(remoteAddress: string): void;
}

/** Why a connection is turned away: there are too many, or TLS is spoken here alone. */
export type RefusalReason = Extract<RefusalKind, "overloaded" | "cleartext">;

/** What there is to say of an exchange that is over. */
export interface ExchangeReport {
  /** Undefined when the head was too malformed to be read, or was never sent. */
  readonly head: RequestHead | undefined;
  /** The method, where it could be read though the head could not. */
  readonly method: string | undefined;
  readonly remoteAddress: string;
  /** Undefined when the client left before there was one. */
  readonly response: Response | undefined;
  /** The kind of the server's own refusal, if it refused. */
  readonly refusal: Refusal["kind"] | undefined;
  /** Octets of content sent; framing doesn't count. */
  readonly octets: number;
  /** From the whole head to the end, in milliseconds. */
  readonly durationMs: number;
  /** Whether all of the response was handed to the client's socket. */
  readonly whole: boolean;
}
