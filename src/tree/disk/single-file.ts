/**
 * One file of a folder on disk as a tree: `/` is the file, and so is `/` with the file's name.
 * Nothing else is there. The files beside it may be anything, and a program that is asked to serve
 * one file must not show them, so a page finds no pictures or styles that lie beside it.
 *
 * The file is looked for in its folder by each request, as any other, so one that is replaced by a
 * rename is seen. The folder, the file's name and a symbolic link of that name are granted by being
 * named, as a root is. The file itself still has to be readable for others.
 */

import type { LookupCache } from "../cache/lookup-cache.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { lookAt, realPath } from "../../system/file-system.ts";
import type { ContainedPath } from "../path.ts";
import { childPath, rootPath } from "../path.ts";
import type { FolderOutcome, Kind, ListingSteps, Outcome, ShownFolder, Tree } from "../tree.ts";
import { View } from "../view.ts";
import type { DiskTree, DiskTreeOptions } from "./disk-tree.ts";
import { openDiskTree } from "./disk-tree.ts";

const absent: Outcome = { kind: "absent" };

/** What the file's name leads to; a folder that has taken its place is absent. */
function unlessFolder(found: Outcome): Outcome {
  return found.kind === "redirect" || found.kind === "directory" ? absent : found;
}

/**
 * The tree of the file at `options.root`; undefined when there is no regular file. Or a message
 * that says why it can't be opened.
 */
export function openSingleFile(
  options: DiskTreeOptions,
): Result<SingleFileTree, string> | undefined {
  const { root: file } = options;
  if (file.endsWith("/")) return undefined;
  const real = realPath(file);
  const stat = real.ok ? lookAt(real.value) : real;
  if (!stat.ok || stat.value.type !== "file") return undefined;
  const nameAt = file.lastIndexOf("/") + 1;
  const path = childPath(rootPath, file.slice(nameAt));
  if (path === undefined) return failure(`not a file's name: ${file}`);
  const root = nameAt === 0 ? "." : file.slice(0, nameAt);
  const opened = openDiskTree({ ...options, root, index: "", hidden: true, symlinks: "follow" });
  return opened.ok ? success(new SingleFileTree(opened.value, path)) : opened;
}

/** A tree of one file. */
export class SingleFileTree implements Tree {
  /** The real path of the file's folder when the tree was opened, and the file's name. */
  readonly root: string;
  /** The real path of the folder; denials name the file relative to it. */
  readonly folder: string;
  readonly index: string;
  readonly #folder: DiskTree;
  readonly #file: ContainedPath;

  /** `file` is the path of the file in `folder`, which follows all links and hides nothing. */
  constructor(folder: DiskTree, file: ContainedPath) {
    this.index = file.text.slice(1);
    this.root = `${folder.root === "/" ? "" : folder.root}/${this.index}`;
    this.folder = folder.root;
    this.#folder = folder;
    this.#file = file;
  }

  get cache(): LookupCache {
    return this.#folder.cache;
  }

  get folders(): readonly ShownFolder[] {
    return this.#folder.folders.map((folder) => ({ ...folder, only: this.index }));
  }

  open(path: ContainedPath, view: View): Outcome {
    return this.#leadsToFile(path) ? unlessFolder(this.#folder.open(this.#file, view)) : absent;
  }

  peek(path: ContainedPath, view: View): Kind {
    if (!this.#leadsToFile(path)) return "absent";
    const kind = this.#folder.peek(this.#file, view);
    return kind === "redirect" ? "absent" : kind;
  }

  /** There is no folder to list. */
  list(): ListingSteps {
    return [].values();
  }

  /** Nor one to describe. */
  describe(): FolderOutcome {
    return { kind: "absent" };
  }

  /** Whether the file at the path `file` of this machine is this one, and readable. */
  shows(file: string): boolean {
    const real = realPath(file);
    const own = realPath(this.root);
    if (!real.ok || !own.ok || real.value !== own.value) return false;
    return this.peek(this.#file, View.anew(0)) === "file";
  }

  close(): void {
    this.#folder.close();
  }

  #leadsToFile({ text }: ContainedPath): boolean {
    return text === "/" || text === this.#file.text;
  }
}
