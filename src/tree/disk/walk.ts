/**
 * Looking up a path name by name, as the kernel does it (its namei), but by our rules: the bits of
 * every folder are read before anything is looked for inside, and a symbolic link is not followed
 * but read, its target's names taking its place among those still to be walked.
 *
 * A walk ends at a file that it has seen but not opened, in a folder, or without success. Inside
 * means below the root. Outside is only ever reached through a link, with `symlinks: "follow"`:
 * there the link's maker vouches for the way, so the bits count from its target on and not before.
 */

import { isHiddenName } from "../path.ts";
import type { Denial, Need, Permissions } from "../permission.ts";
import { deny, permits } from "../permission.ts";
import type { AbsenceCause } from "../tree.ts";
import type { FileFacts, Folder, FolderOpener } from "../../system/file-system.ts";
import { FileStat } from "../../system/system-calls.ts";
import { lookAt, readLink } from "../../system/file-system.ts";
import type { SymlinkRule } from "./symlink-rule.ts";

/** The rules of a walk. */
export interface WalkRules {
  /** The root's real path without a slash at its end: "" for "/". */
  readonly root: string;
  /** The names of the root's path, for each way of writing it; absolute links may begin so. */
  readonly rootSpellings: readonly (readonly string[])[];
  readonly permissions: Permissions;
  readonly hidden: boolean;
  readonly symlinks: SymlinkRule;
  readonly symlinkHopsMax: number;
  readonly openFolder: FolderOpener;
}

/** A walk that found nothing it may show. */
export type Refusal =
  | { readonly kind: "absent"; readonly cause?: AbsenceCause }
  | { readonly kind: "forbidden"; readonly denial: Denial }
  | { readonly kind: "exhausted" }
  | { readonly kind: "failed"; readonly code: string };

/** Somebody changed the way meanwhile: walk again. */
export interface Moved {
  readonly kind: "moved";
}

/** Where a walk ended. */
export type WalkEnd =
  /** At a regular file; `path` is for opening it while the walk is still open. */
  | {
      readonly kind: "file";
      readonly name: string;
      readonly path: string;
      readonly facts: FileFacts;
    }
  /** In a folder, with all that is needed to look at it while the walk is still open. */
  | { readonly kind: "folder"; readonly folder: Folder; readonly isRoot: boolean }
  | Moved
  | Refusal;

export const absent: Refusal = { kind: "absent" };
export const hiddenName: Refusal = { kind: "absent", cause: "hidden" };
const outside: Refusal = { kind: "absent", cause: "link-outside" };
const special: Refusal = { kind: "absent", cause: "special" };
export const moved: Moved = { kind: "moved" };

