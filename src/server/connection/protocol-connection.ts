/**
 * The listener's word for a connection, whatever version of HTTP it speaks, and what all connections
 * of a server share: the outside world as small interfaces, so that a connection can be driven
 * without sockets, timers or files.
 */

import type { Limits } from "../../base/limits.ts";
import type { Moments } from "../../tree/cache/freshness.ts";
import type { RefusalReason } from "../../site/observer.ts";
import type { Handler } from "../../site/request.ts";
import type { Refusal } from "../../http/error.ts";
import type { RequestHead } from "../../http/request.ts";
import type { Response } from "../../http/response.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Timed, Timers } from "../../schedule/timers.ts";
import type { WriteBatcher } from "../../schedule/write-batcher.ts";
import type { Observers } from "../observers.ts";
import type { Transport } from "./transport.ts";

/**
 * One client's connection. The listener calls it with what happens to the socket; nothing is called
 * after `closed`, except `stop` and `abort`, which do nothing then.
 */
export interface ProtocolConnection extends Timed {
  /** The client's IP address. */
  readonly remoteAddress: string;
  /** The client has sent `octets`, which are the connection's from now on. */
  receive(octets: Uint8Array): void;
  /** The socket takes octets again. */
  drained(): void;
  /** The client has shut its side; it may still read. */
  peerEnded(): void;
  /** The socket is closed, by either side. */
  closed(): void;
  /** The connection's deadline has passed. Called by the timers. */
  expire(nowMs: number): void;
  /** Answers what has begun, then closes; closes at once when nothing has. */
  stop(): void;
  /** Resets the connection, whatever it is doing. */
  abort(): void;
  /** Answers with a refusal for `reason` before any request was read, and closes. */
  turnAway(reason: RefusalReason): void;
}

/**
 * Makes the connection for a client that `transport` leads to. A factory is one version of HTTP, and
 * keeps what its connections share.
 */
export type ConnectionFactory = (
  context: ConnectionContext,
  transport: Transport,
  remoteAddress: string,
) => ProtocolConnection;

/** What a server has for all its connections. */
export interface ServerContext {
  readonly limits: Limits;
  readonly clock: Clock;
  /** In which what arrives and what is looked at on the disk are put in order. */
  readonly moments: Moments;
  readonly deadlines: Timers;
  readonly handler: Handler;
  /** The page for a refusal of the server's own; `head` is the request's, if it could be read. */
  readonly refusal: (refusal: Refusal, head: RequestHead | undefined) => Response;
  /** Told of connections and exchanges. */
  readonly observers: Observers;
  /** Told of an error that a handler threw: a fault of ours, not of the client's. */
  readonly failed: (error: unknown) => void;
}

/** The same with what connections of one listener share. */
export interface ConnectionContext extends ServerContext {
  readonly departures: WriteBatcher;
  /** Calls back in the next turn of the event loop, once however often it is asked to. */
  readonly defer: (run: () => void) => void;
  /** Told once, when the connection is closed. */
  readonly closed: (connection: ProtocolConnection) => void;
}
