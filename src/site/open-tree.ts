/**
 * The tree that the options of a site name: a folder or a file on disk, or files in memory.
 */

import type { Limits } from "../base/limits.ts";
import type { Result } from "../base/result.ts";
import type { Clock } from "../schedule/clock.ts";
import type { LogicalClock } from "../schedule/logical-clock.ts";
import type { TurnBudgets } from "../schedule/turn-budgets.ts";
import type { DiskTreeOptions } from "../tree/disk/disk-tree.ts";
import { openDiskTree } from "../tree/disk/disk-tree.ts";
import type { UploadedFolder } from "../tree/disk/uploaded-folder.ts";
import type { SingleFileTree } from "../tree/disk/single-file.ts";
import type { EntriesBeside } from "../tree/listing/entries-beside.ts";
import type { MemoryFiles } from "../tree/memory/memory-files.ts";
import type { MemoryTree } from "../tree/memory/memory-tree.ts";
import type { ContainedPath } from "../tree/path.ts";
import { rootPath } from "../tree/path.ts";
import type { StoreCounts } from "../tree/store/client/store-counts.ts";
import type { Tree, TreeName } from "../tree/tree.ts";
import type { UploadTree, UploadTreeOptions } from "../tree/writing/upload-tree.ts";
import { ServeError } from "./serve-error.ts";
import type { CompleteSiteOptions, SiteOptions } from "./site-options.ts";
import { isStoreName } from "./site-options.ts";

/** A folder or a file of this machine that is served, or a part of an object store. */
export interface ServedSource {
  /** The path that it is served under, with a slash at its end. */
  readonly at: ContainedPath;
  /** As the options name it. */
  readonly named: string;
  /** The real path of the folder; of a file that of its folder, and the file's name. */
  readonly path: string;
  /** The real path of the folder that paths in denials are relative to. */
  readonly folder: string;
  /**
   * What is in the folder `prefix`, "docs/" or "", by name. Throws when it can't be read. Absent
   * for what is on this machine; the paths of what isn't are "s3://bucket/prefix".
   */
  readonly entries?: (prefix: string) => AsyncIterable<readonly TreeName[]>;
}

/** A tree, and the options it was opened with. */
export interface OpenTree {
  readonly tree: Tree;
  /** All that is served but files in memory. */
  readonly sources: readonly ServedSource[];
  /**
   * The options that open the same tree again. `root` is the real path of the folder, or of the
   * single file's folder with the file's name; "" with `files` alone.
   */
  readonly source: Pick<CompleteSiteOptions, "root" | "files" | "filesOver" | "base" | "mounts">;
  /** Whether the file at the path `file` of this machine is readable through the tree. */
  readonly shows: (file: string) => boolean;
  /**
   * Opens what files are written to the root with, where that lies in a store; absent where it is
   * on disk, or takes none.
   */
  readonly openUploads?: ((options: UploadTreeOptions) => UploadTree) | undefined;
  /** What the lookups take that are cached, with the files and responses that depend on them. */
  readonly fileCacheBytes: () => number;
  /** How many object stores aren't asked for a while; absent where none is served. */
  readonly storesHeld?: () => number;
}

/** What the trees of one server share. */
export interface TreeSurroundings {
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  readonly budgets: TurnBudgets;
  /** The folder whose files are marked as uploads; absent for none on disk. */
  readonly uploads?: UploadedFolder | undefined;
  /** The same in a store, "s3://bucket/inbox/". */
  readonly storedUploads?: string | undefined;
  /** What counts requests to object stores, opened by the first of them; absent where none does. */
  readonly storeCounts?: (() => StoreCounts) | undefined;
}

/** The folder `below` the part of a store that `root` names, "s3://bucket/inbox/". */
export function folderInStore(root: string, below: string): string {
  const [scheme, ...names] = `${root}/${below}`.split("/").filter((name) => name !== "");
  return `${scheme}//${names.join("/")}/`;
}

/** One tree at the root. */
const unmounted = { base: "/", mounts: {} } as const;

/** The options that select the tree. A reload that sets none of them keeps the tree. */
const treeChoices = ["root", "files", "mounts"] as const satisfies readonly (keyof SiteOptions)[];

/** Whether `options` select a tree. */
export function nameTree(options: SiteOptions): boolean {
  return treeChoices.some((name) => options[name] !== undefined);
}

/**
 * Opens the folder, the file or the files in memory that `options` select, whose listings have the
 * entries `beside` theirs. Throws a `ServeError` when it can't be opened.
 */
export function openTree(
  options: CompleteSiteOptions,
  limits: Limits,
  surroundings: TreeSurroundings,
  beside?: EntriesBeside,
): OpenTree {
  const { files, filesOver } = options;
  if (files === undefined) {
    return isStoreName(options.root)
      ? openStore(options, limits, surroundings, beside)
      : openFolder(options, limits, surroundings, beside);
  }
  if (filesOver === undefined) return openFiles(files, options, limits, surroundings, beside);
  if (isStoreName(filesOver)) {
    throw new ServeError("files", "files in memory can lie over a folder on disk, and no store");
  }
  return openLayers(files, { ...options, root: filesOver }, limits, surroundings, beside);
}

