/**
 * Tells of the changes in a tree on disk: what its watch sees, gathered.
 */

import type { Limits } from "../../base/limits.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import { lookAt } from "../../system/file-system.ts";
import type { TreeChange } from "./change-gathering.ts";
import { ChangeGathering } from "./change-gathering.ts";
import { FolderWatch } from "./folder-watch.ts";
import { isPassing } from "./passing-name.ts";

/** What is watched, and who is told. */
interface TreeWatchOptions {
  /** The folder's absolute path, which may be a symbolic link. */
  readonly folder: string;
  /** Whether names that begin with a dot are served. */
  readonly hidden: boolean;
  readonly limits: Limits;
  readonly scheduler: Scheduler;
  readonly told: (change: TreeChange) => void;
  /** The folder can't be watched; called once for each code of the system's, "ENOSPC". */
  readonly failed: (code: string) => void;
}

/** Watches a tree until the result is disposed of. */
export function watchTree(options: TreeWatchOptions): Disposable {
  const { folder, hidden, limits, scheduler, told, failed } = options;
  const gathering = new ChangeGathering({
    limits,
    alarms: [scheduler.alarm(), scheduler.alarm()],
    isPassing: (path) => isPassing(path, hidden),
    exists: (path) => lookAt(`${folder}/${path}`).ok,
    told,
  });
  const listener = {
    happened: gathering.add.bind(gathering),
    replaced: (isGone: boolean) => gathering.addAll(isGone),
    failed,
  };
  const watch = new FolderWatch(folder, listener, scheduler.alarm(), limits.liveRootTimeMs);
  return {
    [Symbol.dispose]: () => {
      watch[Symbol.dispose]();
      gathering.clear();
    },
  };
}
