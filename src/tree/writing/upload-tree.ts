/**
 * The interface of a tree that takes files: folders that are held open to write into them, and
 * uploads, each of which gets its name when it is whole. It says nothing of where the files lie; on
 * disk it is `disk/`, in an object store `../store/writing/`.
 *
 * A tree on disk looks at names at once, a store is asked: such answers are `Eventual`.
 */

import type { Eventual } from "../../base/eventual.ts";
import type { Result } from "../../base/result.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { Limits } from "../../base/limits.ts";
import type { FileStat } from "../../system/file-stat.ts";
import type { ContainedPath } from "../path.ts";
import type { Permissions } from "../permission.ts";
import type { GatewayFailure, OpenFile, Outcome } from "../tree.ts";
import type { UnfinishedUploads } from "./unfinished-uploads.ts";
import type { UploadQuota } from "./upload-quota.ts";
import type { UploadIntent, UploadRecord } from "./upload-record.ts";

/** A failure of a store, where that isn't this machine's disk. */
interface StoreFault extends GatewayFailure {
  /** For the log. */
  readonly reason: string;
}

/** Why something could not be written: the name of the system's error, or how a store failed. */
export type WritingFault = string | StoreFault;

/** Why nothing is written to a folder. "absent" is also a file. */
export type FolderRefusal = Extract<
  Outcome,
  { readonly kind: "absent" | "forbidden" | "exhausted" | "failed" }
>;

/** A folder whose content is bounded. */
interface TreeQuota {
  readonly folder: ContainedPath;
  readonly bytesMax: number;
  /** Ends a file that is written too slowly; false when there is none. */
  readonly makeRoom: () => Promise<boolean>;
}

/** What a tree of uploads is opened with. */
export interface UploadTreeOptions {
  readonly permissions: Permissions;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly scheduler: Pick<Scheduler, "alarm" | "nextTurn">;
  /** The folder that uploads go into, below the root. */
  readonly folder: ContainedPath;
  /** As that of a quota. */
  readonly makeRoom: () => Promise<boolean>;
  /** The folder whose content is bounded, and how much it may hold; absent without a quota. */
  readonly quota?: TreeQuota | undefined;
}

/** A file that has a name in a folder. */
export interface PresentFile {
  readonly kind: "file";
  /** The permission bits of its mode, 0 to 0o777. */
  readonly permissionBits: number;
  /** What tells it from the file that replaces it, on disk. */
  readonly stat?: FileStat;
  /** The same in a store: the store's entity tag. */
  readonly etag?: string;
  /** In octets. */
  readonly size: number;
}

/** What has a name in a folder. "other" is a folder, a link, a device: nothing to be written. */
export type Occupant =
  | { readonly kind: "absent" }
  | PresentFile
  | { readonly kind: "other" }
  | { readonly kind: "failed"; readonly fault: WritingFault };

/** What a file is going to be: told by those who begin it, asked for by trees that need it. */
interface Destined {
  readonly name: string;
  /** The permission bits that it gets. */
  readonly mode: number;
  /** Whether the name was chosen because it is free, so that another one would do as well. */
  readonly isNumbered: boolean;
}

/** Says what a file is going to be, if it were whole now; or why there can't be one. */
export type Destining = () => Promise<Result<Destined, WritingFault>>;

/**
 * What became of an upload: it has its name; something else has it, or the file it was to replace
 * is another one; the folder is gone; or why it failed.
 */
export type Stored =
  | { readonly kind: "stored" }
  | { readonly kind: "taken" }
  | { readonly kind: "moved" }
  | { readonly kind: "failed"; readonly fault: WritingFault };

/** A file that has no name yet. It is committed or discarded, and then over. */
export interface Upload {
  /** How many octets it has. */
  readonly octets: number;
  /** How many of them are kept if it breaks off now, and can be resumed. */
  readonly syncedOctets: number;
  /** The only name that it can get; undefined while it can get any. */
  readonly boundName: string | undefined;
  /**
   * Why `octets` more have no room. Asked ahead when it is known how many will come; the quota
   * holds room for them from then on.
   */
  lacks(octets: number): Promise<WritingFault | undefined>;
  /** Appends `octets`, which must not change until then; or why it can't. */
  write(octets: Uint8Array): Promise<WritingFault | undefined>;
  /**
   * Lets go of what it holds in memory, since others are written before it gets its name; or why it
   * can't. To be called between `finish` and `commit`.
   */
  rest(): Promise<WritingFault | undefined>;
  /**
   * Puts all of it where it stays, with the permission bits `mode`; or why it can't. To be called
   * once, before `commit`.
   */
  finish(mode: number): Promise<WritingFault | undefined>;
  /**
   * Gives it the name `name`, in one step. Without `replaced` nothing may have that name; with it,
   * exactly the file that was seen there, which is gone then. When the name is "taken", `commit`
   * may be called again.
   */
  commit(name: string, replaced?: PresentFile): Promise<Stored>;
  /** Removes what was written, unless it has its name. May be called at any time. */
  discard(): Promise<void>;
}

