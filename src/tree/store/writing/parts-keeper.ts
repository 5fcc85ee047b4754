/**
 * Keeps a record of an upload in parts, from before its first part until it is over. That of an
 * upload which can't be resumed says no more than how to end it.
 */

import type { Clock } from "../../../schedule/clock.ts";
import { temporaryName } from "../../writing/temporary-name.ts";
import type { WritingFault } from "../../writing/upload-tree.ts";
import type { UploadedPart } from "../client/parts-answer.ts";
import { StoreFailure } from "../client/store-client.ts";
import type { WrittenFacts } from "./object-writer.ts";
import type { PartsRecords } from "./parts-records.ts";

/** An upload in parts. */
export interface InParts {
  /** The name that the file will have, and its key. */
  readonly name: string;
  readonly key: string;
  readonly uploadId: string;
  readonly facts: WrittenFacts;
  /** Those that the store has, in their order. */
  readonly parts: UploadedPart[];
  /** Whether its key is among those that are awaited. */
  readonly isAwaited: boolean;
}

/** Is told of an upload in parts. */
export interface PartsKeeper {
  /** The temporary name that its record is written by. */
  readonly name: string;
  /** The upload has begun, with parts of `partBytes` octets. */
  begun(inParts: InParts, partBytes: number): Promise<WritingFault | undefined>;
  /** The object is there, or the upload was ended. */
  over(): Promise<void>;
}

/** Keeps the record of one that can't be resumed. */
export class PlainKeeper implements PartsKeeper {
  readonly name = temporaryName();
  readonly #records: PartsRecords;
  readonly #clock: Clock;

  constructor({ records, clock }: { readonly records: PartsRecords; readonly clock: Clock }) {
    this.#records = records;
    this.#clock = clock;
  }

  async begun({ key, uploadId }: InParts): Promise<StoreFailure | undefined> {
    const record = { key, uploadId, resumable: undefined };
    const written = await this.#records.write(this.name, record, this.#clock.epochMs());
    return written instanceof StoreFailure ? written : undefined;
  }

  async over(): Promise<void> {
    await this.#records.remove(this.name);
  }
}
