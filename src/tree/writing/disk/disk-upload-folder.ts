/**
 * Where files are written: a folder of the tree, found name by name as a file to be read is, and
 * held open from then on. What is put in its place meanwhile is not written to.
 *
 * No symbolic link is followed below the root, whatever the site follows when it reads, and none is
 * replaced or removed. A folder that a stranger may not pass through takes nothing. The folder's
 * own right to be written to is the process's: the owner has permitted the rest by the option.
 */

import type { Limits } from "../../../base/limits.ts";
import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import type { FileStat } from "../../../system/file-stat.ts";
import { closeDescriptor, lookAt, lookInto, openForReading } from "../../../system/file-system.ts";
import type { FolderOpener } from "../../../system/folder.ts";
import { DiskFile, MemoryFile } from "../../disk/open-file.ts";
import type { Refusal, WalkRules } from "../../disk/walk.ts";
import { Walk } from "../../disk/walk.ts";
import type { ContainedPath } from "../../path.ts";
import type { Permissions } from "../../permission.ts";
import { permissionBitsOf } from "../../permission.ts";
import type { OpenFile } from "../../tree.ts";
import type { ResumableParts } from "./disk-resumable-upload.ts";
import { DiskResumableUpload } from "./disk-resumable-upload.ts";
import { temporaryName } from "../temporary-name.ts";
import type { UnfinishedUploads } from "../unfinished-uploads.ts";
import type { UploadIntent } from "../upload-record.ts";
import type { Occupant, PresentFile, UploadFolder } from "../upload-tree.ts";
import type { WritingService } from "./disk-upload.ts";
import { DiskUpload } from "./disk-upload.ts";

/** The limits of what is written. */
type FolderLimits = Pick<Limits, "symlinkHopsMax" | "lookupTriesMax" | "inlineBytesMax">;

/** What uploads are written to. */
export interface UploadFolderOptions extends WritingService {
  /** The absolute path of the root of the tree; it may have symbolic links in it. */
  readonly root: string;
  readonly permissions: Permissions;
  readonly openFolder: FolderOpener;
  readonly limits: WritingService["limits"] & FolderLimits;
  /** How many resumable uploads wait for their rest in the tree, as far as this process knows. */
  readonly unfinished: UnfinishedUploads;
}

/** An occupant that is a file has a stat. */
type DiskOccupant =
  | Exclude<Occupant, PresentFile | { kind: "failed" }>
  | (PresentFile & { readonly stat: FileStat })
  | { readonly kind: "failed"; readonly fault: string };

/** A folder that is held open to write into it. The caller closes it. */
export class DiskUploadFolder implements UploadFolder {
  /** The path that it was found by. */
  readonly path: ContainedPath;
  readonly #options: UploadFolderOptions;
  readonly #walk: Walk;
  readonly #prefix: string;
  readonly #identity: string;

  constructor(
    path: ContainedPath,
    options: UploadFolderOptions,
    walk: Walk,
    { prefix, stat }: { readonly prefix: string; readonly stat: FileStat },
  ) {
    this.path = path;
    this.#options = options;
    this.#walk = walk;
    this.#prefix = prefix;
    this.#identity = stat.identity;
  }

  /** The path of `name` in it for the system, valid until the folder is closed. */
  pathOf(name: string): string {
    return this.#prefix + name;
  }

  /** What has the name `name`. */
  look(name: string): DiskOccupant {
    const seen = lookAt(this.pathOf(name));
    if (!seen.ok) {
      const isAbsent = seen.error === "ENOENT";
      return isAbsent ? { kind: "absent" } : { kind: "failed", fault: seen.error };
    }
    if (seen.value.type !== "file") return { kind: "other" };
    const permissionBits = permissionBitsOf(seen.value.mode);
    return { kind: "file", stat: seen.value, size: seen.value.size, permissionBits };
  }

  has(name: string): boolean {
    return this.look(name).kind !== "absent";
  }

  isFree(name: string): boolean {
    return this.look(name).kind === "absent";
  }

