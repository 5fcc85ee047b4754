/**
 * Opens a tree in an object store. Nothing is asked of the store until the first request.
 */

import type { Limits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { UploadTree, UploadTreeOptions } from "../writing/upload-tree.ts";
import type { StoreTreeParts } from "./store-tree.ts";
import { StoreTree } from "./store-tree.ts";
import { ObjectCache } from "./object-cache.ts";
import type { ObjectDisk } from "./object-disk.ts";
import { ObjectReader } from "./object-reader.ts";
import { ObjectStreams } from "./object-stream.ts";
import { bucketNameFault } from "./client/bucket-name.ts";
import { StoreClient } from "./client/store-client.ts";
import type { StoreCounts } from "./client/store-counts.ts";
import { StaleAnswers } from "./stale-answers.ts";
import { StoreListings } from "./store-listing.ts";
import type { StoreOptions, StoreSource } from "./client/store-source.ts";
import { readStoreSource } from "./client/store-source.ts";

/** What a tree in a store is opened with. */
interface StoreTreeOptions extends Pick<
  StoreTreeParts,
  "permissions" | "hidden" | "index" | "beside"
> {
  /** "s3://bucket/prefix" */
  readonly root: string;
  readonly store: StoreOptions;
  /** What the options leave out is taken from these variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  readonly budgets: TurnBudgets;
  /**
   * The folder whose files are marked as uploads (`OpenFile.isUploaded`), "s3://bucket/inbox/";
   * undefined for none.
   */
  readonly uploads?: string | undefined;
  /** Undefined where nothing is counted. */
  readonly counts?: StoreCounts | undefined;
}

/** A tree, and its root as it is shown. */
interface OpenStore {
  readonly tree: StoreTree;
  readonly shown: string;
  /** Opens what files are written to it with. */
  readonly openUploads: (options: UploadTreeOptions) => UploadTree;
  /** Whether the store isn't asked for a while, because it has failed too often. */
  readonly isHeld: () => boolean;
}

/**
 * The tree of the bucket, or of the prefix in it, that `options.root` names. Fails with a line that
 * says what is wrong.
 */
export function openStoreTree(options: StoreTreeOptions): Result<OpenStore, string> {
  const { root, store, environment, limits, clock, logicalClock, budgets, counts } = options;
  const { scheduler } = budgets;
  const fault = bucketNameFault(root);
  if (fault !== undefined) return failure(fault);
  const read = readStoreSource(root, store, environment);
  if (!read.ok) return read;
  const source = read.value;
  const { fresh = 0, staleIfError = 0, mode = 0o644 } = store;
  const client = new StoreClient(source, limits, { clock, scheduler, counts });
  const streams = new ObjectStreams({ client, clock, scheduler, limits });
  const { permissions, hidden, index, beside } = options;
  const isUploaded = uploadedBy(options, source);
  const reader = new ObjectReader({ client, streams, clock, limits, mode, isUploaded });
  const stale = new StaleAnswers({ client, clock, scheduler, limits, staleIfError });
  const common = { reader, clock, logicalClock, limits, fresh, stale };
  const disk = openDisk(store, source, { clock, limits, isUploaded });
  if (typeof disk === "string") return failure(`store.cacheFolder: ${disk}`);
  const objects = new ObjectCache({ ...common, disk, counts });
  streams.changed = (key) => objects.forget(key);
  const listings = new StoreListings({ ...common, objects, budgets, mode });
  const tree = new StoreTree({
    objects,
    listings,
    prefix: source.prefix,
    permissions,
    hidden,
    index,
    mode,
    beside,
    isUploaded,
  });
  const openUploads = (uploadOptions: UploadTreeOptions): UploadTree => {
    const { StoreUploadTree } =
      require("./writing/store-upload-tree.ts") as typeof import("./writing/store-upload-tree.ts");
    const changed = (key: string): void => {
      objects.changed(key);
      listings.changed();
    };
    const parts = { tree, client, reader, objects, logicalClock, changed };
    return new StoreUploadTree(parts, uploadOptions);
  };
  return success({ tree, shown: source.shown, openUploads, isHeld: () => client.isHeld });
}

/** What tells the objects that count as uploads; the index of a folder never does. */
function uploadedBy(
  { uploads, index }: Pick<StoreTreeOptions, "uploads" | "index">,
  { shown, prefix }: StoreSource,
): ((key: string) => boolean) | undefined {
  if (uploads === undefined) return undefined;
  const bucket = `${shown}/`.slice(0, `${shown}/`.length - prefix.length);
  return (key) =>
    `${bucket}${key}`.startsWith(uploads) && (index === "" || !`/${key}`.endsWith(`/${index}`));
}

/** The cache on disk, whose code is loaded only where there is one; a text is why there is none. */
function openDisk(
  { cacheFolder: folder }: StoreOptions,
  { origin, bucketPath }: StoreSource,
  parts: Omit<ConstructorParameters<typeof ObjectDisk>[0], "folder" | "store">,
): ObjectDisk | string | undefined {
  if (folder === undefined) return undefined;
  const { ObjectDisk: Disk, prepareFolder } =
    require("./object-disk.ts") as typeof import("./object-disk.ts");
  return prepareFolder(folder) ?? new Disk({ ...parts, folder, store: origin + bucketPath });
}
