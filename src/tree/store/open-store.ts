/**
 * Opens a tree in an object store. Nothing is asked of the store until the first request.
 */

import type { Limits } from "../../base/limits.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { StoreTreeParts } from "./store-tree.ts";
import { StoreTree } from "./store-tree.ts";
import { ObjectCache } from "./object-cache.ts";
import { ObjectReader } from "./object-reader.ts";
import { ObjectStreams } from "./object-stream.ts";
import { StoreClient } from "./client/store-client.ts";
import { StoreListings } from "./store-listing.ts";
import type { StoreOptions, StoreSource } from "./client/store-source.ts";

/** What a tree in a store is opened with. */
interface StoreTreeOptions extends Pick<
  StoreTreeParts,
  "permissions" | "hidden" | "index" | "beside"
> {
  readonly source: StoreSource;
  readonly store: Pick<StoreOptions, "fresh" | "staleIfError" | "mode">;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  readonly scheduler: Scheduler;
}

/** The tree of the bucket, or of the prefix in it, that `source` names. */
export function openStoreTree(options: StoreTreeOptions): StoreTree {
  const { source, store, limits, clock, logicalClock, scheduler } = options;
  const { fresh = 0, staleIfError = 0, mode = 0o644 } = store;
  const client = new StoreClient(source, limits, { clock, scheduler });
  const streams = new ObjectStreams({ client, clock, scheduler, limits });
  const reader = new ObjectReader({ client, streams, clock, limits, mode });
  const common = { reader, clock, logicalClock, limits, fresh };
  const objects = new ObjectCache({ ...common, staleIfError });
  const listings = new StoreListings({ ...common, objects, mode });
  const { permissions, hidden, index, beside } = options;
  return new StoreTree({
    objects,
    listings,
    prefix: source.prefix,
    permissions,
    hidden,
    index,
    mode,
    limits,
    beside,
  });
}
