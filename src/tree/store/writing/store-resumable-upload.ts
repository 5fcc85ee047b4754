/**
 * An upload to a store that a later request may go on with, of any process. What has come lies in
 * the store: whole parts in the upload, the octets after them in an object of their own, the tail,
 * and the record of both in another. The octets of a part that a killed process had in memory are
 * lost; an offset is told only of what the store has.
 *
 * A process that opens an upload writes the record anew, and what it writes later replaces only its
 * own record. So one that has it still notices that, and lets go. Where a store ignores conditions,
 * or a part of the other one is late, both may have sent parts by the same numbers: each completes
 * the upload with the tags of the parts that it knows, and the store refuses others. A file of the
 * octets of two requests doesn't come about.
 */

import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import { nameOfUpload, temporaryName } from "../../writing/temporary-name.ts";
import type { UnfinishedUploads } from "../../writing/unfinished-uploads.ts";
import type { UploadIntent, UploadRecord } from "../../writing/upload-record.ts";
import type { Destining, ResumableUpload, WritingFault } from "../../writing/upload-tree.ts";
import type { UploadedPart } from "../client/parts-answer.ts";
import { StoreFailure } from "../client/store-client.ts";
import type { InParts, PartsKeeper } from "./parts-keeper.ts";
import type { PartsRecord, ResumableFacts } from "./parts-records.ts";
import type { RestoredUpload, StorePlace, StoreWriting } from "./store-upload.ts";
import { regularFile, StoreUpload } from "./store-upload.ts";

/** What it is written with. */
export interface ResumableParts {
  readonly place: StorePlace;
  readonly writing: StoreWriting;
  readonly unfinished: UnfinishedUploads;
}

/** One that is open. */
export class StoreResumableUpload implements ResumableUpload, PartsKeeper {
  readonly modifiedMs: number | undefined;
  readonly name: string;
  readonly #parts: ResumableParts;
  #upload: StoreUpload | undefined;
  /** The upload in parts, before it has one. */
  #begun: InParts | undefined;
  #record: UploadRecord;
  /** The tail that the record names, and its octets. */
  #tail = "";
  #tailOctets = 0;
  /** The tag of the record; "" while it has none. */
  #etag = "";
  /** Whether another process has it now. */
  #isLost = false;
  #isOver = false;
  #lastMs: number;

  private constructor(
    parts: ResumableParts,
    name: string,
    record: UploadRecord,
    modifiedMs: number | undefined,
  ) {
    this.#parts = parts;
    this.name = name;
    this.#record = record;
    this.modifiedMs = modifiedMs;
    this.#lastMs = modifiedMs ?? parts.writing.clock.epochMs();
  }

  /** Begins `id`, as a file of `length` octets if that is known. */
  static async begin(
    parts: ResumableParts,
    id: string,
    intent: UploadIntent,
    length: number | undefined,
    destining: Destining,
  ): Promise<Result<StoreResumableUpload, WritingFault>> {
    // Counted at once: requests that come together must not all find room.
    parts.unfinished.begin(intent.address);
    const record = { ...intent, length, octets: 0, bootId: undefined };
    const made = new StoreResumableUpload(parts, nameIn(parts.place, id), record, undefined);
    made.#upload = new StoreUpload(parts.place, parts.writing, destining, made);
    const fault = await made.#write();
    if (fault === undefined) return success(made);
    await made.discard();
    return failure(fault);
  }

  /** Opens `id`; ENOENT when there is none. */
  static async open(
    parts: ResumableParts,
    id: string,
    destining: (intent: UploadIntent) => Destining,
  ): Promise<Result<StoreResumableUpload, WritingFault>> {
    const { place, writing } = parts;
    const name = nameIn(place, id);
    const read = await writing.records.read(name);
    if (read instanceof StoreFailure) return failure(read);
    const facts = read?.record.resumable;
    if (read === undefined || facts === undefined) return failure("ENOENT");
    const found = await restore(read.record, facts, writing);
    if (!found.ok) return found;
    const { restored, lastMs } = found.value;
    const opened = new StoreResumableUpload(parts, name, facts.upload, lastMs);
    opened.#etag = read.etag;
    const hasTail = restored.tail.length > 0;
    opened.#tail = hasTail ? facts.tail : "";
    opened.#tailOctets = restored.tail.length;
    const how = destining(facts.upload);
    const upload = await StoreUpload.restore(place, writing, how, opened, restored);
    if (!upload.ok) return upload;
    opened.#upload = upload.value;
    const { octets } = upload.value;
    opened.#record = { ...facts.upload, octets };
    const fault = await opened.#write();
    if (fault !== undefined) {
      upload.value.leave();
      return failure(fault);
    }
    if (!hasTail && facts.tail !== "") await writing.records.removeTail(facts.tail);
    return success(opened);
  }

