/**
 * Resolves a path name by name, as the kernel does (its namei), but by the rules of the tree. The
 * mode of every folder is read before anything is looked up inside. A symbolic link is not followed
 * by the kernel: the walk reads it and continues with the names of its target.
 *
 * A walk ends at a file that it has looked at but not opened, in a folder, or with a refusal.
 * Inside means below the root. A walk gets outside only by a link, and only with `symlinks:
 * "follow"`. By creating the link, the owner of the tree has permitted the folders on the path to
 * its target, so mode bits are checked from the target on and not before.
 */

import type { FileStat } from "../../system/file-stat.ts";
import { lookAt, readLink } from "../../system/file-system.ts";
import type { Folder, FolderOpener } from "../../system/folder.ts";
import { displayName, isHiddenName } from "../path.ts";
import type { Denial, Need, Permissions } from "../permission.ts";
import { deny, permits, unlisted } from "../permission.ts";
import type { AbsenceCause, Outcome } from "../tree.ts";
import type { Step } from "./named-root.ts";
import { namedRoot, namesOf, resolveRoot } from "./named-root.ts";
import { FoundFile } from "./open-file.ts";
import type { UploadedFolder } from "./uploaded-folder.ts";

/** The values of the option `symlinks`. */
export const symlinkRules = ["inside", "follow", "deny"] as const;

/**
 * Which links are followed: those whose target is inside the root, all ("follow"), or none
 * ("deny").
 */
export type SymlinkRule = (typeof symlinkRules)[number];

/** The rules of a walk. */
export interface WalkRules {
  /**
   * The root's absolute path without a trailing slash: "" for "/". It may contain symbolic links,
   * which the kernel follows anew for each look.
   */
  readonly root: string;
  /** The names of `root`. An absolute link into the root may begin with them. */
  readonly rootNames: readonly string[];
  readonly permissions: Permissions;
  readonly hidden: boolean;
  readonly symlinks: SymlinkRule;
  readonly symlinkHopsMax: number;
  readonly openFolder: FolderOpener;
  /** The folder whose files are marked as uploads; undefined for none. */
  readonly uploads?: UploadedFolder | undefined;
}

/** A walk whose result may not be served. */
export type Refusal =
  | { readonly kind: "absent"; readonly cause?: AbsenceCause }
  | { readonly kind: "forbidden"; readonly denial: Denial }
  | { readonly kind: "exhausted" }
  | { readonly kind: "failed"; readonly code: string };

/** The file system changed during the walk, which must be repeated. */
export interface Moved {
  readonly kind: "moved";
}

/** Where a walk ended. */
export type WalkEnd =
  /** At a regular file. `path` is valid until the walk is closed. */
  | {
      readonly kind: "file";
      readonly name: string;
      readonly path: string;
      readonly stat: FileStat;
    }
  /** In a folder, which is open until the walk is closed. */
  | { readonly kind: "folder"; readonly folder: Folder; readonly isRoot: boolean }
  | Moved
  | Refusal;

export const absent: Refusal = { kind: "absent" };
export const hiddenName: Refusal = { kind: "absent", cause: "hidden" };
const outside: Refusal = { kind: "absent", cause: "link-outside" };
const special: Refusal = { kind: "absent", cause: "special" };
export const moved: Moved = { kind: "moved" };

/** The meaning of system errors for a lookup. All others mean that it has failed. */
const errorMeanings: ReadonlyMap<string, "absent" | "exhausted"> = new Map([
  ["ENOENT", "absent"],
  ["ENOTDIR", "absent"],
  ["ENAMETOOLONG", "absent"],
  ["ELOOP", "absent"],
  ["ENXIO", "absent"],
  ["ENODEV", "absent"],
  ["EMFILE", "exhausted"],
  ["ENFILE", "exhausted"],
  ["ENOMEM", "exhausted"],
]);

/** Whether the system denies access to the server's process. */
export function isDenied(code: string): boolean {
  return code === "EACCES" || code === "EPERM";
}

/** The message about a root that the process can't enter. */
export function shutOut(root: string): string {
  return `this user may not enter the folder, and can serve nothing of it: ${displayName(root)}`;
}

/** The refusal for a system error other than those of `isDenied`. */
export function refusalOf(code: string): Refusal {
  const meaning = errorMeanings.get(code);
  return meaning === undefined ? { kind: "failed", code } : { kind: meaning };
}

/** A folder that the walk has entered, and its real path, "" for "/". */
interface EnteredFolder {
  readonly folder: Folder;
  readonly path: string;
}