/** What a system's code means to someone who looks for a file; all others are "failed". */
const meanings: ReadonlyMap<string, "absent" | "exhausted"> = new Map([
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

/** Whether the system refused the server itself. */
export function isDenied(code: string): boolean {
  return code === "EACCES" || code === "EPERM";
}

/** The outcome for a system's code, `isDenied` apart. */
export function refusalOf(code: string): Refusal {
  const meaning = meanings.get(code);
  return meaning === undefined ? { kind: "failed", code } : { kind: meaning };
}

/** A path that a walk has looked at, and what was there; undefined for nothing. */
export interface Step {
  readonly path: string;
  readonly seen: FileStat | undefined;
}

/** A folder on the way, with its real path, "" for "/". */
interface Stage {
  readonly folder: Folder;
  readonly where: string;
}

/** One lookup, from the root. Whoever makes it closes it. */
export class Walk {
  readonly #rules: WalkRules;
  /** The folders from the root, or from "/" when outside, to where the walk stands. */
  #stages: Stage[];
  /** Folders that were left again; held to the end, so that `isUnmoved` can ask for them. */
  readonly #left: Folder[] = [];
  #isOutside = false;
  /** Names still to be walked, the next one last. */
  #pending: string[] = [];
  /** How many of those come from a link; the last of them is what the link points at. */
  #pendingOfLink = 0;
  #hops = 0;
  /** What the walk has hung on, in order, by paths without links in them. */
  readonly steps: Step[] = [];
  /** Whether it has hung on nothing else. */
  isRepeatable = true;

  constructor(rules: WalkRules) {
    this.#rules = rules;
    this.#stages = [{ folder: namedRoot(rules.root), where: rules.root }];
  }

  /**
   * Walks on from where it stands. With `mustBeFolder` it ends in a folder or not at all;
   * without, a name that is last and a folder's is entered as well.
   */
  run(names: readonly string[], mustBeFolder: boolean): WalkEnd {
    this.#pending = names.toReversed();
    let name: string | undefined;
    while ((name = this.#pending.pop()) !== undefined) {
      if (this.#pendingOfLink > 0) this.#pendingOfLink--;
      if (name === "..") {
        const end = this.#leave();
        if (end !== undefined) return end;
        continue;
      }
      if (!this.#isOutside && !this.#rules.hidden && isHiddenName(name, this.#stages.length - 1)) {
        return hiddenName;
      }
      const isLast = this.#pending.length === 0 && !mustBeFolder;
      const end = isLast ? this.#arrive(name) : this.#enter(name, absent);
      if (end !== undefined) return end;
    }
    return { kind: "folder", folder: this.#here().folder, isRoot: this.#isAtRoot() };
  }

  /** What has come of this walk hangs on what `other` has hung on, too. */
  joins(other: Walk): void {
    this.steps.push(...other.steps);
    this.isRepeatable &&= other.isRepeatable;
  }

  /** Whether the way is still the one that was walked; to be asked before its end is believed. */
  isUnmoved(): boolean {
    if (!this.#left.every((folder) => folder.isUnmoved())) return false;
    return this.#stages.every((stage) => stage.folder.isUnmoved());
  }

  /** The denial of `need` to `name` in the folder where the walk stands; "" is the folder. */
  denial(name: string, mode: number, need: Need): Refusal {
    const { root } = this.#rules;
    const { where } = this.#here();
    const path = name === "" ? where : `${where}/${name}`;
    const shown = this.#isOutside ? path || "/" : path.slice(root.length + 1);
    return { kind: "forbidden", denial: deny(shown, mode, need) };
  }

  /** The refusal when the system wouldn't look into the folder where the walk stands. */
  refusedInside(code: string): Refusal {
    if (!isDenied(code)) return refusalOf(code);
    return this.denial("", this.#here().folder.facts.mode, "search");
  }

  /** Gives back every folder. */
  close(): void {
    for (const stage of this.#stages) stage.folder.close();
    for (const folder of this.#left) folder.close();
    this.#stages = [];
  }

  #here(): Stage {
    const stage = this.#stages.at(-1);
    if (stage === undefined) throw new Error("a walk was used after its end");
    return stage;
  }

  #isAtRoot(): boolean {
    return !this.#isOutside && this.#stages.length === 1;
  }

  /** The last name: a file ends the walk, a folder is entered, a link is taken apart. */
  #arrive(name: string): WalkEnd | undefined {
    const { folder, where } = this.#here();
    const path = folder.prefix + name;
    const facts = lookAt(path);
    if (!facts.ok) {
      this.#note(`${where}/${name}`, facts.error);
      return this.refusedInside(facts.error);
    }
    this.steps.push({ path: `${where}/${name}`, seen: facts.value.seen });
    switch (facts.value.type) {
      case "file":
        return { kind: "file", name, path, facts: facts.value };
      case "directory":
        return this.#enter(name, moved);
      case "link":
        return this.#expand(name, moved);
      case "other":
        return special;
    }
  }

  /** A name on the way: a folder that lets a stranger through, a link, or else `otherwise`. */
  #enter(name: string, otherwise: WalkEnd): WalkEnd | undefined {
    const here = this.#here();
    const where = `${here.where}/${name}`;
    if (this.#isOutside && where === this.#rules.root) {
      this.#restart(where);
      return undefined;
    }
    const opened = this.#rules.openFolder(here.folder.prefix + name);
    if (!opened.ok) {
      if (opened.error === "ENOTDIR") {
        const link = lookAt(here.folder.prefix + name);
        if (link.ok) this.steps.push({ path: where, seen: link.value.seen });
        else this.isRepeatable = false;
        return this.#expand(name, otherwise);
      }
      this.#note(where, opened.error);
      return this.refusedInside(opened.error);
    }
    this.steps.push({ path: where, seen: opened.value.facts.seen });
    this.#stages.push({ folder: opened.value, where });
    return this.#judge();
  }

  /**
   * Notes that looking at `path` has failed: nothing there is worth remembering, other faults not.
   */
  #note(path: string, error: string): void {
    if (error === "ENOENT") this.steps.push({ path, seen: undefined });
    else this.isRepeatable = false;
  }

  /** Whether a stranger may pass through the folder where the walk has just arrived. */
  #judge(): WalkEnd | undefined {
    const isVouchedFor = this.#isOutside && this.#pendingOfLink > 0;
    if (this.#rules.permissions === "process" || isVouchedFor) return undefined;
    const { mode } = this.#here().folder.facts;
    return permits(mode, "search") ? undefined : this.denial("", mode, "search");
  }

  /** ".." out of a link's target. */
  #leave(): WalkEnd | undefined {
    if (this.#isAtRoot()) {
      if (this.#rules.symlinks !== "follow") return outside;
      this.#goOutside(namesOf(this.#rules.root).slice(0, -1));
      return undefined;
    }
    if (this.#stages.length > 1) this.#left.push(...this.#stages.splice(-1).map((s) => s.folder));
    return this.#isOutside && this.#stages.length > 1 ? this.#judge() : undefined;
  }

  /** Puts the names of a link's target in the place of its own; `otherwise` if it is no link. */
  #expand(name: string, otherwise: WalkEnd): WalkEnd | undefined {
    const { symlinks, symlinkHopsMax, rootSpellings } = this.#rules;
    const target = readLink(this.#here().folder.prefix + name);
    if (!target.ok) {
      return target.error === "EINVAL" ? otherwise : this.refusedInside(target.error);
    }
    this.#hops++;
    if (symlinks === "deny") return { kind: "absent", cause: "link-refused" };
    if (this.#hops > symlinkHopsMax) return { kind: "absent", cause: "link-loop" };
    const names = namesOf(target.value);
    if (!target.value.startsWith("/")) {
      this.#push(names);
      return undefined;
    }
    const spelling = rootSpellings.find((root) => root.every((part, i) => part === names[i]));
    if (spelling !== undefined) {
      this.#restart(this.#rules.root);
      this.#push(names.slice(spelling.length));
      return undefined;
    }
    if (symlinks !== "follow") return outside;
    this.#goOutside(names);
    return undefined;
  }

  #push(names: readonly string[]): void {
    this.#pending.push(...names.toReversed());
    this.#pendingOfLink += names.length;
  }

  /** Walks `names` from "/", before what is still pending. */
  #goOutside(names: readonly string[]): void {
    this.#restart("");
    this.#isOutside = true;
    this.#push(names);
  }

  /** Stands at the root, or at "/". */
  #restart(where: string): void {
    this.#left.push(...this.#stages.map((stage) => stage.folder));
    this.#stages = [{ folder: namedRoot(where), where }];
    this.#isOutside = false;
  }
}

/** The names of a path; "." and empty ones mean nothing (POSIX.1-2024 XBD §4.16). */
export function namesOf(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

const unknownFacts: FileFacts = {
  type: "directory",
  mode: 0o040000,
  size: 0,
  mtimeMs: 0,
  seen: new FileStat(),
};

/**
 * The root, or "/": granted by being named, so it is not held, and found again by its path at each
 * call. A build that removes the folder and makes it anew goes on being served.
 */
function namedRoot(path: string): Folder {
  return {
    prefix: `${path}/`,
    get facts() {
      const facts = lookAt(`${path}/`);
      return facts.ok ? facts.value : unknownFacts;
    },
    isUnmoved: () => true,
    close() {},
  };
}
