/**
 * Whether a file of this machine is below a folder that is served. The log and the cache of an
 * object store must not be there: visitors would read them as soon as their modes let them, and
 * uploads could write them.
 */

import { basename, dirname, join } from "node:path";

import { realPath } from "../system/file-system.ts";
import type { ContainedPath } from "./path.ts";
import { childPath, isHidden, rootPath } from "./path.ts";

/** What to do about a file that is served, as the end of a message. */
export const servedRemedy = "name one outside of it, or one that begins with a dot";

/** The real path of `file`, of which the last folders may not exist yet, and neither the file. */
function realFile(file: string): string {
  const real = realPath(file);
  if (real.ok) return real.value;
  const folder = dirname(file);
  return folder === file ? file : join(realFile(folder), basename(file));
}

/** The path of `file` in the tree of `root`; undefined when it isn't below it. */
function pathBelow(root: string, file: string): ContainedPath | undefined {
  if (root === file) return rootPath;
  const above = root === "/" ? root : `${root}/`;
  if (!file.startsWith(above)) return undefined;
  let path: ContainedPath | undefined = rootPath;
  for (const name of file.slice(above.length).split("/")) path = path && childPath(path, name);
  return path;
}

/**
 * Whether the file or folder `at` is below one of the `folders`. A hidden one isn't, unless
 * `showsHidden`.
 */
export function isServed(at: string, folders: readonly string[], showsHidden: boolean): boolean {
  const file = realFile(at);
  return folders.some((folder) => {
    const real = realPath(folder);
    const path = real.ok ? pathBelow(real.value, file) : undefined;
    return path !== undefined && (showsHidden || !isHidden(path));
  });
}
