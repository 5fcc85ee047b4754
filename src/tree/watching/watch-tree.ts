/**
 * Tells of the changes in a tree on disk: what the watches of its folders see, gathered.
 */

import type { Limits } from "../../base/limits.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import { lookAt } from "../../system/file-system.ts";
import type { ShownFolder } from "../tree.ts";
import type { TreeChange } from "./change-gathering.ts";
import { ChangeGathering } from "./change-gathering.ts";
import type { WatchEvent } from "./folder-watch.ts";
import { FolderWatch } from "./folder-watch.ts";
import { isPassing } from "./passing-name.ts";

/** What is watched, and who is told. */
interface TreeWatchOptions {
  readonly folders: readonly ShownFolder[];
  /** Whether names that begin with a dot are served. */
  readonly hidden: boolean;
  readonly limits: Limits;
  readonly scheduler: Scheduler;
  readonly told: (change: TreeChange) => void;
  /** A folder can't be watched; called once for each code of the system's, "ENOSPC". */
  readonly failed: (folder: string, code: string) => void;
}

/** Whether anything is at `path` of the tree, in the folder that stands deepest on its way. */
function exists(path: string, folders: readonly ShownFolder[]): boolean {
  const [nearest] = folders
    .filter(({ at }) => path.startsWith(at))
    .toSorted((one, other) => other.at.length - one.at.length);
  return nearest !== undefined && lookAt(`${nearest.path}/${path.slice(nearest.at.length)}`).ok;
}

/** Watches `folder`, whose changes are added to `gathering`. */
function watchFolder(
  { path: folder, at, only }: ShownFolder,
  gathering: ChangeGathering,
  { limits, scheduler, failed }: TreeWatchOptions,
): FolderWatch {
  const listener = {
    happened: (path: string, event: WatchEvent): void => {
      if (only === undefined || only === path) gathering.add(at + path, event);
    },
    replaced: (isGone: boolean): void => gathering.addAll(isGone),
    failed: (code: string): void => failed(folder, code),
  };
  const isDeep = only === undefined;
  return new FolderWatch(folder, listener, scheduler.alarm(), limits.liveRootTimeMs, isDeep);
}

/** Watches a tree until the result is disposed of. */
export function watchTree(options: TreeWatchOptions): Disposable {
  const { folders, hidden, limits, scheduler, told } = options;
  const gathering = new ChangeGathering({
    limits,
    alarms: [scheduler.alarm(), scheduler.alarm()],
    isPassing: (path) =>
      isPassing(path, hidden || folders.some(({ at, only = "" }) => path === at + only)),
    exists: (path) => exists(path, folders),
    told,
  });
  const watches = folders.map((folder) => watchFolder(folder, gathering, options));
  return {
    [Symbol.dispose]: () => {
      for (const watch of watches) watch[Symbol.dispose]();
      gathering.clear();
    },
  };
}
