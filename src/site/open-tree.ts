/**
 * The tree that the options of a site name: a folder on disk, or files in memory.
 */

import type { Limits } from "../base/limits.ts";
import type { Clock } from "../schedule/clock.ts";
import type { LogicalClock } from "../schedule/logical-clock.ts";
import type { TurnBudgets } from "../schedule/turn-budgets.ts";
import { openDiskTree } from "../tree/disk/disk-tree.ts";
import type { MemoryFiles } from "../tree/memory/memory-files.ts";
import type { MemoryTree } from "../tree/memory/memory-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { ServeError } from "./serve-error.ts";
import type { CompleteSiteOptions, SiteOptions } from "./site-options.ts";

/** A tree, and what it was made of. */
export interface OpenTree {
  readonly tree: Tree;
  /** The options that name the same tree again; the root is the folder's real path, or "". */
  readonly source: Pick<CompleteSiteOptions, "root" | "files">;
  /** Whether a stranger is shown the file that is on this machine at `file`. */
  readonly shows: (file: string) => boolean;
}

/** What the trees of one server share. */
export interface TreeSurroundings {
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  readonly budgets: TurnBudgets;
}

/** The options that say which tree is served; a reload that sets none of them keeps the tree. */
const treeOptions = ["root", "files"] as const satisfies readonly (keyof SiteOptions)[];

/** Whether `options` say which tree is served. */
export function nameTree(options: SiteOptions): boolean {
  return treeOptions.some((name) => options[name] !== undefined);
}

/** Opens the tree that `options` name. Throws a `ServeError` when there can't be one. */
export function openTree(
  options: CompleteSiteOptions,
  limits: Limits,
  surroundings: TreeSurroundings,
): OpenTree {
  const { files } = options;
  return files === undefined
    ? openFolder(options, limits, surroundings)
    : openFiles(files, options, limits, surroundings);
}

/** The folder on disk. */
function openFolder(
  { root, permissions, hidden, symlinks, index }: CompleteSiteOptions,
  limits: Limits,
  { logicalClock: clock, budgets: { scheduler } }: TreeSurroundings,
): OpenTree {
  const rules = { permissions, hidden, symlinks, index };
  const opened = openDiskTree({ root, ...rules, clock, scheduler, limits });
  if (!opened.ok) throw new ServeError("root", opened.error);
  const tree = opened.value;
  return { tree, source: { root: tree.root }, shows: (file) => tree.shows(file) };
}

/** The files in memory, or those of a tree that is there already. */
function openFiles(
  files: MemoryFiles | MemoryTree,
  { permissions, hidden, index }: CompleteSiteOptions,
  limits: Limits,
  { clock }: TreeSurroundings,
): OpenTree {
  // Loaded by the first site that has files in memory: most have a folder.
  const { openMemoryTree } =
    require("../tree/memory/memory-tree.ts") as typeof import("../tree/memory/memory-tree.ts");
  const madeMs = clock.epochMs();
  const opened = openMemoryTree({ files, permissions, hidden, index, limits, madeMs });
  if (!opened.ok) throw new ServeError("files", `files: ${opened.error}`);
  const tree = opened.value;
  return { tree, source: { root: "", files: tree }, shows: () => false };
}
