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

/** A tree, and the options it was opened with. */
export interface OpenTree {
  readonly tree: Tree;
  /**
   * The options that open the same tree again. `root` is the folder's real path, or "" with
   * `files`.
   */
  readonly source: Pick<CompleteSiteOptions, "root" | "files">;
  /** Whether the file at the path `file` of this machine is readable through the tree. */
  readonly shows: (file: string) => boolean;
}

/** What the trees of one server share. */
export interface TreeSurroundings {
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  readonly budgets: TurnBudgets;
}

/** The options that select the tree. A reload that sets none of them keeps the tree. */
const treeOptions = ["root", "files"] as const satisfies readonly (keyof SiteOptions)[];

/** Whether `options` select a tree. */
export function nameTree(options: SiteOptions): boolean {
  return treeOptions.some((name) => options[name] !== undefined);
}

/** Opens the tree that `options` select. Throws a `ServeError` when it can't be opened. */
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

/** The tree of a folder on disk. */
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

/** The tree of files in memory, given as files or as a tree that already holds them. */
function openFiles(
  files: MemoryFiles | MemoryTree,
  { permissions, hidden, index }: CompleteSiteOptions,
  limits: Limits,
  { clock }: TreeSurroundings,
): OpenTree {
  // Loaded on first use, because most sites serve a folder.
  const { openMemoryTree } =
    require("../tree/memory/memory-tree.ts") as typeof import("../tree/memory/memory-tree.ts");
  const madeMs = clock.epochMs();
  const opened = openMemoryTree({ files, permissions, hidden, index, limits, madeMs });
  if (!opened.ok) throw new ServeError("files", `files: ${opened.error}`);
  const tree = opened.value;
  return { tree, source: { root: "", files: tree }, shows: () => false };
}
