/**
 * The folder that a walk begins in: the root, or "/". Its own permission bits are not checked,
 * because the server's user chose to serve it. It is used by its path instead of a descriptor, so
 * that a build may remove the folder and create it again.
 */

import { FileStat, word } from "../../system/file-stat.ts";
import { lookAt } from "../../system/file-system.ts";
import type { Folder } from "../../system/folder.ts";

/** S_IFDIR (sys/stat.h) without a permission bit. */
const closedDirectoryMode = 0o040000;

/** The stat of a root that `stat` fails on: a folder that permits nothing. */
function closedDirectory(): FileStat {
  const words = new Int32Array(word.count);
  words[word.mode] = closedDirectoryMode;
  return new FileStat(words);
}

/** The folder at `path`, which has no trailing slash: "" for "/". */
export function namedRoot(path: string): Folder {
  return {
    prefix: `${path}/`,
    get stat() {
      const stat = lookAt(`${path}/`);
      return stat.ok ? stat.value : closedDirectory();
    },
    isUnmoved: () => true,
    close() {},
  };
}
