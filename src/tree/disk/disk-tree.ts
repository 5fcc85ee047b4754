/**
 * From a contained path to an open file, or to the reason why not: where way, bits and bytes meet.
 *
 * `walk.ts` finds, this opens and decides. The decision about a file is made on what fstat says of
 * the descriptor that will be read, never on a look beforehand; the look only keeps devices and
 * sockets from being opened at all. What is remembered between two calls is looked at again (see
 * `resolution-memory.ts`), so a change of mode counts on the next one.
 *
 * No answer tells a stranger more than a directory's bits would: a hidden name is decided by the
 * name alone and first, and behind a folder that lets nobody through everything is forbidden,
 * whether it exists or not.
 */

import type { Limits } from "../../base/limits.ts";
import type { Moments } from "../cache/freshness.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { systemCalls } from "../../system/system-choice.ts";
import type { EntryReader } from "../listing/entry-reader.ts";
import { openEntries } from "../listing/entry-reader.ts";
import type { ListingContext } from "../listing/list-folder.ts";
import { listFolder } from "../listing/list-folder.ts";
import { SharedFile } from "../cache/open-file-cache.ts";
import { DiskFile, MemoryFile } from "./open-file.ts";
import type { Conclusion, Lookup } from "../cache/lookup.ts";
import type { ContainedPath } from "../path.ts";
import { childPath, isHidden, isNameable, rootPath } from "../path.ts";
import type { Permissions } from "../permission.ts";
import { permits } from "../permission.ts";
import type { OpenDirectory, OpenFile, Outcome } from "../tree.ts";
import type { MemoryLimits } from "../cache/lookup-cache.ts";
import { LookupCache } from "../cache/lookup-cache.ts";
import type { FileFacts, FolderOpener } from "../../system/file-system.ts";
import {
  chooseFolderOpener,
  closeDescriptor,
  lookAt,
  lookAtEach,
  lookInto,
  openForReading,
  realPath,
  tryListing,
} from "../../system/file-system.ts";
import type { SymlinkRule } from "./symlink-rule.ts";
import type { Moved, Step, WalkEnd, WalkRules } from "./walk.ts";
import { absent, hiddenName, isDenied, moved, namesOf, refusalOf, Walk } from "./walk.ts";

export type {
  AbsenceCause,
  DirectoryEntry,
  ListingStep,
  OpenDirectory,
  OpenFile,
  Outcome,
} from "../tree.ts";

/** What of a tree is shown, and how. */
export interface TreeOptions {
  /** The folder that is served; relative to the working directory. */
  readonly root: string;
  readonly permissions: Permissions;
  /** Whether names that begin with "." are shown. */
  readonly hidden: boolean;
  /** What a symbolic link may lead to. */
  readonly symlinks: SymlinkRule;
  /** The file that stands for its folder, "index.html"; "" for none. */
  readonly index: string;
  readonly limits: TreeLimits;
  /** How fresh what is found has to be. */
  readonly moments: Moments;
}

/** The limits that a tree lives by. */
export type TreeLimits = MemoryLimits & Pick<Limits, "symlinkHopsMax" | "inlineBytesMax">;

/** Walks begun for one answer when others keep changing the way. */
const attemptsMax = 3;

/** Names in the root whose paths are remembered: pages of errors, the form. */
const pathsByNameMax = 16;

/** The answer when the last of them has failed too. */
const unsettled: Outcome = refusalOf("ESTALE");

/** What was made, and how to have it again, if that can be. */
export interface Concluded<Value> {
  readonly value: Value;
  readonly conclusion: Conclusion<Value> | undefined;
}

type FoundFile = Extract<WalkEnd, { kind: "file" }>;
type FoundFolder = Extract<WalkEnd, { kind: "folder" }>;

/** The names on the way from "/" to `path`, as it is written, links or not. */
function namesFromTop(path: string): readonly string[] {
  const names: string[] = [];
  for (const name of namesOf(path.startsWith("/") ? path : `${process.cwd()}/${path}`)) {
    if (name === "..") names.pop();
    else names.push(name);
  }
  return names;
}

