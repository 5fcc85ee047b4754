/**
 * The listener's word for a connection, whatever version of HTTP it speaks, and what all
 * connections of a server share: the outside world as small interfaces, so that a connection can be
 * driven without sockets, timers or files.
 */

import type { Limits } from "../../base/limits.ts";
import type { Answer } from "../../site/endpoint.ts";
import type { RefusalReason } from "../../site/observer.ts";
import type { Request } from "../../site/request.ts";
import type { Refusal } from "../../http/message/error.ts";
import type { Response } from "../../http/message/response.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { Timed, Timers } from "../../schedule/timers.ts";
import type { WriteBatcher } from "../../schedule/write-batcher.ts";
import type { ConnectionFaults } from "../faults/accepted/accepted-faults.ts";
import type { Observers } from "../observers.ts";
import type { ProxiedClients } from "../proxied/proxied-clients.ts";
import type { ResponseDate } from "../response-date.ts";
import type { Moment } from "../../tree/view.ts";
import type { Transport } from "./transport.ts";
import type { WritePatience } from "./write-patience.ts";

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
  /**
   * Answers what has begun, then closes. When nothing has, it closes at once, or with `isPatient`
   * after the next request: a request that is on its way to a connection that closes is lost.
   */
  stop(isPatient: boolean): void;
  /** Resets the connection, whatever it is doing. */
  abort(): void;
  /** Answers with a refusal for `reason` before any request was read, and closes. */
  turnAway(reason: RefusalReason): void;
}

/**
 * Makes the connection for a client that `transport` leads to. A factory is one version of HTTP,
 * and keeps what its connections share.
 */
export type ConnectionFactory = (
  context: ConnectionContext,
  transport: Transport,
  remoteAddress: string,
) => ProtocolConnection;

/** What a server has for all its connections. */
export interface ServerContext {
  readonly limits: Limits;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  /** In which arrivals and looks at the tree are put in order. */
  readonly logicalClock: LogicalClock;
  readonly timers: Timers;
  /** Answers a request by what was seen at the moment `since` or later. */
  readonly answer: (request: Request, since: Moment) => Answer;
  /** The response to what no endpoint answers; `request` is undefined if its head is malformed. */
  readonly refuse: (refusal: Refusal, request: Request | undefined) => Response;
  /** Draws the faults of a connection that has just been accepted; undefined for one without. */
  readonly nextFaults?: () => ConnectionFaults | undefined;
  /** Told of connections and exchanges. */
  readonly observers: Observers;
  /** The clients behind trusted proxies; absent or undefined where none is trusted. */
  readonly proxied?: ProxiedClients | undefined;
  /** Told of an error that a handler threw: a fault of ours, not of the client's. */
  readonly failed: (error: unknown, request?: Request) => void;
}

/** The same with what connections of one listener share. */
export interface ConnectionContext extends ServerContext {
  readonly date: ResponseDate;
  readonly batcher: WriteBatcher;
  readonly patience: WritePatience;
  /** Told once, when the connection is closed. */
  readonly closed: (connection: ProtocolConnection) => void;
  /** Told when `after` has the socket of `before`, which is over without `closed`. */
  readonly replaced: (before: ProtocolConnection, after: ProtocolConnection) => void;
}
