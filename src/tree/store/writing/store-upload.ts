/**
 * One file that is being written to a store. Up to one part of it is in memory. A file that has no
 * more is one request, when it gets its name. A larger one is sent in parts as they come, under the
 * key that it will have: it is there when the upload is completed, by one request, and not before.
 *
 * A key, and the metadata of the object, are told to the store with the first part. So such an
 * upload can get no other name and no other mode any more: when the name is taken meanwhile, or the
 * file that it replaces has another mode by then, it isn't stored.
 *
 * A record of each upload in parts lies in the folder of uploads, by which a later process
 * finds and ends those whose process has ended: the store would keep their parts for good.
 */

import type { Limits } from "../../../base/limits.ts";
import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import type { Clock } from "../../../schedule/clock.ts";
import { mediaTypeOf } from "../../mime.ts";
import type { QuotaRoom, UploadQuota } from "../../writing/upload-quota.ts";
import type {
  Destining,
  Occupant,
  PresentFile,
  Stored,
  Upload,
  WritingFault,
} from "../../writing/upload-tree.ts";
import { StoreFailure } from "../client/store-client.ts";
import type { Condition } from "./condition-forms.ts";
import type { ObjectWriter, WrittenFacts } from "./object-writer.ts";
import { contentOf } from "./object-writer.ts";
import type { PartMemory } from "./part-memory.ts";
import type { PartsRecords } from "./parts-records.ts";
import { PlainKeeper } from "./parts-keeper.ts";
import type { InParts, PartsKeeper } from "./parts-keeper.ts";

/** What all uploads to a tree share. */
export interface StoreWriting {
  readonly writer: ObjectWriter;
  readonly memory: PartMemory;
  readonly records: PartsRecords;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "storePartBytes" | "uploadBytesMax" | "inlineBytesMax">;
  /** How much may lie in the folder of uploads; undefined: as much as the store takes. */
  readonly quota: UploadQuota | undefined;
  /** The keys that uploads will have which can have no other. */
  readonly awaited: Set<string>;
  /** Is told that what the store has under a key has changed. */
  readonly changed: (key: string) => void;
}

/** The folder that it is written into. */
export interface StorePlace {
  /** The key of `name` in it. */
  keyOf(name: string): string;
  /** What has the name `name` now. */
  look(name: string): Promise<Occupant>;
  /** Whether its path still leads to it. */
  isCurrent(): Promise<boolean | WritingFault>;
  /** Is told what has been stored, where that is still in memory. */
  stored(name: string, octets: Uint8Array<ArrayBuffer>, facts: WrittenFacts): void;
}

/** How many parts an upload has at most: stores take 10,000, and Swift 1,000. */
const partsMax = 1000;
/** The same of one whose length isn't known, and is rarely the greatest that there may be. */
const unknownPartsMax = 10_000;

const roundedBytes = 1024 * 1024;

/** What a buffer begins with where the length isn't known. */
const firstBytes = 64 * 1024;

/** A file of up to this size stays in memory while others of its form are written. */
const restingBytesMax = 64 * 1024;

/** The type of a file in its mode. */
export const regularFile = 0o100000;

const taken: Stored = { kind: "taken" };

/** What an upload is that is gone on with. */
export interface RestoredUpload {
  readonly token: string;
  readonly partBytes: number;
  /** How many octets the file will have, if that is known. */
  readonly length: number | undefined;
  /** Undefined while it has no part. */
  readonly inParts: InParts | undefined;
  /** The octets after the parts. */
  readonly tail: Uint8Array<ArrayBuffer>;
}

