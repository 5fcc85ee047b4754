/**
 * An upload that a later request may go on with: its octets in a file under a temporary name, and
 * its record beside it. Both are on the disk, so any process can open it. While one does, it has
 * the lock of the file, and no other reads, appends or removes it.
 *
 * How far it has come is the size of the file. That is right after a process has ended, however it
 * has; after the system has, a file may have lost octets that it had. So an offset is told only
 * when the octets are on the disk, and the record says how many there are. A record of an earlier
 * start of the system counts only if the file has exactly as many: an offset never decreases
 * (draft-ietf-httpbis-resumable-upload-12 §4.1.1). The record itself needn't be on the disk for
 * that: an older one says less than the file has.
 */

import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import type { FileStat } from "../../../system/file-stat.ts";
import { lookAt } from "../../../system/file-system.ts";
import type { WritingCalls } from "../../../system/writing/writing-calls.ts";
import { nameOfUpload, recordName, temporaryName } from "../temporary-name.ts";
import type { UnfinishedUploads } from "../unfinished-uploads.ts";
import type { UploadIntent, UploadRecord } from "../upload-record.ts";
import type { ResumableUpload } from "../upload-tree.ts";
import { formatRecord, parseRecord, recordBytesMax } from "../upload-record.ts";
import type { Place, WritingService } from "./disk-upload.ts";
import { DiskUpload } from "./disk-upload.ts";

/** What the file and the record are written with. */
export interface ResumableParts {
  readonly place: Place;
  readonly service: WritingService;
  readonly unfinished: UnfinishedUploads;
}

/** One that is open, and locked. The caller closes or discards it. */
export class DiskResumableUpload implements ResumableUpload {
  readonly upload: DiskUpload;
  /** When it was last written, in milliseconds since 1970, if it was opened again. */
  readonly modifiedMs: number | undefined;
  readonly #parts: ResumableParts;
  readonly #path: string;
  #record: UploadRecord;
  /** What the record was when this had last written or read it. */
  #seen: FileStat | undefined;
  #isOver = false;

  private constructor(
    parts: ResumableParts,
    path: string,
    upload: DiskUpload,
    record: UploadRecord,
    modifiedMs?: number,
  ) {
    this.#parts = parts;
    this.#path = path;
    this.upload = upload;
    this.#record = record;
    this.modifiedMs = modifiedMs;
  }

  /** Begins `id`, as a file of `length` octets if that is known; or the name of the error. */
  static async begin(
    parts: ResumableParts,
    id: string,
    intent: UploadIntent,
    length: number | undefined,
  ): Promise<Result<DiskResumableUpload, string>> {
    const { place, service } = parts;
    const name = nameOfUpload(id);
    // Counted at once: requests that come together must not all find room.
    parts.unfinished.begin(intent.address);
    const begun = await DiskUpload.beginAs(name, place, service);
    if (!begun.ok) {
      parts.unfinished.end(intent.address);
      return begun;
    }
    const record = { ...intent, length, octets: 0, bootId: await service.calls.bootId() };
    const path = place.pathOf(recordName(name));
    const made = new DiskResumableUpload(parts, path, begun.value, record);
    // The record comes after the file and goes after it: one without a file is of no upload.
    const error = await made.#write();
    if (error === undefined) return success(made);
    await made.discard();
    return failure(error);
  }

  /** Opens `id`; ENOENT when there is none, EBUSY while another process has it. */
  static open(parts: ResumableParts, id: string): Promise<Result<DiskResumableUpload, string>> {
    return DiskResumableUpload.openNamed(parts, nameOfUpload(id));
  }

  /** Opens the one whose file is called `name`. */
  static async openNamed(
    parts: ResumableParts,
    name: string,
  ): Promise<Result<DiskResumableUpload, string>> {
    const { place, service } = parts;
    const { calls } = service;
    const found = await calls.reopen(place.pathOf(name));
    if (!found.ok) return found;
    const upload = DiskUpload.reopened(name, place, service, found.value);
    const path = place.pathOf(recordName(name));
    const read = await calls.read(path, recordBytesMax);
    const record = read.ok ? parseRecord(read.value.octets) : undefined;
    if (read.ok && record !== undefined && (await isTrusted(calls, record, upload.octets))) {
      const modifiedMs = Math.max(read.value.modifiedMs, found.value.modifiedMs);
      const opened = new DiskResumableUpload(parts, path, upload, record, modifiedMs);
      opened.#look();
      return success(opened);
    }
    await upload.leave();
    if (!read.ok && read.error !== "ENOENT" && read.error !== "EFBIG") return read;
    return failure("ENOENT");
  }

  get record(): UploadRecord {
    return this.#record;
  }

  /**
   * Puts what has come on the disk, and how much that is, and how long the whole is, in the record;
   * or the name of the error.
   */
  async settle(length = this.#record.length): Promise<string | undefined> {
    const { octets } = this.upload;
    const { record } = this;
    const bootId = await this.#parts.service.calls.bootId();
    const isSettled = record.octets === octets && record.bootId === bootId;
    if (isSettled && record.length === length) return undefined;
    const error = isSettled ? undefined : await this.upload.sync();
    if (error !== undefined) return error;
    this.#record = { ...record, length, octets, bootId };
    return this.#write();
  }

  /**
   * Whether another process has asked for it, by `claim`, since this has it. Looks at the record's
   * stat alone.
   */
  isClaimed(): boolean {
    const seen = lookAt(this.#path);
    const isSame = seen.ok && this.#seen !== undefined && seen.value.isSame(this.#seen);
    return !isSame;
  }

  /** Asks the process that has `id` to let go of it, at `nowMs`; or the name of the error. */
  static claim(
    { place, service }: ResumableParts,
    id: string,
    nowMs: number,
  ): Promise<string | undefined> {
    return service.calls.touch(place.pathOf(recordName(nameOfUpload(id))), nowMs);
  }

  /** Closes it; it can be opened again. */
  close(): Promise<void> {
    return this.upload.leave();
  }

  /** Removes it, unless its file has its name: then only what is beside that. */
  async discard(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.unfinished.end(this.#record.address);
    await this.upload.discard();
    await this.#parts.service.calls.remove(this.#path);
  }

  /** Writes the record anew, in one step. */
  async #write(): Promise<string | undefined> {
    const { place, service } = this.#parts;
    const { calls } = service;
    const path = place.pathOf(temporaryName());
    const created = await calls.create(path);
    if (!created.ok) return created.error;
    const error =
      (await created.value.write(formatRecord(this.#record))) ?? calls.renameOver(path, this.#path);
    await created.value.close();
    if (error !== undefined) await calls.remove(path);
    this.#look();
    return error;
  }

  #look(): void {
    const seen = lookAt(this.#path);
    this.#seen = seen.ok ? seen.value : undefined;
  }
}

/** Whether a file of `octets` octets is the one that `record` is about. */
async function isTrusted(
  calls: WritingCalls,
  record: UploadRecord,
  octets: number,
): Promise<boolean> {
  if (record.octets === octets) return true;
  const bootId = await calls.bootId();
  return octets > record.octets && bootId !== undefined && bootId === record.bootId;
}
