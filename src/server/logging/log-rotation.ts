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

/**
 * Renames the file at `path`, and those before it up to the first free number, `files` at most.
 * Rejects with the system's error. What was renamed by then has left a number free, so the next try
 * renames nothing twice.
 */
export async function renameChain(path: string, files: number): Promise<void> {
  let free = 1;
  while (free < files && (await fileAt(`${path}.${free}`)) !== undefined) free++;
  for (let number = free; number > 1; number--) {
    await rename(`${path}.${number - 1}`, `${path}.${number}`);
  }
  await rename(path, `${path}.1`);
}
