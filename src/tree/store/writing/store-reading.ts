/**
 * What those who write to a store read of it: as it is now, whatever was known of it before.
 */

import type { Eventual } from "../../../base/eventual.ts";
import type { Clock } from "../../../schedule/clock.ts";
import type { LogicalClock } from "../../../schedule/logical-clock.ts";
import type { ContainedPath } from "../../path.ts";
import type { OpenFile } from "../../tree.ts";
import { View } from "../../view.ts";
import { StoreFailure } from "../client/store-client.ts";
import type { ObjectFacts } from "../known-object.ts";
import type { ObjectCache } from "../object-cache.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { FoundFolder, StoreTree } from "../store-tree.ts";

/** What reading needs. */
interface ReadingParts {
  readonly tree: StoreTree;
  readonly reader: ObjectReader;
  readonly objects: ObjectCache;
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  /** How many folders lead to that of uploads, which is there though no key may be in it. */
  readonly depth: number;
}

/** Reads for uploads to one tree. */
export class StoreReading {
  readonly #parts: ReadingParts;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  /** What there is under `key`; undefined when there is no object. */
  async facts(key: string): Promise<ObjectFacts | StoreFailure | undefined> {
    const found = await this.#parts.reader.read(key, "facts");
    if (found instanceof StoreFailure) return found;
    return found === "unchanged" ? undefined : found.facts;
  }

  /** Whether keys begin with `key`. */
  async isFolder(key: string): Promise<boolean | StoreFailure> {
    const found = await this.#parts.reader.read(key, "below");
    if (found instanceof StoreFailure) return found;
    return found !== "unchanged" && found.facts !== undefined;
  }

  /** The object under `key` with the store's tag `etag`, as a file; undefined for another one. */
  async file(key: string, etag: string): Promise<OpenFile | undefined> {
    const { objects } = this.#parts;
    // What is known of the object with that tag is right, however long ago it was asked for.
    for (let tries = 0; tries < 2; tries++) {
      const found = await objects.find(key, "file", this.#view());
      if (found instanceof StoreFailure) return undefined;
      if (found.found.facts?.etag === etag) return found.found.file;
      objects.forget(key);
    }
    return undefined;
  }

  /** The folder at `path`, if strangers may pass into it. */
  folder(path: ContainedPath): Eventual<FoundFolder> {
    const { tree, depth } = this.#parts;
    return tree.enterFolder(path.segments, path.segments.length <= depth, this.#view());
  }

  #view(): View {
    const { logicalClock, clock } = this.#parts;
    return new View(logicalClock.tick(), clock.epochMs());
  }
}
