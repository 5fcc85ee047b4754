/**
 * The stat under which something mounted is listed. What is mounted is granted by being named, so
 * its own mode counts for nothing.
 */

import { FileStat, word } from "../../system/file-stat.ts";
import { lookAt } from "../../system/file-system.ts";

/** A folder that everyone may list and search (sys/stat.h). */
const openFolderMode = 0o040755;

/** The stat of an open folder that was last changed at `mtimeMs`, in milliseconds since 1970. */
export function folderStat(mtimeMs: number): FileStat {
  const words = new Int32Array(word.count);
  const seconds = Math.floor(mtimeMs / 1000);
  words[word.mode] = openFolderMode;
  words[word.mtime] = seconds | 0;
  words[word.mtime + 1] = Math.floor(seconds / 2 ** 32);
  words[word.mtime + 2] = Math.floor(mtimeMs - seconds * 1000) * 1_000_000;
  return new FileStat(words);
}

/** The stat of what is mounted from the real path `source` on disk; undefined when it is gone. */
export function mountedStat(source: string): FileStat | undefined {
  const stat = lookAt(source);
  if (!stat.ok || !stat.value.isFolder) return stat.ok ? stat.value : undefined;
  const { words } = stat.value;
  words[word.mode] = openFolderMode;
  return new FileStat(words);
}
