/**
 * HTTP/1.1 as a protocol that a listener can speak: its connections, the request heads that they
 * recognise together, and the memory that bodies and waiting output take.
 */

import type { Clock } from "../../schedule/clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { Backends } from "../../site/proxy/backend.ts";
import type { Limits } from "../../base/limits.ts";
import { RequestHeadCache } from "../../http1/request-head-cache.ts";
import { MemoryTotal } from "../connection/memory-total.ts";
import { keepAliveLines } from "../../http1/response-encoder.ts";
import type { ConnectionFactory } from "../connection/protocol-connection.ts";
import type { QueuedMemory } from "../connection/write-queue.ts";
import type { CompleteOptions } from "../serve-options.ts";
import { Http1Connection } from "./http1-connection.ts";
import type { Http1Shared } from "./http1-shared.ts";

/** What the limits leave of `output` to a connection that has to wait for its client. */
function memoryFor(output: MemoryTotal, { queuedBytesMax }: Limits): QueuedMemory {
  return {
    take: (octets) => output.take(octets, 0, queuedBytesMax),
    release: (octets) => output.release(octets),
  };
}

/** The memory that the connections of one factory take together. */
export interface HttpMemory {
  readonly bodies: MemoryTotal;
  readonly output: MemoryTotal;
  /** What their cache of heads holds. */
  headBytes: () => number;
}

/** Memory of which nothing is taken yet. */
export function openHttpMemory(): HttpMemory {
  return { bodies: new MemoryTotal(), output: new MemoryTotal(), headBytes: () => 0 };
}

/**
 * A factory of HTTP/1.1 connections that share one cache of heads. What may be in a head depends on
 * the limits, so connections under other limits begin with a cache of their own.
 */
export function http1Factory(memory: HttpMemory = openHttpMemory()): ConnectionFactory {
  const { bodies, output } = memory;
  let limits: Limits | undefined;
  let shared: Http1Shared | undefined;
  return (context, transport, remoteAddress) => {
    if (shared === undefined || limits !== context.limits) {
      limits = context.limits;
      const keepAlive = keepAliveLines(limits.idleTimeMs);
      const queued = memoryFor(output, limits);
      const heads = new RequestHeadCache(limits);
      memory.headBytes = () => heads.bytes;
      shared = { heads, bodies, queued, keepAlive };
    }
    const { proxied } = context;
    const isProxy = proxied?.trusts(remoteAddress) === true;
    const own = isProxy ? { ...shared, proxied } : shared;
    return new Http1Connection(context, transport, remoteAddress, own);
  };
}

/**
 * The same, to whose connections `wiretap` listens, over lines of `lineSpeed`. The code of both is
 * loaded only by a server that has it.
 */
export function connectionFactory(
  { wiretap, lineSpeed }: Pick<CompleteOptions, "wiretap" | "lineSpeed">,
  memory?: HttpMemory,
): ConnectionFactory {
  let factory = http1Factory(memory);
  if (wiretap !== undefined) {
    const tapped = require("../recording/tapped.ts") as typeof import("../recording/tapped.ts");
    factory = tapped.tappedFactory(factory, wiretap);
  }
  if (lineSpeed === undefined) return factory;
  const { throttledFactory } =
    require("../throttle/slow-lines.ts") as typeof import("../throttle/slow-lines.ts");
  return throttledFactory(factory, lineSpeed);
}

/** The connections to backends of a server. Their code is loaded only by one that has some. */
export function openBackends(clock: Clock, scheduler: Scheduler): Backends {
  const { BackendPools } =
    require("./backend/backends.ts") as typeof import("./backend/backends.ts");
  return new BackendPools(clock, scheduler);
}
