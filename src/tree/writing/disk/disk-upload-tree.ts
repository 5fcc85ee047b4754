/**
 * The part of a tree on disk that files are written to: its folders, and what a process that was
 * killed has left in them.
 */

import type { Result } from "../../../base/result.ts";
import { affordableUploads } from "../../../system/descriptor-budget.ts";
import { chooseFolderOpener } from "../../../system/folder.ts";
import type { WritingCalls } from "../../../system/writing/writing-calls.ts";
import { writingCalls } from "../../../system/writing/writing-calls.ts";
import { lookAt } from "../../../system/file-system.ts";
import type { Refusal } from "../../disk/walk.ts";
import type { ContainedPath } from "../../path.ts";
import { childPath } from "../../path.ts";
import { folderUsage } from "./folder-usage.ts";
import { PieceBuffers } from "./piece-buffers.ts";
import { timedCalls } from "./timed-calls.ts";
import { UnfinishedUploads } from "../unfinished-uploads.ts";
import { UploadQuota } from "../upload-quota.ts";
import type { UploadTree, UploadTreeOptions } from "../upload-tree.ts";
import type { DiskUploadFolder, UploadFolderOptions } from "./disk-upload-folder.ts";
import { openUploadFolder } from "./disk-upload-folder.ts";
import { UploadSweep } from "./upload-sweep.ts";

/** What a tree of uploads on disk is opened with. */
interface DiskTreeOptions extends Omit<UploadTreeOptions, "folder" | "makeRoom"> {
  /** The absolute path of the root, without a trailing slash. */
  readonly root: string;
}

/** The quota of a tree that has one. */
function quotaOf(
  { root, limits, clock, scheduler, quota }: DiskTreeOptions,
  calls: WritingCalls,
): UploadQuota | undefined {
  if (quota === undefined) return undefined;
  const top = [root, ...quota.folder.segments].join("/");
  const entriesMax = limits.uploadSweepEntriesMax;
  return new UploadQuota({
    bytesMax: quota.bytesMax,
    makeRoom: quota.makeRoom,
    count: (isLeftOut) => folderUsage(top, { calls, scheduler, entriesMax, isLeftOut }),
    clock,
    recountMs: limits.uploadRecountTimeMs,
  });
}

/** Writes files below one root. */
export class DiskUploadTree implements UploadTree {
  /** The resumable uploads that wait for their rest. */
  readonly unfinished = new UnfinishedUploads();
  readonly #options: UploadFolderOptions;
  readonly #calls: WritingCalls;
  readonly #entriesMax: number;
  readonly #atOnceMax: number;
  readonly #unfinishedMs: number;

  /** `calls` are those of the system, unless a test makes others. */
  constructor(options: DiskTreeOptions, untimed = writingCalls) {
    const { root, permissions, limits, scheduler } = options;
    this.#calls = timedCalls(untimed, scheduler, limits.uploadDiskTimeMs);
    this.#atOnceMax = limits.uploadsAtOnceMax;
    this.#entriesMax = limits.uploadSweepEntriesMax;
    this.#unfinishedMs = limits.uploadUnfinishedTimeMs;
    this.#options = {
      root,
      permissions,
      limits,
      calls: this.#calls,
      buffers: new PieceBuffers(),
      quota: quotaOf(options, this.#calls),
      openFolder: chooseFolderOpener(root),
      unfinished: this.unfinished,
    };
  }

  /** How many files may be received at one time, as far as there are descriptors for them. */
  get atOnceMax(): number {
    return affordableUploads(this.#atOnceMax);
  }

  get quota(): UploadQuota | undefined {
    return this.#options.quota;
  }

  /** The folder at `path`, held open for the caller, who closes it; or why nothing is written. */
  open(path: ContainedPath): Result<DiskUploadFolder, Refusal> {
    return openUploadFolder(path, this.#options);
  }

  /**
   * Removes from the folder at `path`, and all below it, the files that were being written when
   * their process ended, and the resumable uploads that have waited for their rest for too long, as
   * far as `uploadSweepEntriesMax` entries go; how many. A file that a process still writes stays.
   * `nowMs` is in milliseconds since 1970. Never rejects.
   */
  async sweep(path: ContainedPath, nowMs: number): Promise<number> {
    const sweep = new UploadSweep(this.#calls, nowMs, this.#unfinishedMs);
    this.unfinished.sweepBegins();
    const folders = [path];
    let entries = 0;
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      const opened = this.open(next);
      if (!opened.ok) continue;
      const folder = opened.value;
      const names = await this.#calls.names(folder.pathOf("."));
      for (const name of names.ok ? names.value : []) {
        if (++entries > this.#entriesMax) break;
        if (await sweep.take(folder, name)) continue;
        if (isFolder(folder.pathOf(name))) {
          const below = childPath(next, name);
          if (below !== undefined) folders.push(below);
        }
      }
      folder.close();
    }
    this.unfinished.sweepEnds(sweep.unfinished);
    return sweep.removed;
  }
}

function isFolder(path: string): boolean {
  const seen = lookAt(path);
  return seen.ok && seen.value.isFolder;
}
