/**
 * From a contained path to an open file, or to the reason why not: where way, bits and bytes meet.
 *
 * `walk.ts` finds, this opens and decides. The decision about a file is made on what fstat says of
 * the descriptor that will be read, never on a look beforehand; the look only keeps devices and
 * sockets from being opened at all. What is cached between two calls is looked at again (see
 * `cache/lookup-cache.ts`), so a change of mode counts on the next one.
 *
 * No answer tells a stranger more than a directory's bits would: a hidden name is decided by the
 * name alone and first, and behind a folder that lets nobody through everything is forbidden,
 * whether it exists or not.
 */

import { relative, sep } from "node:path";

import type { Limits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import { affordableKeptFiles } from "../../system/descriptor-budget.ts";
import type { FileStat } from "../../system/file-stat.ts";
import {
  closeDescriptor,
  lookAt,
  lookAtEach,
  lookInto,
  openForReading,
  realPath,
  tryListing,
  tryReading,
} from "../../system/file-system.ts";
import type { FolderOpener } from "../../system/folder.ts";
import { chooseFolderOpener } from "../../system/folder.ts";
import { systemCalls } from "../../system/system-choice.ts";
import type { Finding, Lookup } from "../cache/lookup.ts";
import type { LookupCacheLimits } from "../cache/lookup-cache.ts";
import { LookupCache, markRepeated } from "../cache/lookup-cache.ts";
import { SharedFile } from "../cache/open-file-cache.ts";
import type { EntryReader } from "../listing/entry-reader.ts";
import { openEntries } from "../listing/entry-reader.ts";
import type { ListingContext } from "../listing/list-folder.ts";
import { listFolder } from "../listing/list-folder.ts";
import type { ContainedPath } from "../path.ts";
import { childPath, isHidden, isNameable, rootPath } from "../path.ts";
import type { Permissions } from "../permission.ts";
import { permits } from "../permission.ts";
import type { Kind, ListingStep, OpenFile, Outcome, Tree } from "../tree.ts";
import { View } from "../view.ts";
import { DiskFile, FoundFile, MemoryFile } from "./open-file.ts";
import type { SymlinkRule } from "./symlink-rule.ts";
import type { Moved, Step, WalkEnd, WalkRules } from "./walk.ts";
import type { Refusal } from "./walk.ts";
import { absent, hiddenName, isDenied, moved, namesOf, refusalOf, Walk } from "./walk.ts";

/** What of a folder is shown, and how. */
export interface DiskTreeOptions {
  /** The folder that is served; relative to the working directory. */
  readonly root: string;
  readonly permissions: Permissions;
  /** Whether names that begin with "." are shown. */
  readonly hidden: boolean;
  /** What a symbolic link may lead to. */
  readonly symlinks: SymlinkRule;
  /** The file that stands for its folder, "index.html"; "" for none. */
  readonly index: string;
  readonly limits: DiskTreeLimits;
  /** In which looks at the disk and requests are put in order. */
  readonly clock: LogicalClock;
  readonly scheduler: Scheduler;
}

/** The limits that a tree on disk lives by. */
type DiskTreeLimits = LookupCacheLimits & Pick<Limits, "symlinkHopsMax" | "inlineBytesMax">;

/** Walks begun for one answer when others keep changing the way. */
const attemptsMax = 3;

/** What comes of it when the last walk has failed too. */
const unsettled = refusalOf("ESTALE");

type FileEnd = Extract<WalkEnd, { kind: "file" }>;
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
export function openDiskTree(options: DiskTreeOptions): Result<DiskTree, string> {
  const { index } = options;
  if (index !== "" && !isNameable(index)) return failure(`not a file's name: ${index}`);
  const root = realPath(options.root);
  if (!root.ok) {
    const isMissing = root.error === "ENOENT" || root.error === "ENOTDIR";
    return failure(`${isMissing ? "no such folder" : root.error}: ${options.root}`);
  }
  const stat = lookAt(root.value);
  if (!stat.ok || !stat.value.isFolder) {
    return failure(`not a folder: ${options.root}`);
  }
  return success(new DiskTree(options, root.value, chooseFolderOpener(root.value)));
}

/** A served folder. */
export class DiskTree implements Tree {
  /** The real path of the folder, without links in it. */
  readonly root: string;
  readonly index: string;
  readonly #rules: WalkRules;
  readonly #limits: DiskTreeLimits;
  readonly #cache: LookupCache;
  readonly #indexName: string | undefined;

  /** `root` is the real path of `options.root`; `openDiskTree` finds it out. */
  constructor(options: DiskTreeOptions, root: string, openFolder: FolderOpener) {
    this.root = root;
    this.index = options.index;
    this.#indexName = childPath(rootPath, options.index)?.segments[0];
    const { limits, clock, scheduler } = options;
    this.#limits = limits;
    const openFilesKeptMax = affordableKeptFiles(limits.openFilesKeptMax);
    const cacheLimits = { ...limits, openFilesKeptMax };
    this.#cache = new LookupCache(cacheLimits, systemCalls(), clock, scheduler.alarm());
    this.#rules = {
      ...options,
      symlinkHopsMax: limits.symlinkHopsMax,
      root: root === "/" ? "" : root,
      rootSpellings: [namesOf(root), namesFromTop(options.root)],
      openFolder,
    };
  }

  open(path: ContainedPath, view: View): Outcome {
    const known = this.#cache.find(path, view.since);
    if (known !== undefined && isReady(known.finding)) {
      markRepeated(known.finding);
      view.depend(known);
      return known.finding;
    }
    view.dependOnMore();
    return this.#lookUp<Outcome>(path, view, (walk, end) => this.#arrive(path, walk, end, view));
  }

  peek(path: ContainedPath, view: View): Kind {
    const known: Lookup | undefined = this.#cache.find(path, view.since);
    if (known !== undefined) {
      view.depend(known);
      return known.finding.kind;
    }
    view.dependOnMore();
    return this.#lookUp<Finding>(path, view, (walk, end) => this.#glance(path, walk, end)).kind;
  }

  /** Whether a stranger is shown the file that is on this machine at `file`. */
  shows(file: string): boolean {
    const real = realPath(file);
    if (!real.ok) return false;
    let path: ContainedPath | undefined = rootPath;
    // What is outside the root has a ".." on the way to it, which is no name.
    for (const name of relative(this.root, real.value).split(sep)) {
      path = path === undefined ? undefined : childPath(path, name);
    }
    return path !== undefined && this.peek(path, View.anew(0)) === "file";
  }

  close(): void {
    this.#cache.close();
  }

  /** What `path` leads to, as `arrive` makes of the end of a walk; cached where it can be. */
  #lookUp<Found extends Finding>(
    path: ContainedPath,
    view: View,
    arrive: (walk: Walk, end: WalkEnd) => Found | Refusal | Moved,
  ): Found | Refusal {
    if (!this.#rules.hidden && isHidden(path)) return hiddenName;
    const { segments, trailingSlash } = path;
    return this.#walk<Found | Refusal>(
      segments,
      trailingSlash,
      unsettled,
      arrive,
      (walk, found) => {
        if (walk.isRepeatable && isRepeatable(found, walk.steps)) {
          this.#cache.add(path, found, walk.steps, view);
        }
      },
    );
  }

  /** What the `end` of `walk` means to a request for `path`. */
  #arrive(path: ContainedPath, walk: Walk, end: WalkEnd, view: View): Outcome | Moved {
    if (end.kind === "file") return this.#openFile(walk, end, path.segments.at(-1) ?? "", view);
    if (end.kind !== "folder") return end;
    if (!path.trailingSlash) return redirectInto(walk, end);
    return this.#indexOf(walk, view) ?? this.#openDirectory(path, walk);
  }

  /** The same by the bits that the walk has seen and the system's word, with nothing opened. */
  #glance(path: ContainedPath, walk: Walk, end: WalkEnd): Finding | Moved {
    if (end.kind === "file") return this.#glanceAtFile(walk, end);
    if (end.kind !== "folder") return end;
    if (!path.trailingSlash) return redirectInto(walk, end);
    const index = this.#indexEnd(walk);
    if (index === undefined) {
      return this.#mayList(end) ? glanceAt("directory", walk, `${end.folder.prefix}.`) : unreadable;
    }
    return index.kind === "file" ? this.#glanceAtFile(walk, index) : index;
  }

  #glanceAtFile(walk: Walk, { path, stat }: FileEnd): Finding | Moved {
    const isPermitted = this.#rules.permissions === "process" || permits(stat.mode, "read");
    return isPermitted ? glanceAt("file", walk, path) : unreadable;
  }

  /** Opens the file that `walk` has found, and decides on what was opened. */
  #openFile(walk: Walk, found: FileEnd, name: string, view: View): Outcome | Moved {
    const { name: realName, path, stat } = found;
    const opened = openForReading(path);
    if (!opened.ok) {
      // A link has taken its place, or nothing has: what the walk saw is past.
      if (opened.error === "ELOOP" || opened.error === "ENOENT") return moved;
      return isDenied(opened.error)
        ? walk.denial(realName, stat.mode, "read")
        : refusalOf(opened.error);
    }
    const fd = opened.value;
    const now = lookInto(fd);
    if (!now.ok) {
      closeDescriptor(fd);
      return refusalOf(now.error);
    }
    const { type, mode } = now.value;
    const isRegular = type === "file";
    if (isRegular && (this.#rules.permissions === "process" || permits(mode, "read"))) {
      // Most are cached, and what was seen twice needn't be kept twice.
      const identity = now.value.isSame(stat) ? stat : now.value;
      const file = new DiskFile(name, fd, identity, view.receivedMs);
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
  #indexOf(walk: Walk, view: View): Outcome | Moved | undefined {
    const end = this.#indexEnd(walk);
    return end?.kind === "file" ? this.#openFile(walk, end, this.#indexName ?? "", view) : end;
  }

  /** Where the walk for the index ends; undefined if the folder has none. */
  #indexEnd(walk: Walk): Exclude<WalkEnd, { kind: "folder" | "absent" }> | undefined {
    if (this.#indexName === undefined) return undefined;
    const end = walk.run([this.#indexName], false);
    return end.kind === "absent" || end.kind === "folder" ? undefined : end;
  }

  /** The folder at `path`, where `asker` has found no index: found anew, and decided by that. */
  #openDirectory(path: ContainedPath, asker: Walk): Outcome {
    return this.#walk<Outcome>(path.segments, true, unsettled, (walk, end) => {
      // Two chmods between both walks, there and back, would show in neither of them alone.
      asker.addStepsOf(walk);
      if (end.kind !== "folder") return end.kind === "file" ? absent : end;
      const code = this.#mayList(end) ? tryListing(end.folder.prefix) : "EACCES";
      if (code === undefined) return { kind: "directory" };
      if (!isDenied(code)) return refusalOf(code);
      return walk.denial("", end.folder.stat.mode, "read");
    });
  }

  #mayList(end: FoundFolder): boolean {
    if (end.isRoot || this.#rules.permissions === "process") return true;
    return permits(end.folder.stat.mode, "read");
  }

  list(path: ContainedPath, limit: number, view: View): Generator<ListingStep, void> {
    // What is in a folder is not watched.
    view.dependOnMore();
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
    return listFolder(context, limit);
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
  #describe(path: ContainedPath, name: string): FileStat | undefined {
    const names = [...path.segments, name];
    return this.#walk<FileStat | undefined>(names, false, undefined, (_walk, end) => {
      if (end.kind === "file") return end.stat;
      return end.kind === "folder" ? end.folder.stat : undefined;
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

const unreadable: Finding = { kind: "forbidden", isPeeked: true };

/** What the bits permit a stranger to read at `path`: `kind`, unless the system refuses. */
function glanceAt(kind: "file" | "directory", walk: Walk, path: string): Finding | Moved {
  const error = tryReading(path);
  if (error === undefined) return { kind, isPeeked: true };
  if (error === "ELOOP" || error === "ENOENT") return moved;
  // What the system refuses it for doesn't show in a look.
  walk.isRepeatable = false;
  return isDenied(error) ? unreadable : refusalOf(error);
}

/** A folder that was asked for without its slash. */
function redirectInto(walk: Walk, { folder }: FoundFolder): Outcome {
  // The bits have let a stranger in; the system may still refuse the server.
  const self = lookAt(`${folder.prefix}.`);
  return self.ok ? { kind: "redirect" } : walk.refusedInside(self.error);
}

/** Whether a cached finding can be given out: opened, and a large file has to be open still. */
function isReady(finding: Finding): finding is Outcome {
  if ("isPeeked" in finding) return false;
  return finding.kind !== "file" || !(finding.file instanceof SharedFile) || finding.file.open();
}

/** Whether a finding is the same for all requests, and follows from `steps` alone. */
function isRepeatable(finding: Finding, steps: readonly Step[]): boolean {
  if ("isPeeked" in finding) return finding.kind === "file" || finding.kind === "forbidden";
  switch (finding.kind) {
    case "file": {
      const { file } = finding;
      // What was opened has to be the file that was found by the last step, and read to its end.
      const isWhole = file.content === undefined || file.content.length === file.size;
      const isLastStep =
        file instanceof FoundFile && steps.at(-1)?.seen?.isSame(file.stat) === true;
      return isWhole && isLastStep;
    }
    case "forbidden":
      // Where the bit is there the system has refused, and its reasons don't show.
      return !permits(finding.denial.mode, finding.denial.lacks === "o+r" ? "read" : "search");
    case "absent":
    case "redirect":
      return true;
    default:
      return false;
  }
}

function isSettled<Found extends object | undefined>(found: Found | Moved): found is Found {
  return found !== moved;
}

/** Closes what a finding holds that is not used. */
function drop(found: object | undefined): void {
  if (found === undefined) return;
  if ("file" in found) (found.file as OpenFile).close();
  else if ("close" in found) (found as EntryReader).close();
}