/** An upload that a later request may go on with. The caller closes or discards it. */
export interface ResumableUpload {
  readonly upload: Upload;
  /** When it was last written, in milliseconds since 1970, if it was opened again. */
  readonly modifiedMs: number | undefined;
  readonly record: UploadRecord;
  /**
   * Puts what has come where it stays, and how much that is, and how long the whole is, in the
   * record; or why it can't.
   */
  settle(length?: number): Promise<WritingFault | undefined>;
  /** Whether another process has asked for it since this has it. */
  isClaimed(): Eventual<boolean>;
  /** Closes it; it can be opened again. */
  close(): Promise<void>;
  /** Removes it, unless its file has its name: then only what is beside that. */
  discard(): Promise<void>;
}

/** A folder that is held open to write into it. The caller closes it. */
export interface UploadFolder {
  /** The path that it was found by. */
  readonly path: ContainedPath;
  /** What has the name `name`. */
  look(name: string): Eventual<Occupant>;
  /**
   * Whether a file beside those that are written has the name `name`. What was once found is
   * remembered while the folder is open, where looking again would be a request.
   */
  has(name: string): Eventual<boolean>;
  /**
   * Whether nothing has the name `name`, nor will have it when an upload is whole that can get no
   * other name.
   */
  isFree(name: string): Eventual<boolean>;
  /**
   * The file `name`, open, whether strangers may read it or not; a small one is read. The caller
   * closes it. Undefined if there is none, if it isn't the one that was `seen`, or if the process
   * can't read it.
   */
  open(name: string, nowMs: number, seen?: PresentFile): Eventual<OpenFile | undefined>;
  /** Whether this process may write into it, as far as that can be told beforehand. */
  isWritable(): boolean;
  /** Begins a file that gets its name when it is whole; or why it can't. */
  begin(destining: Destining): Promise<Result<Upload, WritingFault>>;
  /** Begins the resumable upload `id`, as a file of `length` octets if that is known. */
  beginResumable(
    id: string,
    intent: UploadIntent,
    length: number | undefined,
    destining: Destining,
  ): Promise<Result<ResumableUpload, WritingFault>>;
  /**
   * Opens the resumable upload `id`, which `destining` makes a file of; ENOENT when there is none,
   * EBUSY while a process has it.
   */
  openResumable(
    id: string,
    destining: (intent: UploadIntent) => Destining,
  ): Promise<Result<ResumableUpload, WritingFault>>;
  /** Asks the process that has the resumable upload `id` to let go of it, now. */
  claimResumable(id: string, nowMs: number): Promise<WritingFault | undefined>;
  /**
   * Removes the file `name`; with `seen` only that one, where that can be told. On disk it has lost
   * its name before this returns; resolves when that stays so. "ENOENT" when there is none,
   * "EEXIST" when it is another one.
   */
  remove(name: string, seen?: PresentFile): Promise<WritingFault | undefined>;
  /**
   * Makes the folder `name` in it, with the permission bits `mode`; resolves when that stays so.
   * "EEXIST" when anything has the name, "ENOENT" when this folder is not at its path any more.
   */
  makeFolder(name: string, mode: number): Promise<WritingFault | undefined>;
  close(): void;
}

/** Takes files below one root. */
export interface UploadTree {
  /** The resumable uploads that wait for their rest, as far as this process knows. */
  readonly unfinished: UnfinishedUploads;
  /** How many files may be received at one time. */
  readonly atOnceMax: number;
  /** The quota of the folder that has one. */
  readonly quota: Pick<UploadQuota, "bytesMax" | "usedBytes"> | undefined;
  /** The folder at `path`, held open for the caller, who closes it; or why nothing is written. */
  open(path: ContainedPath): Eventual<Result<UploadFolder, FolderRefusal>>;
  /**
   * Removes from the folder at `path`, and all below it, what is left of uploads whose process has
   * ended, and the resumable uploads that have waited for their rest for too long, as far as
   * `uploadSweepEntriesMax` entries go; how many. `nowMs` is in milliseconds since 1970. Never
   * rejects.
   */
  sweep(path: ContainedPath, nowMs: number): Promise<number>;
}
