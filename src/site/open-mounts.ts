/**
 * The tree of a site that serves several folders, or one below a prefix.
 */

import { nameOctets } from "../base/file-name.ts";
import type { Limits } from "../base/limits.ts";
import { bytes } from "../base/units.ts";
import { latin1Text } from "../http/octets/bytes.ts";
import type { EntriesBeside } from "../tree/listing/entries-beside.ts";
import { MountTree } from "../tree/mounts/mount-tree.ts";
import type { ContainedPath } from "../tree/path.ts";
import {
  containPath,
  displayName,
  encodePath,
  folderPath,
  parentPath,
  rootPath,
} from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";
import type { OpenTree, ServedSource, TreeSurroundings } from "./open-tree.ts";
import { openTree } from "./open-tree.ts";
import { ServeError } from "./serve-error.ts";
import type { CompleteSiteOptions } from "./site-options.ts";

/** What is to be mounted. */
interface Wanted {
  readonly at: ContainedPath;
  /** The folder or the file; undefined for the files in memory. */
  readonly source: string | undefined;
  /** What a message calls it. */
  readonly called: string;
}

/** The path that `text` spells, as in a URL or plainly, with a slash at its end. */
export function readPlace(code: "base" | "mounts", text: string): ContainedPath {
  const path = containPath(latin1Text(nameOctets(text)));
  if (path.ok) return folderPath(path.value);
  const called = code === "base" ? "base" : "a path to serve a folder at";
  throw new ServeError(code, `${called} must be a path such as /docs/, not ${displayName(text)}`);
}

/** All that is to be mounted: the root at the base, then the mounts in their order. */
function wantedOf({ root, files, base, mounts }: CompleteSiteOptions, most: number): Wanted[] {
  const places = Object.entries(mounts).map(([text, source]) => ({
    at: readPlace("mounts", text),
    source,
    called: text,
  }));
  const hasRoot = files !== undefined || root !== "";
  const at = readPlace("base", base);
  const all = hasRoot ? [{ at, source: files === undefined ? root : undefined, called: "" }] : [];
  const wanted = [...all, ...places];
  if (wanted.length <= most) return wanted;
  throw new ServeError("mounts", `at most ${most} folders can be served, not ${wanted.length}`);
}

/** The limits of one tree of `count` that share those of the site. */
function shareOf(limits: Limits, count: number): Limits {
  return {
    ...limits,
    fileCacheBytesMax: bytes(Math.ceil(limits.fileCacheBytesMax / count)),
    openFilesKeptMax: Math.ceil(limits.openFilesKeptMax / count),
  };
}

/** The folders on the way to the folder `path`, the root among them. */
function foldersAbove(path: ContainedPath): readonly ContainedPath[] {
  if (path.segments.length === 0) return [path];
  const above = parentPath(path);
  return [...(above.segments.length === 0 ? [] : foldersAbove(above)), above];
}

/** The tree of the folders that only lead to a mount. */
function openFolders(
  wanted: readonly Wanted[],
  options: CompleteSiteOptions,
  limits: Limits,
  surroundings: TreeSurroundings,
  beside: EntriesBeside,
): Tree {
  const paths = wanted.flatMap(({ at }) => foldersAbove(at)).map(encodePath);
  const files = Object.fromEntries(paths.map((path) => [path, {}]));
  const bare = { ...options, files, filesOver: undefined };
  return openTree(bare, limits, surroundings, beside).tree;
}

/**
 * The tree of all that `options` name. Throws a `ServeError` when one of it can't be opened, or two
 * have one place.
 */
export function openMounts(
  options: CompleteSiteOptions,
  limits: Limits,
  surroundings: TreeSurroundings,
): OpenTree {
  const wanted = wantedOf(options, limits.mountsMax);
  const share = shareOf(limits, wanted.length);
  const folders = openFolders(wanted, options, share, surroundings, (path) =>
    tree.entriesBeside(rootPath, path),
  );
  const tree: MountTree = new MountTree(folders, surroundings.clock.epochMs());
  const opened: OpenTree[] = [];
  const sources: ServedSource[] = [];
  for (const { at, source, called } of wanted) {
    const one = openNamed(called, () =>
      openTree(optionsOf(options, source), share, surroundings, (below) =>
        tree.entriesBeside(at, below),
      ),
    );
    opened.push(one);
    sources.push(...one.sources.map((served) => ({ ...served, at })));
    const isFree = tree.mount({
      at,
      tree: one.tree,
      source: one.source.root,
      folder: one.sources[0]?.folder ?? "",
      isRoot: called === "",
    });
    if (!isFree) throw new ServeError("mounts", `${called}: another folder is served there`);
  }
  const [first] = opened;
  const hasRoot = wanted[0]?.called === "";
  const rest = hasRoot ? opened.slice(1) : opened;
  const mounts = Object.keys(options.mounts).map((name, i) => [name, rest[i]?.source.root ?? ""]);
  return {
    tree,
    sources,
    source: {
      root: "",
      ...(hasRoot ? first?.source : {}),
      base: encodePath(readPlace("base", options.base)),
      mounts: Object.fromEntries(mounts) as Readonly<Record<string, string>>,
    },
    openUploads: hasRoot ? first?.openUploads : undefined,
    shows: (file) => opened.some(({ shows }) => shows(file)),
    fileCacheBytes: () => opened.reduce((sum, { fileCacheBytes }) => sum + fileCacheBytes(), 0),
    ...(opened.some(({ storesHeld }) => storesHeld !== undefined)
      ? { storesHeld: () => opened.reduce((sum, one) => sum + (one.storesHeld?.() ?? 0), 0) }
      : {}),
  };
}

/** The options of the tree of `source`; of the files in memory without one. */
function optionsOf(options: CompleteSiteOptions, source: string | undefined): CompleteSiteOptions {
  if (source === undefined) return options;
  const { files: _files, ...others } = options;
  return { ...others, root: source };
}

/** What `open` opens; what is wrong with it is told with the path that it is `called` by. */
function openNamed(called: string, open: () => OpenTree): OpenTree {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof ServeError) || error.code !== "root" || called === "") throw error;
    throw new ServeError("mounts", `${called}: ${error.message}`);
  }
}
