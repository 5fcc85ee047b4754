/**
 * The part of a tree in a store that files are written to.
 */

import type { Eventual } from "../../../base/eventual.ts";
import { whenReady } from "../../../base/eventual.ts";
import type { Limits } from "../../../base/limits.ts";
import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import type { LogicalClock } from "../../../schedule/logical-clock.ts";
import type { ContainedPath } from "../../path.ts";
import { UnfinishedUploads } from "../../writing/unfinished-uploads.ts";
import { UploadQuota } from "../../writing/upload-quota.ts";
import type {
  FolderRefusal,
  UploadFolder,
  UploadTree,
  UploadTreeOptions,
} from "../../writing/upload-tree.ts";
import type { StoreClient } from "../client/store-client.ts";
import type { ObjectCache } from "../object-cache.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { StoreTree } from "../store-tree.ts";
import { ObjectWriter } from "./object-writer.ts";
import { PartMemory } from "./part-memory.ts";
import { PartsRecords } from "./parts-records.ts";
import { StoreReading } from "./store-reading.ts";
import { StoreSweep } from "./store-sweep.ts";
import type { StoreService } from "./store-upload-folder.ts";
import { StoreUploadFolder } from "./store-upload-folder.ts";
import { storeUsage } from "./store-usage.ts";

/** The tree that is written to, and what asks its store. */
interface StoreParts {
  readonly tree: StoreTree;
  readonly client: StoreClient;
  readonly reader: ObjectReader;
  readonly objects: ObjectCache;
  readonly logicalClock: LogicalClock;
  /** Is told that what the store has under a key has changed. */
  readonly changed: (key: string) => void;
}

/** Writes files below one prefix. */
export class StoreUploadTree implements UploadTree {
  readonly unfinished = new UnfinishedUploads();
  readonly atOnceMax: number;
  readonly #tree: StoreTree;
  readonly #service: StoreService;
  readonly #limits: Limits;

  constructor(
    { tree, client, reader, objects, logicalClock, changed }: StoreParts,
    { folder, limits, clock, scheduler, makeRoom, quota }: UploadTreeOptions,
  ) {
    const writer = new ObjectWriter(client);
    const prefix = tree.folderKey(folder.segments);
    const records = new PartsRecords({ writer, reader, prefix });
    const entriesMax = limits.uploadSweepEntriesMax;
    const depth = folder.segments.length;
    this.#tree = tree;
    this.#limits = limits;
    this.atOnceMax = limits.uploadsAtOnceMax;
    this.#service = {
      writer,
      records,
      reading: new StoreReading({ tree, reader, objects, clock, logicalClock, depth }),
      memory: new PartMemory({
        scheduler,
        bytesMax: limits.storePartsBytesMax,
        partBytes: limits.storePartBytes,
        waitMs: limits.uploadDiskTimeMs,
        makeRoom,
      }),
      clock,
      limits,
      awaited: new Set(),
      changed,
      unfinished: this.unfinished,
      quota:
        quota === undefined
          ? undefined
          : new UploadQuota({
              bytesMax: quota.bytesMax,
              makeRoom: quota.makeRoom,
              count: (isLeftOut) =>
                storeUsage(prefix, { reader, writer, records, entriesMax, isLeftOut }),
              clock,
              recountMs: limits.uploadRecountTimeMs,
            }),
    };
  }

  get quota(): UploadQuota | undefined {
    return this.#service.quota;
  }

  open(path: ContainedPath): Eventual<Result<UploadFolder, FolderRefusal>> {
    return whenReady(this.#service.reading.folder(path), (found) => {
      if (found.kind !== "folder") return failure(found);
      const prefix = this.#tree.folderKey(path.segments);
      return success(new StoreUploadFolder(path, prefix, this.#service));
    });
  }

  /** Looks at the records, and at tails, which all lie in the folder of uploads. */
  async sweep(_path: ContainedPath, nowMs: number): Promise<number> {
    const { uploadUnfinishedTimeMs, uploadSweepEntriesMax } = this.#limits;
    const sweep = new StoreSweep(this.#service, nowMs, uploadUnfinishedTimeMs);
    this.unfinished.sweepBegins();
    if (!(await sweep.run(uploadSweepEntriesMax))) return 0;
    this.unfinished.sweepEnds(sweep.unfinished);
    return sweep.removed;
  }
}
