/**
 * The folder that uploads of strangers go into, by which a tree tells their files from others. What
 * counts is where a file lies, and not the path that it is asked for by: a rewrite, a symbolic link
 * or a mount may lead into the folder from elsewhere.
 *
 * Folders are compared by what the system says of them (device and inode), since the same folder
 * may be spelled in several ways: by a link, by a bind mount, in another case.
 */

import { lookAt } from "../../system/file-system.ts";
import { absoluteForm } from "./named-root.ts";
import type { Folder } from "../../system/folder.ts";

/** How far up from a root the folders are looked at: deeper than any path goes (PATH_MAX). */
const levelsMax = 2048;

/** Tells what lies in one folder. */
export class UploadedFolder {
  readonly #path: string;

  /** The folder that `below` names in the root at the path `root`, as the options name both. */
  constructor(root: string, below: string) {
    this.#path = `${absoluteForm(root)}/${below}`;
  }

  /**
   * Whether the last of `folders` is it, or lies in it. They lead from a root, which has the path
   * `root`, each in the one before. The folder is looked at each time: a build may have made it
   * anew.
   */
  holds(root: string, folders: readonly Pick<Folder, "stat">[]): boolean {
    const own = lookAt(`${this.#path}/.`);
    if (!own.ok) return false;
    const { identity } = own.value;
    return folders.some(({ stat }) => stat.identity === identity) || isBelow(root, identity);
  }
}

/** Whether the folder at the path `root` lies in the one with `identity`. */
function isBelow(root: string, identity: string): boolean {
  let path = `${root}/`;
  let below = "";
  for (let level = 0; level < levelsMax; level++) {
    const seen = lookAt(`${path}.`);
    if (!seen.ok) return false;
    if (seen.value.identity === identity) return true;
    // The root of all is above itself.
    if (seen.value.identity === below) return false;
    below = seen.value.identity;
    path += "../";
  }
  return false;
}
