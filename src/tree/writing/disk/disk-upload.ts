/**
 * One file that is being written. Its octets are gathered to pieces and written one after the
 * other, so that a client who sends faster than the disk takes is held back, and one who sends
 * octet by octet costs no call for each. When all are on the disk it gets its name in one step.
 */

import type { Limits } from "../../../base/limits.ts";
import type { Result } from "../../../base/result.ts";
import { success } from "../../../base/result.ts";
import type { FileStat } from "../../../system/file-stat.ts";
import type {
  ReopenedFile,
  WritingCalls,
  WrittenFile,
} from "../../../system/writing/writing-calls.ts";
import type { PieceBuffers } from "./piece-buffers.ts";
import { gatheredBytes } from "./piece-buffers.ts";
import { temporaryName } from "../temporary-name.ts";
import type { QuotaRoom, UploadQuota } from "../upload-quota.ts";
import type { PresentFile, Stored, Upload } from "../upload-tree.ts";

/** The folder that it is written into. */
export interface Place {
  /** The path of `name` in it. */
  pathOf(name: string): string;
  look(name: string): { readonly kind: string; readonly stat?: FileStat | undefined };
  /** Whether its path still leads to it. */
  isCurrent(): boolean;
}

/** What all uploads of a tree share. */
export interface WritingService {
  readonly calls: WritingCalls;
  readonly limits: Pick<Limits, "uploadFreeBytesMin">;
  readonly buffers: PieceBuffers;
  /** How much may lie in the folder of uploads; undefined: as much as the disk takes. */
  readonly quota: UploadQuota | undefined;
}

/** How much is written between two looks at what is free. */
const freeLookBytes = 16 * 1024 * 1024;

/**
 * How much is written until it is put on the disk. Otherwise a system with much memory would keep
 * gigabytes for the end, and the client would wait for its answer longer than a handler may take.
 */
const syncBytes = 64 * 1024 * 1024;

/** How often another temporary name is tried. */
const triesMax = 8;

const taken: Stored = { kind: "taken" };

/** A file that has no name yet. It is committed or discarded, and then over. */
export class DiskUpload implements Upload {
  /** A file on disk gets its name by a rename, so it may be any. */
  readonly boundName = undefined;
  readonly #place: Place;
  readonly #service: WritingService;
  readonly #path: string;
  readonly #file: WrittenFile;
  /** Its room in the quota, if there is one. */
  readonly #room: QuotaRoom | undefined;
  #gathered: Uint8Array | undefined;
  #filled = 0;
  #octets: number;
  /** How many of them the system has. */
  #writtenOctets: number;
  /** How many octets will have been written when what is free is looked at next. */
  #nextLook = 0;
  /** How many octets will have been written when they are put on the disk next. */
  #nextSync: number;
  #syncedOctets: number;
  #state: "open" | "finished" | "over" = "open";

  /** `file` is open at `path`, and has `octets` octets. */
  private constructor(
    place: Place,
    service: WritingService,
    path: string,
    file: WrittenFile,
    room: QuotaRoom | undefined,
    octets = 0,
  ) {
    this.#place = place;
    this.#service = service;
    this.#path = path;
    this.#file = file;
    this.#room = room;
    this.#octets = octets;
    this.#writtenOctets = octets;
    this.#syncedOctets = octets;
    this.#nextSync = octets + syncBytes;
  }

  /** Begins one in `place` under the temporary name `name`; or the name of the error. */
  static async beginAs(
    name: string,
    place: Place,
    service: WritingService,
  ): Promise<Result<DiskUpload, string>> {
    const path = place.pathOf(name);
    const room = service.quota?.begin(name);
    const file = await service.calls.create(path);
    if (file.ok) return success(new DiskUpload(place, service, path, file.value, room));
    room?.release();
    return file;
  }

  /** Goes on with the file that has the temporary name `name`. */
  static reopened(
    name: string,
    place: Place,
    service: WritingService,
    { file, octets }: ReopenedFile,
  ): DiskUpload {
    const room = service.quota?.reopen(name, octets);
    return new DiskUpload(place, service, place.pathOf(name), file, room, octets);
  }

  /** Begins one in `place`; or the name of the error. */
  static async begin(place: Place, service: WritingService): Promise<Result<DiskUpload, string>> {
    for (let tries = 1; ; tries++) {
      const begun = await DiskUpload.beginAs(temporaryName(), place, service);
      if (begun.ok || begun.error !== "EEXIST" || tries === triesMax) return begun;
    }
  }

  /** How many octets it has. */
  get octets(): number {
    return this.#octets;
  }

  /** How many octets are known to be on the disk, or were there when it was reopened. */
  get syncedOctets(): number {
    return this.#syncedOctets;
  }

  /**
   * Why `octets` more have no room: "ENOSPC" where they would leave too little free on the disk, or
   * what the quota says. Asked ahead when it is known how many will come; the quota holds room for
   * them from then on.
   */
  async lacks(octets: number): Promise<string | undefined> {
    const fault = await this.#room?.grow(this.#octets + octets);
    return fault ?? this.#lacksFree(octets);
  }