/** The tree at `options.root`, or a line that says why there is none. */
export function openTree(options: TreeOptions): Result<Tree, string> {
  const { index } = options;
  if (index !== "" && !isNameable(index)) return failure(`not a file's name: ${index}`);
  const root = realPath(options.root);
  if (!root.ok) {
    const isMissing = root.error === "ENOENT" || root.error === "ENOTDIR";
    return failure(`${isMissing ? "no such folder" : root.error}: ${options.root}`);
  }
  const facts = lookAt(root.value);
  if (!facts.ok || facts.value.type !== "directory") {
    return failure(`not a folder: ${options.root}`);
  }
  return success(new Tree(options, root.value, chooseFolderOpener(root.value)));
}

/** A served folder. */
export class Tree {
  /** The real path of the folder, without links in it. */
  readonly root: string;
  /** The name of the file that stands for its folder; "" for none. */
  readonly index: string;
  readonly #rules: WalkRules;
  readonly #limits: TreeLimits;
  readonly #memory: LookupCache;
  readonly #moments: Moments;
  readonly #pathsByName = new Map<string, ContainedPath>();
  readonly #index: ContainedPath | undefined;
  /** Findings that were asked for; undefined when nobody concludes anything, or one won't last. */
  #asked: Lookup[] | undefined;