/** The tree of files in memory over that of a folder on disk. */
function openLayers(
  files: MemoryFiles | MemoryTree,
  options: CompleteSiteOptions,
  limits: Limits,
  surroundings: TreeSurroundings,
  beside: EntriesBeside | undefined,
): OpenTree {
  const { LayerTree } =
    require("../tree/memory/layer-tree.ts") as typeof import("../tree/memory/layer-tree.ts");
  const upper = openFiles(files, options, limits, surroundings, undefined);
  const lower = openFolder(options, limits, surroundings, (path) => {
    const [own, others] = [upper.tree.entriesAt(path), beside?.(path)];
    return own === undefined || others === undefined
      ? (own ?? others)
      : new Map([...own, ...others]);
  });
  const tree = new LayerTree(upper.tree, lower.tree);
  const { root } = lower.source;
  return { ...lower, tree, source: { ...lower.source, files: upper.tree, filesOver: root } };
}

/** The tree of one file; undefined when `options.root` is none. */
function openSingleFile(options: DiskTreeOptions): Result<SingleFileTree, string> | undefined {
  const { openSingleFile: open } =
    require("../tree/disk/single-file.ts") as typeof import("../tree/disk/single-file.ts");
  return open(options);
}

/** The tree of a folder on disk, or of one file, whose code is loaded when the root is none. */
function openFolder(
  { root, permissions, hidden, symlinks, index }: CompleteSiteOptions,
  limits: Limits,
  { logicalClock: clock, budgets: { scheduler }, uploads }: TreeSurroundings,
  beside: EntriesBeside | undefined,
): OpenTree {
  const rules = { permissions, hidden, symlinks, index, uploads, beside };
  const treeOptions = { root, ...rules, clock, scheduler, limits };
  const folder = openDiskTree(treeOptions);
  const opened = folder.ok ? folder : (openSingleFile(treeOptions) ?? folder);
  if (!opened.ok) throw new ServeError("root", opened.error);
  const tree = opened.value;
  const path = tree.root;
  const of = { at: rootPath, named: root, path, folder: "folder" in tree ? tree.folder : path };
  const source = { root: path, ...unmounted };
  const shows = (file: string): boolean => tree.shows(file);
  return { tree, sources: [of], source, shows, fileCacheBytes: () => tree.cache.bytes };
}

/** The tree in an object store that `options.root` names, whose code is loaded only then. */
function openStore(
  { root, store = {}, permissions, hidden, index }: CompleteSiteOptions,
  limits: Limits,
  { clock, logicalClock, budgets, storeCounts, storedUploads: uploads }: TreeSurroundings,
  beside: EntriesBeside | undefined,
): OpenTree {
  const { openStoreTree } =
    require("../tree/store/open-store.ts") as typeof import("../tree/store/open-store.ts");
  const rules = { permissions, hidden, index, beside, uploads };
  const counts = storeCounts?.();
  const around = { limits, clock, logicalClock, budgets, counts, environment: process.env };
  const opened = openStoreTree({ root, store, ...rules, ...around });
  if (!opened.ok) throw new ServeError("root", opened.error);
  const { tree, shown: path, openUploads, isHeld } = opened.value;
  const entries = (prefix: string): AsyncIterable<readonly TreeName[]> => tree.entriesIn(prefix);
  const served = { at: rootPath, named: root, path, folder: path, entries };
  const source = { root: path, ...unmounted };
  const fileCacheBytes = (): number => tree.cache.bytes;
  const storesHeld = (): number => Number(isHeld());
  const common = { tree, sources: [served], source, shows: () => false };
  return { ...common, openUploads, fileCacheBytes, storesHeld };
}

/** The tree of files in memory, given as files or as a tree that already holds them. */
function openFiles(
  files: MemoryFiles | MemoryTree,
  { permissions, hidden, index }: CompleteSiteOptions,
  limits: Limits,
  { clock }: TreeSurroundings,
  beside: EntriesBeside | undefined,
): OpenTree & { readonly tree: MemoryTree } {
  // Loaded on first use, because most sites serve a folder.
  const { openMemoryTree } =
    require("../tree/memory/memory-tree.ts") as typeof import("../tree/memory/memory-tree.ts");
  const madeMs = clock.epochMs();
  const opened = openMemoryTree({ files, permissions, hidden, index, limits, madeMs, beside });
  if (!opened.ok) throw new ServeError("files", `files: ${opened.error}`);
  const tree = opened.value;
  const source = { root: "", files: tree, ...unmounted };
  return { tree, sources: [], source, shows: () => false, fileCacheBytes: () => 0 };
}
