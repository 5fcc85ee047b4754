/**
 * What the connections of one listener share, under the same limits.
 */

import type { RequestHeadCache } from "../../http1/request-head-cache.ts";
import type { BodyMemory } from "../connection/body-memory.ts";

/** What a connection is given of what it shares with others. */
export interface Http1Shared {
  readonly heads: RequestHeadCache;
  readonly bodies: BodyMemory;
  /** The lines of `keepAliveLines`. */
  readonly keepAlive: string;
}