  async #lacksFree(octets: number): Promise<"ENOSPC" | undefined> {
    const { calls, limits } = this.#service;
    const free = await calls.freeBytes(this.#place.pathOf("."));
    return free !== undefined && free - octets < limits.uploadFreeBytesMin ? "ENOSPC" : undefined;
  }

  /** Appends `octets`, which must not change until then; or the name of the error. */
  async write(octets: Uint8Array): Promise<string | undefined> {
    this.#octets += octets.length;
    if (this.#room !== undefined) {
      const fault = await this.#room.grow(this.#octets);
      if (fault !== undefined) return fault;
    }
    if (octets.length >= gatheredBytes / 4 || octets.length > this.#left()) {
      const error = await this.#flush();
      if (error !== undefined) return error;
    }
    if (octets.length >= gatheredBytes / 4) return this.#put(octets);
    const buffer = (this.#gathered ??= this.#service.buffers.take());
    if (buffer === undefined) return this.#put(octets);
    buffer.set(octets, this.#filled);
    this.#filled += octets.length;
    return undefined;
  }

  /** How many octets the buffer takes. */
  #left(): number {
    return gatheredBytes - this.#filled;
  }

  /** Writes what was gathered, and gives the buffer back. */
  async #flush(): Promise<string | undefined> {
    const buffer = this.#gathered;
    if (buffer === undefined) return undefined;
    const octets = buffer.subarray(0, this.#filled);
    this.#gathered = undefined;
    this.#filled = 0;
    const error = await this.#put(octets);
    this.#service.buffers.give(buffer, error !== undefined);
    return error;
  }

  async #put(octets: Uint8Array): Promise<string | undefined> {
    if (this.#octets >= this.#nextLook) {
      this.#nextLook = this.#octets + freeLookBytes;
      const lack = await this.#lacksFree(octets.length);
      if (lack !== undefined) return lack;
    }
    if (this.#octets >= this.#nextSync) {
      this.#nextSync = this.#octets + syncBytes;
      const unsynced = await this.#file.sync();
      if (unsynced !== undefined) return unsynced;
      this.#syncedOctets = this.#writtenOctets;
    }
    const error = await this.#file.write(octets);
    if (error === undefined) this.#writtenOctets += octets.length;
    return error;
  }

  /** Puts what has come so far on the disk; or the name of the system's error. */
  async sync(): Promise<string | undefined> {
    const error = (await this.#flush()) ?? (await this.#file.sync());
    if (error === undefined) this.#syncedOctets = this.#octets;
    return error;
  }

  /** Closes the file, which keeps its temporary name. It is over, and can be reopened. */
  async leave(): Promise<void> {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#dropGathered();
    await this.#file.close();
    // What has come lies there from now on.
    this.#room?.store(this.#writtenOctets);
  }

  #dropGathered(): void {
    if (this.#gathered !== undefined) this.#service.buffers.give(this.#gathered);
    this.#gathered = undefined;
  }

  /** What is on the disk is not in memory. */
  rest(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /**
   * Puts all of it on the disk, with the permission bits `mode`; or the name of the error.
   * To be called once, before `commit`.
   */
  async finish(mode: number): Promise<string | undefined> {
    const error = (await this.#flush()) ?? (await this.#file.finish(mode));
    if (error !== undefined) return error;
    this.#room?.shrink(this.#octets);
    this.#state = "finished";
    return undefined;
  }

  /**
   * Gives it the name `name`, in one step. Without `replaced` nothing may have that name; with it,
   * exactly the file that was seen there, which is gone then. When the name is "taken", `commit`
   * may be called again.
   */
  async commit(name: string, replaced?: Pick<PresentFile, "stat">): Promise<Stored> {
    if (this.#state !== "finished") throw new Error("an upload gets its name when it is finished");
    if (!this.#place.isCurrent()) return { kind: "moved" };
    const { calls } = this.#service;
    const to = this.#place.pathOf(name);
    if (replaced !== undefined) {
      const now = this.#place.look(name);
      const { stat } = replaced;
      if (now.stat === undefined || stat === undefined || !now.stat.isSame(stat)) return taken;
    }
    const error =
      replaced === undefined
        ? await calls.renameNew(this.#path, to)
        : calls.renameOver(this.#path, to);
    if (error === "EEXIST") return taken;
    if (error === "ENOENT") return { kind: "moved" };
    if (error !== undefined) return { kind: "failed", fault: error };
    this.#state = "over";
    this.#room?.store(this.#octets, replaced?.stat?.size);
    await this.#file.close();
    // The file has its name. If the name can't be put on the disk, the client is told so.
    const unsynced = await calls.syncFolder(this.#place.pathOf("."));
    return unsynced === undefined ? { kind: "stored" } : { kind: "failed", fault: unsynced };
  }

  /** Removes what was written, unless it has its name. May be called at any time. */
  async discard(): Promise<void> {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#dropGathered();
    await this.#file.close();
    await this.#service.calls.remove(this.#path);
    this.#room?.release();
  }
}
