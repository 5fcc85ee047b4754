import type { Result } from "../base/result.ts";
import { failure } from "../base/result.ts";
import type { ContainedPath } from "./path.ts";
import type { Permissions } from "./permission.ts";
import type { Resolution } from "./resolution.ts";

export type {
  DirectoryEntries,
  DirectoryEntry,
  OpenDirectory,
  OpenFile,
  Resolution,
} from "./resolution.ts";

/** What of a tree is shown, and how. */
export interface TreeOptions {
  /** The folder that is served; relative to the working directory. */
  readonly root: string;
  readonly permissions: Permissions;
  /** Whether names that begin with "." are shown. */
  readonly hidden: boolean;
  /** What a symbolic link may lead to. */
  readonly symlinks: "inside" | "follow" | "deny";
  /** The file that stands for its folder, "index.html"; "" for none. */
  readonly index: string;
  /** Links followed on the way to one file; beyond it the file is absent. */
  readonly symlinkHopsMax: number;
}

/** A served folder. */
export class Tree {
  /** The real path of the folder, without links in it. */
  readonly root: string;

  constructor(options: TreeOptions) {
    this.root = options.root;
  }

  /** What `path` leads to, as of now: nothing is remembered between two calls. */
  resolve(_path: ContainedPath): Resolution {
    return { kind: "absent" };
  }

  /** The same for a file in the root, "404.html". */
  openByName(_name: string): Resolution {
    return { kind: "absent" };
  }
}

/** The tree at `options.root`, or a line that says why there is none. */
export function openTree(options: TreeOptions): Result<Tree, string> {
  return failure(`no such folder: ${options.root}`);
}
