/**
 * The events of a running server: connections that open and close, requests, and their responses.
 * The access log, the request recorder and the metrics are observers. A status line would be a
 * further one, which needs no change in a connection.
 *
 * An observer receives events and changes nothing. An exception it throws is reported as an error
 * of the server.
 */

import type { Refusal, RefusalKind } from "../http/message/error.ts";
import type { RequestHead } from "../http/message/request.ts";
import type { Response } from "../http/message/response.ts";
import type { Request } from "./request.ts";

/**
 * One hook per event; each may be absent. On one connection they are called in this order:
 * `connected`; `refused` or `dropped` if the connection is turned away; `began`, `answered` and
 * `ended` for each exchange; `disconnected`.
 */
export interface Observer {
  /**
   * A peer with the IP address `remoteAddress` has connected. With the PROXY protocol it is the
   * proxy's, and the other hooks are told the client's. With TLS, its handshake follows.
   */
  connected?(remoteAddress: string): void;
  /** A connection is turned away: with a refusal, or with a reset when far too many are open. */
  refused?(remoteAddress: string, reason: RefusalReason): void;
  /**
   * A connection ends and a request that was to come on it has no answer: far too many are open,
   * its TLS handshake has failed, it is reset within a request's head or, with the PROXY protocol,
   * its peer isn't trusted or its header is wrong. A client that leaves between two requests, or
   * has sent nothing, isn't told of. `why` is for people, and has nothing in it that the peer has
   * sent.
   */
  dropped?(remoteAddress: string, why: string): void;
  /** A request's head has been read, and the site is about to be called. */
  began?(request: Request): void;
  /** The final response to `request` is about to be sent. */
  answered?(request: Request, response: Response): void;
  /**
   * An exchange is over. Each `began` is followed by exactly one `ended`. An exchange whose head
   * could not be read has only `ended`.
   */
  ended?(report: ExchangeReport): void;
  /** A connection's socket is closed. */
  disconnected?(remoteAddress: string): void;
  /** Live reload has told pages of a change, or a page keeps it out. */
  live?(report: LiveReport): void;
}

/** News of live reload. */
export type LiveReport =
  | {
      readonly kind: "changed";
      /** Relative to the root; the first hundred at most. */
      readonly paths: readonly string[];
      /** Whether there was more than `paths` name. */
      readonly isAll: boolean;
      /** What pages do: load again, or swap style sheets or pictures. */
      readonly kinds: readonly ("page" | "style" | "image")[];
      /** The addresses of the clients that were told. The pages of one browser share a client. */
      readonly clients: readonly string[];
    }
  /** The policy of the page at `path` keeps live reload out, by this directive. */
  | { readonly kind: "refused"; readonly path: string; readonly directive: string };

/** Why a connection is turned away: too many are open, or the server accepts only TLS. */
export type RefusalReason = Extract<RefusalKind, "overloaded" | "cleartext">;

/** The result of an exchange. */
export interface ExchangeReport {
  /** Undefined when the head was too malformed to be read, or was never sent. */
  readonly head: RequestHead | undefined;
  /** The request that `began` was told; absent where `head` is. */
  readonly request?: Request | undefined;
  /** The method, where it could be read though the head could not. */
  readonly method: string | undefined;
  readonly remoteAddress: string;
  /** Undefined when the connection ended before there was one. */
  readonly response: Response | undefined;
  /** The kind of the server's own refusal, if it refused. */
  readonly refusal: Refusal["kind"] | undefined;
  /** Octets of content sent; framing doesn't count. */
  readonly octets: number;
  /** From the whole head to the end, in milliseconds. */
  readonly durationMs: number;
  /** Whether all of the response was handed to the client's socket. */
  readonly whole: boolean;
  /** Whether the server was stopping when the connection ended before the exchange was over. */
  readonly isStopping?: boolean;
}
