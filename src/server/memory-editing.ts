/**
 * Changes of the files that a server has in memory, while it runs. Loaded by the first.
 */

import type { Result } from "../base/result.ts";
import type { Clock } from "../schedule/clock.ts";
import type { OpenSite } from "../site/open-site.ts";
import { ServeError } from "../site/serve-error.ts";
import type { MemoryBody, MemoryEntry } from "../tree/memory/memory-files.ts";
import type { MemoryTree } from "../tree/memory/memory-tree.ts";
import type { ContainedPath } from "../tree/path.ts";

/**
 * Changes of the files that are served from memory, seen by the next request. Each throws a
 * `ServeError` when it can't be, also on a server of a folder.
 */
export interface FileEditing {
  /**
   * Writes a file, or makes a folder where the path ends with "/". A file that is there is
   * replaced, and keeps its mode unless `value` has one.
   */
  write(path: string, value: MemoryBody | MemoryEntry): void;
  /** Sets the permission bits of a file or a folder: `chmod("/a.txt", 0o600)`. */
  chmod(path: string, mode: number): void;
  /** Removes a file, or a folder with all in it. */
  remove(path: string): void;
}

/** Changes of the files in memory of the present site. `changed` is told the path of each. */
export function memoryEditing(
  site: () => OpenSite,
  clock: Clock,
  changed: (path: ContainedPath) => void,
): FileEditing {
  const edit = (
    path: string,
    change: (tree: MemoryTree) => Result<ContainedPath, string>,
  ): void => {
    const { files } = site().source;
    if (files === undefined) {
      throw new ServeError("files", "only a server of files in memory can change them");
    }
    // The files of an open site are a tree.
    const changing = change(files as MemoryTree);
    if (!changing.ok) throw new ServeError("files", `${path}: ${changing.error}`);
    changed(changing.value);
  };
  return {
    write: (path, value) => edit(path, (tree) => tree.put(path, value, clock.epochMs())),
    chmod: (path, mode) => edit(path, (tree) => tree.chmod(path, mode)),
    remove: (path) => edit(path, (tree) => tree.remove(path, clock.epochMs())),
  };
}