  /**
   * The file `name`, open, whether strangers may read it or not; a small one is read. The caller
   * closes it. Undefined if there is none, or the process can't read it.
   */
  open(name: string, nowMs: number): OpenFile | undefined {
    const opened = openForReading(this.pathOf(name));
    if (!opened.ok) return undefined;
    const seen = lookInto(opened.value);
    if (!seen.ok || seen.value.type !== "file") {
      closeDescriptor(opened.value);
      return undefined;
    }
    const file = new DiskFile(name, opened.value, seen.value, nowMs);
    if (file.size > this.#options.limits.inlineBytesMax) return file;
    const content = file.readAll();
    file.close();
    return content === undefined ? undefined : new MemoryFile(file, content);
  }

  /** Whether this process may write into it, as far as the permission bits of the folder say. */
  isWritable(): boolean {
    return this.#options.calls.isWritable(this.pathOf("."));
  }

  /** Begins a file that gets its name when it is whole; or the name of the system's error. */
  begin(): Promise<Result<DiskUpload, string>> {
    return DiskUpload.begin(this, this.#options);
  }

  /** Begins the resumable upload `id`, as `DiskResumableUpload.begin`. */
  beginResumable(
    id: string,
    intent: UploadIntent,
    length: number | undefined,
  ): Promise<Result<DiskResumableUpload, string>> {
    return DiskResumableUpload.begin(this.#resumableParts(), id, intent, length);
  }

  /** Opens the resumable upload `id`, as `DiskResumableUpload.open`. */
  openResumable(id: string): Promise<Result<DiskResumableUpload, string>> {
    return DiskResumableUpload.open(this.#resumableParts(), id);
  }

  /** Asks the process that has the resumable upload `id` to let go of it, now. */
  claimResumable(id: string, nowMs: number): Promise<string | undefined> {
    return DiskResumableUpload.claim(this.#resumableParts(), id, nowMs);
  }

  /** Opens the resumable upload whose file is called `name`. */
  openResumableNamed(name: string): Promise<Result<DiskResumableUpload, string>> {
    return DiskResumableUpload.openNamed(this.#resumableParts(), name);
  }

  #resumableParts(): ResumableParts {
    return { place: this, service: this.#options, unfinished: this.#options.unfinished };
  }

  /**
   * Removes the file `name`, which has lost its name before this returns; resolves when that is on
   * the disk. Or the name of the error. The file gets another name first, because the system may
   * take long to remove a large one.
   */
  async remove(name: string): Promise<string | undefined> {
    const { calls, quota } = this.#options;
    const path = this.pathOf(temporaryName());
    const removed = quota === undefined ? undefined : this.look(name);
    const error = calls.renameOver(this.pathOf(name), path) ?? (await calls.remove(path));
    if (error !== undefined) return error;
    if (removed?.kind === "file") quota?.removed(removed.stat.size);
    return calls.syncFolder(this.pathOf("."));
  }

  /**
   * Makes the folder `name` in it, with the permission bits `mode`; resolves when that is on the
   * disk. Or the name of the error: "EEXIST" when anything has the name, "ENOENT" when this folder
   * is not at its path any more.
   */
  async makeFolder(name: string, mode: number): Promise<string | undefined> {
    if (!this.isCurrent()) return "ENOENT";
    const { calls, quota, limits } = this.#options;
    const free = await calls.freeBytes(this.pathOf("."));
    if (free !== undefined && free < limits.uploadFreeBytesMin) return "ENOSPC";
    const fault = await quota?.add(0);
    if (fault !== undefined) return fault;
    const error = await calls.makeFolder(this.pathOf(name), mode);
    if (error !== undefined) quota?.removed(0);
    return error ?? calls.syncFolder(this.pathOf("."));
  }

  /** Whether its path still leads to it, by the rules it was found by. */
  isCurrent(): boolean {
    if (!this.#walk.isUnmoved()) return false;
    const again = openUploadFolder(this.path, this.#options);
    if (!again.ok) return false;
    const isSame = again.value.#identity === this.#identity;
    again.value.close();
    return isSame;
  }

  close(): void {
    this.#walk.close();
  }
}

/** The rules by which a folder is found: no link is followed, and no hidden name. */
function rulesOf(options: UploadFolderOptions): WalkRules {
  const { root, permissions, limits, openFolder } = options;
  return {
    root,
    rootNames: root.split("/").filter((name) => name !== ""),
    permissions,
    hidden: false,
    symlinks: "deny",
    symlinkHopsMax: limits.symlinkHopsMax,
    openFolder,
  };
}

/** The folder at `path`, or why nothing is written there. "absent" is also a file. */
export function openUploadFolder(
  path: ContainedPath,
  options: UploadFolderOptions,
): Result<DiskUploadFolder, Refusal> {
  const rules = rulesOf(options);
  for (let tries = 0; tries < options.limits.lookupTriesMax; tries++) {
    const walk = new Walk(rules);
    const end = walk.run(path.segments, true);
    if (end.kind === "folder") {
      return success(new DiskUploadFolder(path, options, walk, end.folder));
    }
    walk.close();
    if (end.kind === "file") return failure({ kind: "absent" });
    if (end.kind !== "moved") return failure(end);
  }
  return failure({ kind: "failed", code: "ESTALE" });
}
