/**
 * What all connections of a server share: the outside world, as small interfaces, so that a
 * connection can be driven without sockets, timers or files.
 */

import type { Limits } from "../../base/limits.ts";
import type { Moments } from "../../tree/cache/freshness.ts";
import type { Handler } from "../../site/request.ts";
import type { ProtocolError } from "../../http/error.ts";
import type { RequestHead } from "../../http1/request-head.ts";
import type { Response } from "../../http/response.ts";
import type { RequestHeadCache } from "../../http1/request-head-cache.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { Timers } from "../../schedule/timers.ts";
import type { WriteBatcher } from "../../schedule/write-batcher.ts";
import type { ResponseDate } from "../response-date.ts";
import type { Witness } from "./exchange.ts";

/** A connection, as whoever keeps count of them sees it. */
export interface OpenConnection {
  /** The client's IP address. */
  readonly remoteAddress: string;
  /** Answers what has begun, then closes; closes at once when nothing has. */
  stop(): void;
  /** Resets the connection, whatever it is doing. */
  abort(): void;
}

/** What a server has for all its connections. */
export interface ServerContext {
  readonly limits: Limits;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  /** In which what arrives and what is looked at on the disk are put in order. */
  readonly moments: Moments;
  readonly deadlines: Timers;
  readonly handler: Handler;
  /** The page for a refusal of the server's own; `head` is the request's, if it could be read. */
  readonly refusal: (error: ProtocolError, head: RequestHead | undefined) => Response;
  /** Told of every exchange that is over. */
  readonly witness: Witness;
  /** Told of an error that a handler threw: a fault of ours, not of the client's. */
  readonly failed: (error: unknown) => void;
}

/** The same with what they share among themselves. */
export interface ConnectionContext extends ServerContext {
  /** Of the parsers, under these limits. */
  readonly heads: RequestHeadCache;
  readonly date: ResponseDate;
  readonly departures: WriteBatcher;
  /** Told once, when the connection is closed. */
  readonly closed: (connection: OpenConnection) => void;
}
