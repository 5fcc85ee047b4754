/**
 * HTTP/1.1 as a protocol that a listener can speak: its connections, the request heads that they
 * recognise together, and the memory that the bodies of their requests take.
 */

import type { Limits } from "../../base/limits.ts";
import { RequestHeadCache } from "../../http1/request-head-cache.ts";
import { BodyMemory } from "../connection/body-memory.ts";
import { keepAliveLines } from "../../http1/response-encoder.ts";
import type { ConnectionFactory } from "../connection/protocol-connection.ts";
import { Http1Connection } from "./http1-connection.ts";
import type { Http1Shared } from "./http1-shared.ts";

/**
 * A factory of HTTP/1.1 connections that share one cache of heads. What may be in a head depends on
 * the limits, so connections under other limits begin with a cache of their own.
 */
export function http1Factory(): ConnectionFactory {
  const bodies = new BodyMemory();
  let limits: Limits | undefined;
  let shared: Http1Shared | undefined;
  return (context, transport, remoteAddress) => {
    if (shared === undefined || limits !== context.limits) {
      limits = context.limits;
      const keepAlive = keepAliveLines(limits.idleTimeMs);
      shared = { heads: new RequestHeadCache(limits), bodies, keepAlive };
    }
    return new Http1Connection(context, transport, remoteAddress, shared);
  };
}
