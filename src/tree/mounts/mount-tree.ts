/**
 * Several trees as one: each is mounted at a path, and a request goes to the deepest mount on its
 * way, with the rest of the path. What is mounted is among the entries of the folder above it, and
 * folders that only lead to a mount are there, too, as empty ones in memory.
 *
 * The trees know nothing of each other and of their places. So each has its own rules of links and
 * permission, and a symbolic link doesn't lead from one to another.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { FileStat } from "../../system/file-stat.ts";
import type { ContainedPath } from "../path.ts";
import { childPath, folderPath, joinPaths, pathBelow } from "../path.ts";
import type { FolderOutcome, Kind, ListingSteps, Outcome, ShownFolder, Tree } from "../tree.ts";
import type { View } from "../view.ts";
import { MountPoints } from "./mount-points.ts";
import { folderStat, mountedStat } from "./mounted-stat.ts";

/** A tree and its place. */
interface Mount {
  /** Where it is mounted, with a slash at the end. */
  readonly at: ContainedPath;
  readonly tree: Tree;
  /** The real path of its folder or its file on disk; "" when it is in memory. */
  readonly source: string;
  /** The real path of the folder that its denials are relative to; "" when it is in memory. */
  readonly folder: string;
  /** Whether it is the site's root, to which paths in messages are relative. */
  readonly isRoot: boolean;
}

/** What follows `path` in the arguments of `list`. */
type ListRest = Parameters<Tree["list"]> extends [ContainedPath, ...infer Rest] ? Rest : never;

type Forbidden = Extract<Outcome, { kind: "forbidden" }>;

/** Opens what is at a path of a tree. */
type Opening = (tree: Tree, path: ContainedPath, view: View) => Eventual<Outcome>;

const openAny: Opening = (tree, path, view) => tree.open(path, view);

const openAsFile: Opening = (tree, path, view) =>
  tree.openFile?.(path, view) ?? tree.open(path, view);

const redirect: Outcome = { kind: "redirect" };

/** `found` with a path that says where on the disk it is, unless it is in the site's root. */
function placed(found: Forbidden, { isRoot, folder }: Mount): Forbidden {
  const { denial } = found;
  if (isRoot || denial.path.startsWith("/")) return found;
  const path = denial.path === "." ? folder : `${folder === "/" ? "" : folder}/${denial.path}`;
  return { kind: "forbidden", denial: { ...denial, path } };
}

/** `folder` of a tree that is mounted at the path `at`. */
function folderBelow({ text }: ContainedPath, folder: ShownFolder): ShownFolder {
  return { ...folder, at: text.slice(1) + folder.at };
}

/** Trees that are mounted. */
export class MountTree implements Tree {
  readonly index: string;
  /** The folders that lead to mounts, and nothing else. */
  readonly #folders: Tree;
  readonly #points = new MountPoints<Mount>();
  readonly #mounts: Mount[] = [];
  readonly #madeMs: number;

  /** `folders` are those that only lead to mounts; they are of `madeMs`, the time now. */
  constructor(folders: Tree, madeMs: number) {
    this.index = folders.index;
    this.#folders = folders;
    this.#madeMs = madeMs;
  }

  /** Mounts a tree; false when another one has its place. */
  mount(mount: Mount): boolean {
    const isFree = this.#points.add(mount.at, mount);
    if (isFree) this.#mounts.push(mount);
    if (isFree && mount.tree.openFile !== undefined) this.openFile = this.#openFile;
    return isFree;
  }

  get folders(): readonly ShownFolder[] {
    return this.#mounts.flatMap(({ at, tree }) =>
      (tree.folders ?? []).map((folder) => folderBelow(at, folder)),
    );
  }

  /** Present when a tree that is mounted has it. */
  openFile?: (path: ContainedPath, view: View) => Eventual<Outcome>;

  readonly #openFile = (path: ContainedPath, view: View): Eventual<Outcome> =>
    this.#open(path, view, openAsFile);

  open(path: ContainedPath, view: View): Eventual<Outcome> {
    return this.#open(path, view, openAny);
  }

  #open(path: ContainedPath, view: View, openIn: Opening): Eventual<Outcome> {
    const { mount, depth, names } = this.#points.find(path);
    if (mount === undefined) return this.#folders.open(path, view);
    if (lacksSlash(path, depth)) return redirect;
    return whenReady(openIn(mount.tree, pathBelow(path, depth), view), (found) => {
      if (found.kind === "absent" && names.length > 0) return this.#folders.open(path, view);
      return found.kind === "forbidden" ? placed(found, mount) : found;
    });
  }

  peek(path: ContainedPath, view: View): Eventual<Kind> {
    const { mount, depth, names } = this.#points.find(path);
    if (mount === undefined) return this.#folders.peek(path, view);
    if (lacksSlash(path, depth)) return "redirect";
    return whenReady(mount.tree.peek(pathBelow(path, depth), view), (kind) =>
      kind === "absent" && names.length > 0 ? this.#folders.peek(path, view) : kind,
    );
  }

  list(path: ContainedPath, ...rest: ListRest): ListingSteps {
    const { mount, depth } = this.#points.find(path);
    const tree = mount?.tree ?? this.#folders;
    return tree.list(pathBelow(path, depth), ...rest);
  }

  describe(path: ContainedPath, view: View): Eventual<FolderOutcome> {
    const { mount, depth, names } = this.#points.find(path);
    if (mount === undefined) return this.#folders.describe(path, view);
    const below = pathBelow(path, depth);
    return whenReady(mount.tree.describe(below, view), (found) => {
      if (found.kind === "absent" && names.length > 0) {
        // A single file is served in the place of the folder.
        return whenReady(mount.tree.peek(folderPath(below), view), (kind) =>
          kind === "absent" ? this.#folders.describe(path, view) : found,
        );
      }
      return found.kind === "forbidden" ? placed(found, mount) : found;
    });
  }

  rootsOf(path: ContainedPath): readonly ContainedPath[] {
    return this.#points.above(path).map(({ at }) => at);
  }

  /**
   * The stats of what is mounted in the folder `below` the mount at `at`, by name; undefined for
   * nothing. A folder that leads to a mount counts, too.
   */
  entriesBeside(
    at: ContainedPath,
    below: ContainedPath,
  ): ReadonlyMap<string, FileStat> | undefined {
    const path = joinPaths(at, below);
    const { names } = this.#points.find(path);
    if (names.length === 0) return undefined;
    return new Map(names.map((name) => [name, this.#statOf(path, name)]));
  }

  #statOf(path: ContainedPath, name: string): FileStat {
    const child = childPath(path, name);
    const found = child === undefined ? undefined : this.#points.find(folderPath(child));
    const isMount = found?.mount !== undefined && found.depth === path.segments.length + 1;
    const stat = isMount ? mountedStat(found.mount.source) : undefined;
    return stat ?? folderStat(this.#madeMs);
  }

  close(): void {
    for (const { tree } of this.#mounts) tree.close();
    this.#folders.close();
  }
}

/** Whether `path` is that of a mount `depth` folders below the root, without its slash. */
function lacksSlash(path: ContainedPath, depth: number): boolean {
  return depth > 0 && depth === path.segments.length && !path.trailingSlash;
}