  /** `root` is the real path of `options.root`; `openTree` finds it out. */
  constructor(options: TreeOptions, root: string, openFolder: FolderOpener) {
    this.root = root;
    this.index = options.index;
    this.#index = childPath(rootPath, options.index);
    const { limits, moments } = options;
    this.#limits = limits;
    this.#moments = moments;
    this.#memory = new LookupCache(limits, systemCalls(), moments);
    this.#rules = {
      ...options,
      symlinkHopsMax: limits.symlinkHopsMax,
      root: root === "/" ? "" : root,
      rootSpellings: [namesOf(root), namesFromTop(options.root)],
      openFolder,
    };
  }

  /**
   * How fresh the answer to the request has to be that is being handed over: for whoever answers it
   * later, and then looks for something.
   */
  get since(): number {
    return this.#moments.since;
  }

  /** What `path` leads to, as of `since` or later: by looks that were made then, or by new ones. */
  resolve(path: ContainedPath, since = this.#moments.since): Outcome {
    const known = this.#memory.find(path, since);
    if (known !== undefined && isReady(known.resolution)) {
      this.#asked?.push(known);
      return known.resolution;
    }
    this.#asked = undefined;
    return this.#lookFor(path);
  }

  /**
   * Runs `make`, whose value may follow from what it asks this tree for and from nothing else that
   * changes. If it does, `bytesOf` tells what it holds, about, that the tree doesn't, and it can be
   * had again for as long as the disk says the same.
   */
  conclude<Value>(
    make: () => Value,
    bytesOf: (value: Value) => number | undefined,
  ): Concluded<Value> {
    this.#asked = [];
    try {
      const value = make();
      const bytes = bytesOf(value);
      const asked = this.#asked ?? [];
      if (bytes === undefined || asked.length === 0) return { value, conclusion: undefined };
      return { value, conclusion: this.#memory.conclude(value, bytes, asked) };
    } finally {
      this.#asked = undefined;
    }
  }

  /** Closes files that are open for requests to come. */
  close(): void {
    this.#memory.close();
  }

  /** What `path` leads to; remembered where it can be. */
  #lookFor(path: ContainedPath): Outcome {
    if (!this.#rules.hidden && isHidden(path)) return hiddenName;
    const { segments, trailingSlash } = path;
    return this.#walk<Outcome>(
      segments,
      trailingSlash,
      unsettled,
      (walk, end) => this.#arrive(path, walk, end),
      (walk, found) => {
        if (walk.isRepeatable && isRepeatable(found, walk.steps)) {
          this.#memory.remember(path, found, walk.steps);
        }
      },
    );
  }

  /** What the `end` of `walk` means to someone who has asked for `path`. */
  #arrive(path: ContainedPath, walk: Walk, end: WalkEnd): Outcome | Moved {
    if (end.kind === "file") return this.#openFile(walk, end, path.segments.at(-1) ?? "");
    if (end.kind !== "folder") return end;
    if (path.trailingSlash) return this.#indexOf(walk) ?? this.#openDirectory(path, walk);
    // The bits have let a stranger in; the system may still refuse the server.
    const self = lookAt(`${end.folder.prefix}.`);
    return self.ok ? { kind: "redirect" } : walk.refusedInside(self.error);
  }

  /** The same for a file in the root, "404.html". A name that no file can have is absent. */
  openByName(name: string, since = this.#moments.since): Outcome {
    const path = this.#pathByName(name);
    return path === undefined ? absent : this.resolve(path, since);
  }

  /** The path of `name` in the root; the same few are asked for again and again. */
  #pathByName(name: string): ContainedPath | undefined {
    let path = this.#pathsByName.get(name);
    if (path === undefined) {
      path = childPath(rootPath, name);
      if (path !== undefined && this.#pathsByName.size < pathsByNameMax) {
        this.#pathsByName.set(name, path);
      }
    }
    return path;
  }

  /** Opens the file that `walk` has found, and decides on what was opened. */
  #openFile(walk: Walk, found: FoundFile, name: string): Outcome | Moved {
    const { name: realName, path, facts } = found;
    const opened = openForReading(path);
    if (!opened.ok) {
      // A link has taken its place, or nothing has: what the walk saw is past.
      if (opened.error === "ELOOP" || opened.error === "ENOENT") return moved;
      return isDenied(opened.error)
        ? walk.denial(realName, facts.mode, "read")
        : refusalOf(opened.error);
    }
    const fd = opened.value;
    const now = lookInto(fd);
    if (!now.ok) {
      closeDescriptor(fd);
      return refusalOf(now.error);
    }
    const { type, mode, seen } = now.value;
    const isRegular = type === "file";
    if (isRegular && (this.#rules.permissions === "process" || permits(mode, "read"))) {
      // Most are remembered, and what was seen twice needn't be kept twice.
      const identity = seen.isSame(facts.seen) ? facts.seen : seen;
      const file = new DiskFile(name, fd, identity, this.#moments.latestMs);
      return { kind: "file", file: this.#readIfSmall(file) };
    }
    closeDescriptor(fd);
    return isRegular ? walk.denial(realName, mode, "read") : moved;
  }

  /** A small file is read and closed: what was read is what is promised, should it be cut later. */
  #readIfSmall(file: DiskFile): OpenFile {
    if (file.size > this.#limits.inlineBytesMax) return file;
    const content = file.readAll();
    file.close();
    return new MemoryFile(file, content);
  }

  /** The index of the folder where `walk` stands; undefined if it has none. */
  #indexOf(walk: Walk): Outcome | Moved | undefined {
    const name = this.#index?.segments[0];
    if (name === undefined) return undefined;
    const end = walk.run([name], false);
    if (end.kind === "absent" || end.kind === "folder") return undefined;
    return end.kind === "file" ? this.#openFile(walk, end, name) : end;
  }

  /** The folder at `path`, where `asker` has found no index: found anew, and decided by that. */
  #openDirectory(path: ContainedPath, asker: Walk): Outcome {
    return this.#walk<Outcome>(path.segments, true, unsettled, (walk, end) => {
      // Two chmods between both walks, there and back, would show in neither of them alone.
      asker.joins(walk);
      if (end.kind !== "folder") return end.kind === "file" ? absent : end;
      const code = this.#mayList(end) ? tryListing(end.folder.prefix) : "EACCES";
      if (code !== undefined) {
        if (!isDenied(code)) return refusalOf(code);
        return walk.denial("", end.folder.facts.mode, "read");
      }
      return { kind: "directory", directory: this.#directory(path) };
    });
  }

  #mayList(end: FoundFolder): boolean {
    if (end.isRoot || this.#rules.permissions === "process") return true;
    return permits(end.folder.facts.mode, "read");
  }

  /** The folder at `path`, to be listed by whoever wants that. */
  #directory(path: ContainedPath): OpenDirectory {
    const context: ListingContext = {
      depth: path.segments.length,
      hidden: this.#rules.hidden,
      open: () =>
        this.#inside(path, undefined, (prefix) => {
          const opened = openEntries(prefix);
          return opened.ok ? opened.value : undefined;
        }),
      lookAt: (names) =>
        names.length === 0 ? [] : this.#inside(path, [], (prefix) => lookAtEach(prefix, names)),
      describeLink: (name) => this.#describe(path, name),
    };
    return { path, list: (limit) => listFolder(context, limit) };
  }

  /** What `then` finds in the folder at `path`, if that may be listed; `otherwise` if not. */
  #inside<Found extends object | undefined>(
    path: ContainedPath,
    otherwise: Found,
    then: (prefix: string) => Found,
  ): Found {
    return this.#walk(path.segments, true, otherwise, (_walk, end) => {
      if (end.kind === "moved") return end;
      return end.kind === "folder" && this.#mayList(end) ? then(end.folder.prefix) : otherwise;
    });
  }

  /** What `name` in the folder `path` leads to, without opening it. */
  #describe(path: ContainedPath, name: string): FileFacts | undefined {
    const names = [...path.segments, name];
    return this.#walk<FileFacts | undefined>(names, false, undefined, (_walk, end) => {
      if (end.kind === "file") return end.facts;
      return end.kind === "folder" ? end.folder.facts : undefined;
    });
  }

  /**
   * Runs a walk, lets `then` look at its end while it is open, and closes it. If the way has
   * changed meanwhile, what came out is dropped and it walks again; in the end `otherwise`. What
   * comes out in the end is told to `settled` first.
   */
  #walk<Found extends object | undefined>(
    names: readonly string[],
    mustBeFolder: boolean,
    otherwise: Found,
    then: (walk: Walk, end: WalkEnd) => Found | Moved,
    settled?: (walk: Walk, outcome: Found) => void,
  ): Found {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const walk = new Walk(this.#rules);
      try {
        const outcome = then(walk, walk.run(names, mustBeFolder));
        if (isSettled(outcome) && walk.isUnmoved()) {
          settled?.(walk, outcome);
          return outcome;
        }
        drop(outcome);
      } finally {
        walk.close();
      }
    }
    return otherwise;
  }
}

