/**
 * A look for what is left of uploads: files whose process has ended while it wrote them, and
 * resumable uploads that have waited for their rest for too long, or whose octets can't be trusted.
 */

import { lookAt } from "../../../system/file-system.ts";
import type { WritingCalls } from "../../../system/writing/writing-calls.ts";
import { isTemporaryName, recordedName, recordName } from "../temporary-name.ts";
import type { DiskUploadFolder } from "./disk-upload-folder.ts";

/** Where locks can't be had, a file that was last written so long ago is abandoned. */
const abandonedAfterMs = 24 * 3600 * 1000;

/** One look, at one moment. */
export class UploadSweep {
  /** Uploads that were removed. */
  removed = 0;
  /** The client addresses of the resumable uploads that stay; "" where it isn't known. */
  readonly unfinished: string[] = [];
  readonly #calls: WritingCalls;
  readonly #nowMs: number;
  readonly #unfinishedMs: number;

  /** `nowMs` is in milliseconds since 1970. */
  constructor(calls: WritingCalls, nowMs: number, unfinishedMs: number) {
    this.#calls = calls;
    this.#nowMs = nowMs;
    this.#unfinishedMs = unfinishedMs;
  }

  /** Looks at what is called `name` in `folder`. False when that is no part of an upload. */
  async take(folder: DiskUploadFolder, name: string): Promise<boolean> {
    const recorded = recordedName(name);
    if (recorded !== undefined) await this.#takeResumable(folder, recorded);
    else if (!isTemporaryName(name)) return false;
    else if (!hasRecord(folder, name)) await this.#removeAbandoned(folder, name);
    return true;
  }

  async #takeResumable(folder: DiskUploadFolder, name: string): Promise<void> {
    const opened = await folder.openResumableNamed(name);
    if (!opened.ok) {
      if (opened.error === "EBUSY") this.unfinished.push("");
      if (opened.error !== "ENOENT") return;
      // The file is gone, or isn't the one that the record is about.
      await this.#calls.remove(folder.pathOf(recordName(name)));
      await this.#removeAbandoned(folder, name);
      return;
    }
    const resumable = opened.value;
    if ((resumable.modifiedMs ?? 0) + this.#unfinishedMs >= this.#nowMs) {
      this.unfinished.push(resumable.record.address);
      await resumable.close();
      return;
    }
    await resumable.discard();
    this.removed++;
  }

  async #removeAbandoned(folder: DiskUploadFolder, name: string): Promise<void> {
    const path = folder.pathOf(name);
    if (!(await this.#calls.isAbandoned(path, this.#nowMs - abandonedAfterMs))) return;
    // A resumable upload that was begun meanwhile has its record before it is let go of.
    if (hasRecord(folder, name)) return;
    if ((await this.#calls.remove(path)) === undefined) this.removed++;
  }
}

function hasRecord(folder: DiskUploadFolder, name: string): boolean {
  return lookAt(folder.pathOf(recordName(name))).ok;
}
