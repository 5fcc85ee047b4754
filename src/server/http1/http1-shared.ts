/**
 * What the connections of one listener share, under the same limits.
 */

import type { RequestHeadCache } from "../../http1/request-head-cache.ts";
import type { ProxiedClients } from "../proxied/proxied-clients.ts";
import type { MemoryTotal } from "../connection/memory-total.ts";
import type { QueuedMemory } from "../connection/write-queue.ts";

/** What a connection is given of what it shares with others. */
export interface Http1Shared {
  readonly heads: RequestHeadCache;
  readonly bodies: MemoryTotal;
  readonly queued: QueuedMemory;
  /** The lines of `keepAliveLines`. */
  readonly keepAlive: string;
  /** For the connections of trusted proxies alone. */
  readonly proxied?: ProxiedClients;
}