/** Whether a remembered outcome can be given out: a large file has to be open, and still is it. */
function isReady(outcome: Outcome): boolean {
  return outcome.kind !== "file" || !(outcome.file instanceof SharedFile) || outcome.file.open();
}

/** Whether an outcome is the same for all who ask, and follows from `steps` alone. */
function isRepeatable(outcome: Outcome, steps: readonly Step[]): boolean {
  switch (outcome.kind) {
    case "file": {
      const { content, size, identity } = outcome.file;
      // What was opened has to be the file that was found by the last step, and read to its end.
      const isWhole = content === undefined || content.length === size;
      return isWhole && steps.at(-1)?.seen?.isSame(identity) === true;
    }
    case "forbidden":
      // Where the bit is there the system has refused, and its reasons don't show.
      return !permits(outcome.denial.mode, outcome.denial.lacks === "o+r" ? "read" : "search");
    case "absent":
    case "redirect":
      return true;
    default:
      return false;
  }
}

function isSettled<Found extends object | undefined>(outcome: Found | Moved): outcome is Found {
  return outcome !== moved;
}

/** Gives back what an outcome holds that nobody will get to see. */
function drop(outcome: object | undefined): void {
  if (outcome === undefined) return;
  if ("file" in outcome) (outcome.file as OpenFile).close();
  else if ("close" in outcome) (outcome as EntryReader).close();
}