  get upload(): StoreUpload {
    if (this.#upload === undefined) throw new Error("an upload is used before it is open");
    return this.#upload;
  }

  get record(): UploadRecord {
    return this.#record;
  }

  async settle(length = this.#record.length): Promise<WritingFault | undefined> {
    const { octets } = this.upload;
    const { record } = this;
    if (this.#isLost) return "EBUSY";
    if (record.octets === octets && record.length === length) return undefined;
    if (record.octets !== octets) this.#lastMs = this.#parts.writing.clock.epochMs();
    this.#record = { ...record, length, octets };
    return await this.#writeAll();
  }

  /** Writes the tail, then the record that names it. */
  async #writeAll(): Promise<WritingFault | undefined> {
    const { records, clock } = this.#parts.writing;
    const { tail: octets } = this.upload.state;
    const before = this.#tail;
    const name = octets.length === 0 ? "" : temporaryName();
    const unwritten =
      name === "" ? undefined : await records.writeTail(name, octets, clock.epochMs());
    if (unwritten !== undefined) return unwritten;
    this.#tail = name;
    this.#tailOctets = octets.length;
    const fault = await this.#write();
    const stale = fault === undefined ? before : name;
    if (stale !== "") await records.removeTail(stale);
    return fault;
  }

  /** Writes the record anew, in place of the one that is known. */
  async #write(): Promise<WritingFault | undefined> {
    const { records, clock } = this.#parts.writing;
    const { inParts = this.#begun, token, partBytes } = this.upload.state;
    const resumable: ResumableFacts = {
      upload: this.#record,
      name: inParts?.name ?? "",
      mode: (inParts?.facts.mode ?? 0) & 0o777,
      isNumbered: inParts?.isAwaited ?? false,
      token,
      partBytes,
      parts: inParts?.parts.length ?? 0,
      tail: this.#tail,
      tailOctets: this.#tailOctets,
      modifiedMs: this.#lastMs,
      claim: crypto.randomUUID(),
    };
    const { key = "", uploadId = "" } = inParts ?? {};
    const etag = this.#etag === "" ? undefined : this.#etag;
    const record = { key, uploadId, resumable };
    const written = await records.write(this.name, record, clock.epochMs(), etag);
    if (written instanceof StoreFailure) return written;
    if (written.kind === "taken") {
      this.#isLost = true;
      return "EBUSY";
    }
    this.#etag = written.etag;
    return undefined;
  }

  async isClaimed(): Promise<boolean> {
    const before = this.#etag;
    const tag = await this.#parts.writing.records.tag(this.name);
    // It may have written the record itself meanwhile, and a store that fails says nothing.
    if (tag instanceof StoreFailure || this.#etag !== before) return false;
    if (tag !== before) this.#isLost = true;
    return this.#isLost;
  }

  async begun(inParts: InParts): Promise<WritingFault | undefined> {
    this.#begun = inParts;
    return await this.#write();
  }

  over(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.upload.leave();
    return Promise.resolve();
  }

  async discard(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isLost) {
      // What is in the store is the other one's.
      this.upload.leave();
      return;
    }
    this.#parts.unfinished.end(this.#record.address);
    await this.upload.discard();
    const { records } = this.#parts.writing;
    if (this.#tail !== "") await records.removeTail(this.#tail);
    await records.remove(this.name);
  }
}

/** The temporary name of the upload `id` to `place`: another folder has no such upload. */
function nameIn(place: StorePlace, id: string): string {
  return nameOfUpload(`${id} ${place.keyOf("")}`);
}

/** What the store has of an upload, and when octets have come last. */
interface Restored {
  readonly restored: RestoredUpload;
  readonly lastMs: number;
}

/** What the store has of the upload that `record` is of; ENOENT when it isn't all there. */
async function restore(
  { key, uploadId }: PartsRecord,
  facts: ResumableFacts,
  { writer, records }: StoreWriting,
): Promise<Result<Restored, WritingFault>> {
  const { name, mode, token, partBytes, isNumbered, modifiedMs } = facts;
  const listed = uploadId === "" ? [] : await writer.parts(key, uploadId);
  if (listed instanceof StoreFailure) return failure(listed);
  const parts = wholeParts(listed ?? [], partBytes);
  if (parts.length < facts.parts) return failure("ENOENT");
  // A part that came after the record was written begins with the octets of the tail.
  const hasTail = parts.length === facts.parts && facts.tailOctets > 0;
  const tail = hasTail ? await records.readTail(facts.tail, facts.tailOctets) : new Uint8Array(0);
  if (tail === undefined) return failure("ENOENT");
  if (tail instanceof StoreFailure) return failure(tail);
  const written = { mode: regularFile | mode, mtimeMs: modifiedMs, mediaType: "", token };
  const inParts =
    uploadId === ""
      ? undefined
      : { name, key, uploadId, facts: written, parts, isAwaited: isNumbered };
  const lastMs = Math.max(modifiedMs, ...parts.map((part) => part.modifiedMs));
  const restored = { token, partBytes, length: facts.upload.length, inParts, tail };
  return success({ restored, lastMs });
}

/** The parts from the first one on that have their size; one that is shorter was to be the last. */
function wholeParts(listed: readonly UploadedPart[], partBytes: number): UploadedPart[] {
  const parts: UploadedPart[] = [];
  for (const part of listed) {
    if (part.number !== parts.length + 1 || part.size !== partBytes) break;
    parts.push(part);
  }
  return parts;
}