/** One resolution of a path, beginning at the root. The caller closes it. */
export class Walk {
  readonly #rules: WalkRules;
  /** The folders from the root, or from "/" when outside, to the current one. */
  #entered: EnteredFolder[];
  /** Folders that the walk has left. They stay open until it is closed, for `isUnmoved`. */
  readonly #left: Folder[] = [];
  #isOutside = false;
  /** The names still to be resolved, the next one last. */
  #pending: string[] = [];
  /** How many of the pending names come from a link. The last of those is the link's target. */
  #pendingOfLink = 0;
  #hops = 0;
  /**
   * The root's real path. An absolute link into the root may also begin with that. Resolved when a
   * link needs it; undefined before, and when the root is missing.
   */
  #realRoot: string | undefined;
  /**
   * The looks that the result depends on, in order. Their paths have no symbolic links in them but
   * those on the way to the root.
   */
  readonly steps: Step[] = [];
  /** Whether the walk has ended at the folder that it leads to, which a stranger may not search. */
  isShutOut = false;
  /**
   * Whether the result depends on nothing but `steps`, so that equal looks mean an equal result.
   */
  isRepeatable = true;

  constructor(rules: WalkRules) {
    this.#rules = rules;
    this.#entered = [{ folder: namedRoot(rules.root), path: rules.root }];
  }

