/**
 * Entries that a folder's listing has besides those of the folder itself: what is mounted in it, or
 * lies over it in memory. An entry of the folder that has the same name is not shown, because a
 * request doesn't reach it.
 */

import type { Result } from "../../base/result.ts";
import { success } from "../../base/result.ts";
import { FileStat } from "../../system/file-stat.ts";
import type { EntryFacts } from "../../system/file-system.ts";
import type { ContainedPath } from "../path.ts";
import type { EntryReader } from "./entry-reader.ts";
import type { ListingContext } from "./list-folder.ts";

/** The stat of what is mounted, or the facts of a file in memory, by name. */
type Beside = ReadonlyMap<string, FileStat | EntryFacts>;

/** The entries beside those of the folder at `path`, by name; undefined for none. */
export type EntriesBeside = (path: ContainedPath) => Beside | undefined;

/** What is read of the folder, behind the entries `beside` it. */
function readBeside(
  opened: Result<EntryReader, string>,
  beside: Beside,
): Result<EntryReader, string> {
  // What is mounted is there, even if the folder it seems to be in isn't.
  if (!opened.ok && opened.error !== "ENOENT") return opened;
  const reader = opened.ok ? opened.value : undefined;
  let isFirst = true;
  return success({
    next() {
      if (isFirst) {
        isFirst = false;
        return success(Array.from(beside, ([name, { type }]) => ({ name, type })));
      }
      for (;;) {
        const read = reader?.next() ?? success([]);
        if (!read.ok || read.value.length === 0) return read;
        const others = read.value.filter(({ name }) => !beside.has(name));
        if (others.length > 0) return success(others);
      }
    },
    close() {
      reader?.close();
    },
  });
}

/** What a listing shows of a root: it is granted by being named, whatever its mode. */
function granted({ type, size, mtimeMs, mode }: FileStat): EntryFacts {
  return { type, size, mtimeMs, mode: mode | 0o005 };
}

/** The folder of `context` with the entries `beside` it. */
export function withEntries(context: ListingContext, beside: Beside): ListingContext {
  return {
    ...context,
    open: () => readBeside(context.open(), beside),
    lookAt(names) {
      const own = context.lookAt(names.filter((name) => !beside.has(name))).values();
      return names.map((name) => {
        const stat = beside.get(name);
        if (stat === undefined) return own.next().value;
        return stat instanceof FileStat ? granted(stat) : stat;
      });
    },
  };
}
