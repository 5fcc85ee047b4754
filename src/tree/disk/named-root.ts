/**
 * The folder that a walk begins in: the root, or "/". It is granted by being named, and it is used
 * by its path instead of being held open, so that a build that removes the folder and makes it anew
 * goes on being served.
 */

import { FileStat, word } from "../../system/file-stat.ts";
import { lookAt } from "../../system/file-system.ts";
import type { Folder } from "../../system/folder.ts";

/** S_IFDIR (sys/stat.h) without a permission bit. */
const closedDirectoryMode = 0o040000;

/** The stat of a root that can't be looked at: a folder that permits nothing. */
function closedDirectory(): FileStat {
  const words = new Int32Array(word.count);
  words[word.mode] = closedDirectoryMode;
  return new FileStat(words);
}

/** The folder at `path`, which is without a slash at its end: "" for "/". */
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