  /**
   * Resolves `names` from the current folder on. With `mustBeFolder` the walk ends in a folder or
   * with a refusal. Without, it may end at a file, and if the last name is a folder, it is entered.
   */
  run(names: readonly string[], mustBeFolder: boolean): WalkEnd {
    this.#pending = names.toReversed();
    let name: string | undefined;
    while ((name = this.#pending.pop()) !== undefined) {
      if (this.#pendingOfLink > 0) this.#pendingOfLink--;
      if (name === "..") {
        const end = this.#enterParent();
        if (end !== undefined) return end;
        continue;
      }
      if (!this.#isOutside && !this.#rules.hidden && isHiddenName(name, this.#entered.length - 1)) {
        return hiddenName;
      }
      const isLast = this.#pending.length === 0 && !mustBeFolder;
      const end = isLast ? this.#lookUpLast(name) : this.#enter(name, absent);
      if (end !== undefined) return end;
    }
    return { kind: "folder", folder: this.#current().folder, isRoot: this.#isAtRoot() };
  }

  /** The result of this walk also depends on the steps of `other`. */
  addStepsOf(other: Walk): void {
    this.steps.push(...other.steps);
    this.isRepeatable &&= other.isRepeatable;
  }

  /** Whether no folder of the walk was replaced meanwhile. Its result is valid only if so. */
  isUnmoved(): boolean {
    for (const folder of this.#left) if (!folder.isUnmoved()) return false;
    for (const { folder } of this.#entered) if (!folder.isUnmoved()) return false;
    return true;
  }

  /** The denial of `need` to `name` in the current folder; "" is the folder itself. */
  denial(name: string, mode: number, need: Need): Refusal {
    const { root } = this.#rules;
    const folder = this.#current().path;
    const path = name === "" ? folder : `${folder}/${name}`;
    const shown = this.#isOutside ? path || "/" : path.slice(root.length + 1);
    return { kind: "forbidden", denial: deny(shown, mode, need) };
  }

  /** `outcome`, whose file is marked if this walk has led into the folder of uploads. */
  marked<Found extends Outcome | Moved>(outcome: Found): Found {
    const { uploads } = this.#rules;
    if (uploads === undefined || outcome.kind !== "file") return outcome;
    const [root] = this.#entered;
    const folders = this.#entered.map(({ folder }) => folder);
    if (outcome.file instanceof FoundFile) {
      outcome.file.isUploaded = uploads.holds(root?.path ?? "", folders);
    }
    return outcome;
  }

  /**
   * `end`, a refusal; where the walk is shut out of a folder that would be listed, by both bits.
   * The folder isn't listed if it has a file called `index`, which the walk looks for.
   */
  refused<End extends WalkEnd>(end: End, index: string | undefined): End | Refusal {
    if (!this.isShutOut || end.kind !== "forbidden") return end;
    const hasIndex = (): boolean => index !== undefined && this.run([index], false).kind === "file";
    return { kind: "forbidden", denial: unlisted(end.denial, hasIndex) };
  }

  /** The refusal when a call on an entry of the current folder has failed with `code`. */
  refusedInside(code: string): Refusal {
    if (!isDenied(code)) return refusalOf(code);
    return this.denial("", this.#current().folder.stat.mode, "search");
  }

  /** Closes every folder. */
  close(): void {
    for (const { folder } of this.#entered) folder.close();
    for (const folder of this.#left) folder.close();
    this.#entered = [];
  }

  #current(): EnteredFolder {
    const current = this.#entered[this.#entered.length - 1];
    if (current === undefined) throw new Error("a walk was used after it was closed");
    return current;
  }

  #isAtRoot(): boolean {
    return !this.#isOutside && this.#entered.length === 1;
  }

  /** Resolves the last name: a file ends the walk, a folder is entered, a link is followed. */
  #lookUpLast(name: string): WalkEnd | undefined {
    const { folder, path: folderPath } = this.#current();
    const path = folder.prefix + name;
    const stat = lookAt(path);
    if (!stat.ok) {
      this.#addFailedStep(`${folderPath}/${name}`, stat.error);
      return this.refusedInside(stat.error);
    }
    this.steps.push({ path: `${folderPath}/${name}`, seen: stat.value });
    switch (stat.value.type) {
      case "file":
        return { kind: "file", name, path, stat: stat.value };
      case "directory":
        return this.#enter(name, moved);
      case "link":
        return this.#resolveLink(name, moved);
      case "other":
        return special;
    }
  }

  /**
   * Enters the folder `name` if a stranger may search it, or resolves the link `name`. If it is
   * neither, the walk ends with `otherwise`.
   */
  #enter(name: string, otherwise: WalkEnd): WalkEnd | undefined {
    const current = this.#current();
    const path = `${current.path}/${name}`;
    if (this.#isOutside && path === this.#realRoot) {
      this.#restartAt(this.#rules.root);
      return undefined;
    }
    const opened = this.#rules.openFolder(current.folder.prefix + name);
    if (!opened.ok) {
      if (opened.error === "ENOTDIR") {
        const link = lookAt(current.folder.prefix + name);
        if (link.ok && link.value.isFolder) return moved;
        if (link.ok) this.steps.push({ path, seen: link.value });
        else this.isRepeatable = false;
        return this.#resolveLink(name, otherwise);
      }
      this.#addFailedStep(path, opened.error);
      return this.refusedInside(opened.error);
    }
    this.steps.push({ path, seen: opened.value.stat });
    this.#entered.push({ folder: opened.value, path });
    return this.#checkSearch();
  }

  /** Records a failed look. That nothing is there can be checked again; another error can't. */
  #addFailedStep(path: string, error: string): void {
    if (error === "ENOENT") this.steps.push({ path, seen: undefined });
    else this.isRepeatable = false;
  }

  /** The refusal if a stranger may not search the current folder, which was just entered. */
  #checkSearch(): WalkEnd | undefined {
    const isOnWayToTarget = this.#isOutside && this.#pendingOfLink > 0;
    if (this.#rules.permissions === "process" || isOnWayToTarget) return undefined;
    const { mode } = this.#current().folder.stat;
    if (permits(mode, "search")) return undefined;
    this.isShutOut = this.#pending.length === 0;
    return this.denial("", mode, "search");
  }

  /** Resolves "..", which only the target of a link can contain. */
  #enterParent(): WalkEnd | undefined {
    if (this.#isAtRoot()) {
      if (this.#rules.symlinks !== "follow") return outside;
      this.#goOutside(namesOf(this.#resolveRoot()).slice(0, -1));
      return undefined;
    }
    if (this.#entered.length > 1) {
      this.#left.push(...this.#entered.splice(-1).map(({ folder }) => folder));
    }
    return this.#isOutside && this.#entered.length > 1 ? this.#checkSearch() : undefined;
  }

  /** Continues with the names of the link's target; `otherwise` if `name` is no link. */
  #resolveLink(name: string, otherwise: WalkEnd): WalkEnd | undefined {
    const { symlinks, symlinkHopsMax, root, rootNames } = this.#rules;
    const target = readLink(this.#current().folder.prefix + name);
    if (!target.ok) {
      if (target.error === "EINVAL") return otherwise;
      this.isRepeatable = false;
      return this.refusedInside(target.error);
    }
    this.#hops++;
    if (symlinks === "deny") return { kind: "absent", cause: "link-refused" };
    if (this.#hops > symlinkHopsMax) return { kind: "absent", cause: "link-loop" };
    const names = namesOf(target.value);
    if (!target.value.startsWith("/")) {
      this.#addPending(names);
      return undefined;
    }
    const spelling = isBelow(names, rootNames) ? rootNames : namesOf(this.#resolveRoot());
    if (isBelow(names, spelling)) {
      this.#restartAt(root);
      this.#addPending(names.slice(spelling.length));
      return undefined;
    }
    if (symlinks !== "follow") return outside;
    this.#goOutside(names);
    return undefined;
  }

  /** The root's real path. The result then depends on all that this path does. */
  #resolveRoot(): string {
    if (this.#realRoot !== undefined) return this.#realRoot;
    const resolved = resolveRoot(this.#rules.root);
    if (resolved === undefined) {
      this.isRepeatable = false;
      return this.#rules.root;
    }
    this.steps.push(...resolved.steps);
    this.#realRoot = resolved.path;
    return resolved.path;
  }

  /** Inserts `names`, which come from a link, before the pending names. */
  #addPending(names: readonly string[]): void {
    this.#pending.push(...names.toReversed());
    this.#pendingOfLink += names.length;
  }

  /** Continues at "/" with `names`, followed by the pending names. */
  #goOutside(names: readonly string[]): void {
    this.#restartAt("");
    this.#isOutside = true;
    this.#addPending(names);
  }

  /** Makes the root or "/" the current folder. */
  #restartAt(path: string): void {
    this.#left.push(...this.#entered.map(({ folder }) => folder));
    this.#entered = [{ folder: namedRoot(path), path }];
    this.#isOutside = false;
  }
}

/** Whether a path with `names` is, or is below, the folder with `folderNames`. */
function isBelow(names: readonly string[], folderNames: readonly string[]): boolean {
  return folderNames.every((name, i) => name === names[i]);
}