/** A file that has no name yet. */
export class StoreUpload implements Upload {
  readonly #place: StorePlace;
  readonly #writing: StoreWriting;
  readonly #destining: Destining;
  readonly #room: QuotaRoom | undefined;
  readonly #keeper: PartsKeeper;
  readonly #token: string;
  /** The octets of the part that comes. */
  #gathered: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  /** What it has of the memory of all. */
  #held = 0;
  #octets = 0;
  /** How many of them the store has in parts. */
  #sent = 0;
  /** How many octets it will have; undefined while that isn't known. */
  #length: number | undefined;
  #partBytes = 0;
  #inParts: InParts | undefined;
  #mode = 0;
  #state: "open" | "finished" | "over" = "open";

  /** Without `keeper`, one that can't be resumed. */
  constructor(
    place: StorePlace,
    writing: StoreWriting,
    destining: Destining,
    keeper: PartsKeeper = new PlainKeeper(writing),
    restored?: RestoredUpload,
  ) {
    this.#place = place;
    this.#writing = writing;
    this.#destining = destining;
    this.#keeper = keeper;
    this.#room = roomOf(writing.quota, keeper.name, restored);
    this.#token = restored?.token ?? crypto.randomUUID();
    this.#partBytes = restored?.partBytes ?? 0;
    this.#length = restored?.length;
    this.#inParts = restored?.inParts;
    if (this.#inParts?.isAwaited === true) writing.awaited.add(this.#inParts.key);
  }

  /** Goes on with `restored`; or why it can't. */
  static async restore(
    place: StorePlace,
    writing: StoreWriting,
    destining: Destining,
    keeper: PartsKeeper,
    restored: RestoredUpload,
  ): Promise<Result<StoreUpload, WritingFault>> {
    const upload = new StoreUpload(place, writing, destining, keeper, restored);
    upload.#sent = sentOf(restored);
    upload.#octets = upload.#sent;
    const fault = restored.tail.length === 0 ? undefined : await upload.write(restored.tail);
    if (fault === undefined) return success(upload);
    upload.leave();
    return failure(fault);
  }

  /** What it is so far, to go on with it later. Its tail is valid until more is written. */
  get state(): RestoredUpload {
    const tail = this.#octetsGathered();
    const inParts = this.#inParts;
    return { token: this.#token, partBytes: this.#partBytes, length: this.#length, inParts, tail };
  }

  get octets(): number {
    return this.#octets;
  }

  get syncedOctets(): number {
    return this.#sent;
  }

  get boundName(): string | undefined {
    return this.#inParts?.name;
  }

  /** As it says how long the file will be, it also decides how large its parts are. */
  async lacks(octets: number): Promise<WritingFault | undefined> {
    if (octets > 0) this.#length = this.#octets + octets;
    return await this.#room?.grow(this.#octets + octets);
  }

  async write(octets: Uint8Array): Promise<WritingFault | undefined> {
    this.#octets += octets.length;
    const full = await this.#room?.grow(this.#octets);
    if (full !== undefined) return full;
    this.#partBytes ||= this.#chooseParts();
    for (let at = 0; at < octets.length;) {
      if (this.#filled === this.#partBytes) {
        const fault = await this.#sendPart();
        if (fault !== undefined) return fault;
      }
      const more = Math.min(octets.length - at, this.#partBytes - this.#filled);
      const buffer = await this.#bufferFor(this.#filled + more);
      if (buffer === undefined) return "ETIMEDOUT";
      buffer.set(octets.subarray(at, at + more), this.#filled);
      this.#filled += more;
      at += more;
    }
    return undefined;
  }

  #chooseParts(): number {
    const { storePartBytes, uploadBytesMax } = this.#writing.limits;
    const least =
      this.#length === undefined ? uploadBytesMax / unknownPartsMax : this.#length / partsMax;
    return Math.max(storePartBytes, Math.ceil(least / roundedBytes) * roundedBytes);
  }

  /** The buffer of the part, which has room for `octets`; undefined when memory is too scarce. */
  async #bufferFor(octets: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const rest = this.#length === undefined ? this.#partBytes : this.#length - this.#sent;
    if (this.#held === 0) {
      const most = Math.max(octets, Math.min(this.#partBytes, rest));
      if (!(await this.#writing.memory.take(most))) return undefined;
      this.#held = most;
    }
    const before = this.#gathered;
    if (before !== undefined && before.length >= octets) return before;
    const known = this.#length === undefined ? firstBytes : this.#held;
    const bytes = Math.min(this.#partBytes, Math.max(octets, known, 2 * (before?.length ?? 0)));
    const buffer = this.#writing.memory.buffer(bytes);
    if (before !== undefined) buffer.set(before.subarray(0, this.#filled));
    this.#gathered = buffer;
    return buffer;
  }

  /** It is over, and gives back what it has. */
  #end(): void {
    this.#state = "over";
    this.#release();
    if (this.#inParts?.isAwaited === true) this.#writing.awaited.delete(this.#inParts.key);
  }

  /** Gives back what it has of the memory. */
  #release(): void {
    if (this.#gathered !== undefined) this.#writing.memory.keep(this.#gathered);
    this.#gathered = undefined;
    this.#filled = 0;
    if (this.#held > 0) this.#writing.memory.give(this.#held);
    this.#held = 0;
  }

  #octetsGathered(): Uint8Array<ArrayBuffer> {
    return this.#gathered?.subarray(0, this.#filled) ?? new Uint8Array(0);
  }

  /** Sends what was gathered as a part, and lets go of it. */
  async #sendPart(): Promise<WritingFault | undefined> {
    const inParts = this.#inParts ?? (await this.#begin());
    if (typeof inParts === "string" || "reason" in inParts) return inParts;
    this.#inParts = inParts;
    const { key, uploadId, parts } = inParts;
    const octets = this.#octetsGathered();
    const number = parts.length + 1;
    const { writer, clock } = this.#writing;
    const etag = await writer.putPart({ key, uploadId, number }, contentOf(octets));
    if (etag instanceof StoreFailure) return etag;
    parts.push({ number, etag, size: octets.length, modifiedMs: clock.epochMs() });
    this.#sent += octets.length;
    this.#release();
    return undefined;
  }

  /** Begins an upload in parts, under the key that the file would get now. */
  async #begin(): Promise<InParts | WritingFault> {
    const { writer, awaited } = this.#writing;
    const destined = await this.#destine();
    if (!destined.ok) return destined.error;
    const { name, mode, isNumbered: isAwaited } = destined.value;
    const key = this.#place.keyOf(name);
    const facts = this.#factsOf(name, mode);
    const uploadId = await writer.begin(key, facts);
    if (uploadId instanceof StoreFailure) {
      if (isAwaited) awaited.delete(key);
      return uploadId;
    }
    const inParts = { name, key, uploadId, facts, parts: [], isAwaited };
    const fault = await this.#keeper.begun(inParts, this.#partBytes);
    if (fault === undefined) return inParts;
    if (isAwaited) awaited.delete(key);
    await writer.abort(key, uploadId);
    return fault;
  }

  /** The name and the mode that it will have. The name isn't free any more, but for itself. */
  async #destine(): ReturnType<Destining> {
    const { awaited } = this.#writing;
    for (;;) {
      const destined = await this.#destining();
      if (!destined.ok) return destined;
      const { name, isNumbered } = destined.value;
      const key = this.#place.keyOf(name);
      // Another upload may have got the name while it was looked for.
      if (isNumbered && awaited.has(key)) continue;
      if (isNumbered) awaited.add(key);
      return success(destined.value);
    }
  }

  #factsOf(name: string, mode: number): WrittenFacts {
    return {
      mode: regularFile | mode,
      mtimeMs: this.#writing.clock.epochMs(),
      mediaType: mediaTypeOf(name) ?? "application/octet-stream",
      token: this.#token,
    };
  }

  async rest(): Promise<WritingFault | undefined> {
    if (this.#filled === 0) return undefined;
    const { memory } = this.#writing;
    if (this.#inParts !== undefined || this.#filled > restingBytesMax || !memory.isRoomy) {
      return await this.#sendPart();
    }
    this.#gathered = this.#gathered?.slice(0, this.#filled);
    memory.give(this.#held - this.#filled);
    this.#held = this.#filled;
    return undefined;
  }

  async finish(mode: number): Promise<WritingFault | undefined> {
    this.#mode = mode;
    if (this.#inParts !== undefined && this.#filled > 0) {
      const fault = await this.#sendPart();
      if (fault !== undefined) return fault;
    }
    this.#room?.shrink(this.#octets);
    this.#state = "finished";
    return undefined;
  }

  async commit(name: string, replaced?: PresentFile): Promise<Stored> {
    if (this.#state !== "finished") throw new Error("an upload gets its name when it is finished");
    const isCurrent = await this.#place.isCurrent();
    if (typeof isCurrent !== "boolean") return { kind: "failed", fault: isCurrent };
    if (!isCurrent) return { kind: "moved" };
    const condition: Condition =
      replaced === undefined ? { kind: "nothing" } : { kind: "object", etag: replaced.etag ?? "" };
    const inParts = this.#inParts;
    const stored =
      inParts === undefined
        ? await this.#put(name, condition)
        : await this.#complete(inParts, name, condition, replaced);
    if (stored.kind !== "stored") return stored;
    this.#end();
    this.#room?.store(this.#octets, replaced?.size);
    if (inParts !== undefined) await this.#keeper.over();
    return stored;
  }

  async #put(name: string, condition: Condition): Promise<Stored> {
    const { writer, changed } = this.#writing;
    const key = this.#place.keyOf(name);
    const octets = this.#octetsGathered();
    const facts = this.#factsOf(name, this.#mode);
    const written = await writer.put(key, contentOf(octets), facts, condition);
    changed(key);
    if (written instanceof StoreFailure) return { kind: "failed", fault: written };
    if (written.kind === "taken") return written;
    this.#place.stored(name, octets, facts);
    return { kind: "stored" };
  }

  async #complete(
    { name: bound, key, uploadId, facts, parts }: InParts,
    name: string,
    condition: Condition,
    replaced: PresentFile | undefined,
  ): Promise<Stored> {
    const { writer, changed } = this.#writing;
    if (name !== bound || facts.mode !== (regularFile | this.#mode)) return taken;
    // Not all stores honour conditions, and the last part may have taken long.
    const found = await this.#place.look(name);
    if (found.kind === "failed") return found;
    if ((found.kind === "file" ? found.etag : undefined) !== replaced?.etag) return taken;
    const written = await writer.complete(key, uploadId, parts, this.#token, condition);
    changed(key);
    if (written instanceof StoreFailure) return { kind: "failed", fault: written };
    return written.kind === "taken" ? written : { kind: "stored" };
  }

  /** Lets go of it; what the store has of it stays, and can be gone on with. */
  leave(): void {
    if (this.#state === "over") return;
    this.#end();
    this.#room?.store(this.#octets);
  }

  async discard(): Promise<void> {
    if (this.#state === "over") return;
    this.#end();
    const inParts = this.#inParts;
    if (inParts !== undefined) {
      // Where that fails the record stays, and the next sweep ends the upload.
      const unended = await this.#writing.writer.abort(inParts.key, inParts.uploadId);
      if (unended === undefined) await this.#keeper.over();
    }
    this.#room?.release();
  }
}

/** How many octets the store has of it in parts. */
function sentOf({ inParts }: RestoredUpload): number {
  return (inParts?.parts ?? []).reduce((octets, { size }) => octets + size, 0);
}

/** The room of an upload whose record is called `name`. What has come of it before has room. */
function roomOf(
  quota: UploadQuota | undefined,
  name: string,
  restored: RestoredUpload | undefined,
): QuotaRoom | undefined {
  if (restored === undefined) return quota?.begin(name);
  return quota?.reopen(name, sentOf(restored) + restored.tail.length);
}
