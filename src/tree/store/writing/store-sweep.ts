/**
 * A look for what is left of uploads to a store: those in parts whose process has ended, resumable
 * ones that have waited for their rest for too long, and tails that no record names. Nothing tells
 * whether a process still writes to one, so each stays for as long as a resumable upload may wait,
 * from the last part that has come on.
 */

import { StoreFailure } from "../client/store-client.ts";
import type { ObjectWriter } from "./object-writer.ts";
import type { ListedRecord, PartsRecords } from "./parts-records.ts";

/** What is looked at, and by what it is removed. */
interface SweptStore {
  readonly records: PartsRecords;
  readonly writer: ObjectWriter;
}

/** One look, at one moment. */
export class StoreSweep {
  /** Uploads that were removed. */
  removed = 0;
  /** The client addresses of the resumable uploads that stay. */
  readonly unfinished: string[] = [];
  readonly #store: SweptStore;
  readonly #nowMs: number;
  readonly #unfinishedMs: number;
  /** The tails of the uploads that stay. */
  readonly #tails = new Set<string>();
  #isSure = true;

  /** `nowMs` is in milliseconds since 1970. */
  constructor(store: SweptStore, nowMs: number, unfinishedMs: number) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#unfinishedMs = unfinishedMs;
  }

  /** Looks at what there is, as far as `entriesMax` entries go; false when the store fails. */
  async run(entriesMax: number): Promise<boolean> {
    const { records } = this.#store;
    const listed = await records.list(entriesMax);
    if (listed instanceof StoreFailure) return false;
    for (const entry of listed) if (entry.kind === "record") await this.#take(entry);
    // A tail may be that of a record which couldn't be read.
    for (const { kind, name, modifiedMs } of this.#isSure ? listed : []) {
      if (kind === "record" || this.#tails.has(name) || this.#isRecent(modifiedMs)) continue;
      await records.removeTail(name);
    }
    return true;
  }

  #isRecent(modifiedMs: number): boolean {
    return modifiedMs + this.#unfinishedMs >= this.#nowMs;
  }

  async #take({ name, modifiedMs }: ListedRecord): Promise<void> {
    const { records, writer } = this.#store;
    const read = await records.read(name);
    if (read instanceof StoreFailure) {
      this.#isSure = false;
      return;
    }
    const { key = "", uploadId = "", resumable } = read?.record ?? {};
    const stay = (): void => {
      if (resumable === undefined) return;
      this.unfinished.push(resumable.upload.address);
      if (resumable.tail !== "") this.#tails.add(resumable.tail);
    };
    if (this.#isRecent(modifiedMs)) {
      stay();
      return;
    }
    const parts = uploadId === "" ? [] : await writer.parts(key, uploadId);
    if (parts instanceof StoreFailure || parts?.some((part) => this.#isRecent(part.modifiedMs))) {
      stay();
      return;
    }
    const isInParts = uploadId !== "" && parts !== undefined;
    if (isInParts && (await writer.abort(key, uploadId)) !== undefined) return;
    await records.remove(name);
    this.removed++;
  }
}
