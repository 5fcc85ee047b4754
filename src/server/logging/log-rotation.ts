/**
 * The rotation of a log by size: the file is renamed to `access.log.1`, that one to `access.log.2`
 * and so on, as `logrotate` names them, and the oldest is replaced.
 */

import { rename, stat } from "node:fs/promises";

/** When the log is rotated, and what is kept. */
export interface LogRotation {
  /** How long a file may get. */
  readonly bytes: number;
  /** Files that are kept beside the one that is written. */
  readonly files: number;
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** The inode of the file at `path`; undefined when there is none. */
export async function fileAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** Renames the file at `path`, and the `files - 1` before it. Rejects with the system's error. */
export async function renameChain(path: string, files: number): Promise<void> {
  for (let number = files; number >= 1; number--) {
    const from = number === 1 ? path : `${path}.${number - 1}`;
    try {
      await rename(from, `${path}.${number}`);
    } catch (error) {
      // Fewer files than are kept.
      if (!isAbsence(error)) throw error;
    }
  }
}
