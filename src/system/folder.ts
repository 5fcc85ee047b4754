/**
 * Folders on the way to a file. While something is looked up in a folder, the folder is held open
 * and not named, because between two calls another folder may be put in its place.
 *
 * Linux gives access to the entries of an open folder by the name /proc/self/fd/N/, so the mode
 * that was read and the entry that was found belong to the same folder, whatever is renamed
 * meanwhile. Where that doesn't exist (macOS), a folder is used by its path, and `isUnmoved` tells
 * afterwards whether it is still the folder whose mode was read.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import type { FileStat } from "./file-stat.ts";
import { closeDescriptor, lookAt, lookInto, openPlace } from "./file-system.ts";

/** A folder on the way to something. */
export interface Folder {
  /** Put before the name of an entry it makes a path that a system call understands. */
  readonly prefix: string;
  readonly stat: FileStat;
  /** Whether everything found by `prefix` until now was found in the folder that `stat` is of. */
  isUnmoved(): boolean;
  /** Closes what is held open; `prefix` is invalid afterwards. To be called once. */
  close(): void;
}

/** Opens the folder at `path`; "ENOTDIR" for all else that exists, symbolic links included. */
export type FolderOpener = (path: string) => Result<Folder, string>;

/** A folder that is held open by a descriptor; Linux with /proc only. */
export const holdFolder: FolderOpener = (path) => {
  const opened = openPlace(path);
  if (!opened.ok) return opened;
  const fd = opened.value;
  const stat = lookInto(fd);
  if (!stat.ok) {
    closeDescriptor(fd);
    return stat;
  }
  return success({
    prefix: `/proc/self/fd/${fd}/`,
    stat: stat.value,
    isUnmoved: () => true,
    close: () => closeDescriptor(fd),
  });
};

/**
 * A folder that is used by its path. When it is swapped for another and back, its ctime shows that,
 * as precisely as the file system keeps time: to the nanosecond on APFS.
 */
export const nameFolder: FolderOpener = (path) => {
  const before = lookAt(path);
  if (!before.ok) return before;
  const stat = before.value;
  if (!stat.isFolder) return failure("ENOTDIR");
  const isUnmoved = (): boolean => {
    const now = lookAt(path);
    return now.ok && now.value.isSame(stat);
  };
  const prefix = path === "/" ? path : `${path}/`;
  return success({ prefix, stat, isUnmoved, close() {} });
};

/**
 * `holdFolder` where it works, tried on `root`; otherwise `nameFolder`. /proc may not be mounted,
 * and a process that has changed its user may not look into its own (proc(5), "dumpable").
 */
export function chooseFolderOpener(root: string): FolderOpener {
  if (process.platform !== "linux") return nameFolder;
  const held = holdFolder(root);
  if (!held.ok) return nameFolder;
  const inside = lookAt(`${held.value.prefix}.`);
  held.value.close();
  return inside.ok ? holdFolder : nameFolder;
}
