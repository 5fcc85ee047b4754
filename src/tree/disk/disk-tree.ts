/**
 * A tree on disk: opens contained paths, or says why a path can't be served.
 *
 * `walk.ts` resolves a path; this module opens the file and checks its permission. The check uses
 * fstat on the descriptor that will be read, never the look before opening, which only prevents
 * devices and sockets from being opened. Cached lookups are checked again for each request (see
 * `cache/lookup-cache.ts`), so a change of mode applies to the next one.
 *
 * No outcome reveals more to a stranger than the bits of the folders do. A hidden name is absent by
 * its name alone, before any look. Below a folder without o+x every path is forbidden, whether it
 * exists or not.
 */

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
import type { EntriesBeside } from "../listing/entries-beside.ts";
import type { ListingContext } from "../listing/list-folder.ts";
import type { SharedListings, SharedSteps } from "../listing/shared-listings.ts";
import type { ContainedPath } from "../path.ts";
import { childPath, displayName, isHidden, isNameable, rootPath } from "../path.ts";
import type { Permissions } from "../permission.ts";
import { isLacking, permissionBitsOf, permits } from "../permission.ts";
import type {
  FolderFacts,
  FolderOutcome,
  Kind,
  ListingOrder,
  OpenFile,
  Outcome,
  Tree,
} from "../tree.ts";
import { View } from "../view.ts";
import { DiskFile, FoundFile, MemoryFile, readUnsized, UnsizedFile } from "./open-file.ts";
import type { UploadedFolder } from "./uploaded-folder.ts";
import type { SymlinkRule } from "./walk.ts";
import type { Step } from "./named-root.ts";
import { absoluteForm, namesFromTop } from "./named-root.ts";
import type { Moved, Refusal, WalkEnd, WalkRules } from "./walk.ts";
import { absent, hiddenName, isDenied, moved, refusalOf, shutOut, Walk } from "./walk.ts";

/** The options of a tree on disk. */
export interface DiskTreeOptions {
  /** The folder to serve; relative to the working directory. */
  readonly root: string;
  readonly permissions: Permissions;
  /** Whether names that begin with "." are served. */
  readonly hidden: boolean;
  /** Which symbolic links are followed. */
  readonly symlinks: SymlinkRule;
  /** The name of the file that is served for its folder, "index.html"; "" for none. */
  readonly index: string;
  readonly limits: DiskTreeLimits;
  /** The clock that orders looks at the disk and requests. */
  readonly clock: LogicalClock;
  readonly scheduler: Scheduler;
  /** The folder whose files are marked as uploads (`OpenFile.isUploaded`); undefined for none. */
  readonly uploads?: UploadedFolder | undefined;
  /** What listings have besides the entries of the folders on disk. */
  readonly beside?: EntriesBeside | undefined;
}

/** The limits of a tree on disk. */
type DiskTreeLimits = LookupCacheLimits &
  Pick<Limits, "symlinkHopsMax" | "lookupTriesMax" | "inlineBytesMax" | "unsizedFileBytesMax">;

/** The outcome when files were replaced during each of the walks that are tried. */
const unsettled = refusalOf("ESTALE");

/** The result of opening a folder that may not be listed, or is none: there are no entries. */
const gone = failure("ENOENT");

type FileEnd = Extract<WalkEnd, { kind: "file" }>;
type FoundFolder = Extract<WalkEnd, { kind: "folder" }>;

/** The tree at `options.root`, or a message that says why it can't be opened. */
export function openDiskTree(options: DiskTreeOptions): Result<DiskTree, string> {
  const { index } = options;
  if (index !== "" && !isNameable(index))
    return failure(`not a file's name: ${displayName(index)}`);
  const root = realPath(options.root);
  if (!root.ok) {
    const isMissing = root.error === "ENOENT" || root.error === "ENOTDIR";
    return failure(`${isMissing ? "no such folder" : root.error}: ${displayName(options.root)}`);
  }
  const stat = lookAt(root.value);
  if (!stat.ok || !stat.value.isFolder) {
    return failure(`not a folder: ${displayName(options.root)}`);
  }
  // Every answer would be 403, whatever the bits of the files in it.
  const inside = lookAt(`${root.value}/.`);
  if (!inside.ok && isDenied(inside.error)) return failure(shutOut(options.root));
  return success(new DiskTree(options, root.value, chooseFolderOpener(root.value)));
}

/** A tree on disk. */
export class DiskTree implements Tree {
  /**
   * The real path of the folder when the tree was opened. The tree itself uses the path that it was
   * given, so that a symbolic link that is switched is followed anew.
   */
  readonly root: string;
  readonly index: string;
  readonly folders: NonNullable<Tree["folders"]>;
  readonly #rules: WalkRules;
  readonly #limits: DiskTreeLimits;
  /** The cached lookups, with what was made of them. */
  readonly cache: LookupCache;
  readonly #indexName: string | undefined;
  readonly #beside: EntriesBeside | undefined;
  #listings: SharedListings | undefined;

  /** `root` is the real path of `options.root`, as `openDiskTree` resolves it. */
  constructor(options: DiskTreeOptions, root: string, openFolder: FolderOpener) {
    this.root = root;
    this.index = options.index;
    this.#beside = options.beside;
    this.#indexName = childPath(rootPath, options.index)?.segments[0];
    const { limits, clock, scheduler } = options;
    this.#limits = limits;
    const openFilesKeptMax = affordableKeptFiles(limits.openFilesKeptMax);
    const cacheLimits = { ...limits, openFilesKeptMax };
    const alarms = [scheduler.alarm(), scheduler.alarm()] as const;
    this.cache = new LookupCache(cacheLimits, systemCalls(), clock, ...alarms);
    const given = absoluteForm(options.root);
    this.folders = [{ path: given, at: "" }];
    this.#rules = {
      ...options,
      symlinkHopsMax: limits.symlinkHopsMax,
      root: given,
      rootNames: namesFromTop(given),
      openFolder,
    };
  }

  open(path: ContainedPath, view: View): Outcome {
    const known = this.cache.find(path, view.since);
    if (known !== undefined && isReady(known.finding)) {
      markRepeated(known.finding);
      view.depend(known);
      return known.finding;
    }
    view.dependOnMore();
    return this.#lookUp<Outcome>(path, view, (walk, end) => this.#arrive(path, walk, end, view));
  }

  peek(path: ContainedPath, view: View): Kind {
    const known: Lookup | undefined = this.cache.find(path, view.since);
    if (known !== undefined) {
      view.depend(known);
      return known.finding.kind;
    }
    view.dependOnMore();
    return this.#lookUp<Finding>(path, view, (walk, end) => this.#glance(path, walk, end)).kind;
  }

  /** Whether the file at the path `file` of this machine is readable through the tree. */
  shows(file: string): boolean {
    const real = realPath(file);
    const root = realPath(`${this.#rules.root}/`);
    if (!real.ok || !root.ok) return false;
    let path: ContainedPath | undefined = rootPath;
    const above = root.value === "/" ? "/" : `${root.value}/`;
    if (!real.value.startsWith(above)) return false;
    for (const name of real.value.slice(above.length).split("/")) {
      path = path === undefined ? undefined : childPath(path, name);
    }
    return path !== undefined && this.peek(path, View.anew(0)) === "file";
  }

  close(): void {
    this.cache.close();
  }

  /**
   * The finding that `arrive` makes of the end of a walk along `path`; cached if it is repeatable.
   */
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
          this.cache.add(path, found, walk.steps, view);
        }
      },
    );
  }

  /** The outcome of opening `path`, whose walk has ended at `end`. */
  #arrive(path: ContainedPath, walk: Walk, end: WalkEnd, view: View): Outcome | Moved {
    if (end.kind === "file") {
      const { segments } = path;
      const name = segments[segments.length - 1] ?? "";
      return walk.marked(this.#openFile(walk, end, name, view));
    }
    if (end.kind !== "folder") return walk.refused(end, this.#indexName);
    if (!path.trailingSlash) return redirectInto(walk, end);
    return this.#indexOf(walk, view) ?? this.#openDirectory(path, walk);
  }

  /**
   * The same for a peek: by mode bits and the system's permission check, without opening anything.
   */
  #glance(path: ContainedPath, walk: Walk, end: WalkEnd): Finding | Moved {
    if (end.kind === "file") return this.#glanceAtFile(walk, end);
    if (end.kind !== "folder") return walk.isShutOut ? unreadable : end;
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

  /** Opens the file that `walk` has found, and checks the permission of the opened file. */
  #openFile(walk: Walk, found: FileEnd, name: string, view: View): Outcome | Moved {
    const { name: realName, path, stat } = found;
    const opened = openForReading(path);
    if (!opened.ok) {
      // The file has been removed or replaced by a link since the walk.
      if (opened.error === "ELOOP" || opened.error === "ENOENT") return moved;
      if (isDenied(opened.error)) return walk.denial(realName, stat.mode, "read");
      walk.isRepeatable = false;
      return refusalOf(opened.error);
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
      // Most files are cached; sharing one of two equal stats saves memory.
      const identity = now.value.isSame(stat) ? stat : now.value;
      const file = new DiskFile(name, fd, identity, view.receivedMs);
      return this.#readIfSmall(file);
    }
    closeDescriptor(fd);
    return isRegular ? walk.denial(realName, mode, "read") : moved;
  }

  /**
   * Reads and closes a small file, so that a response never promises more octets than there are.
   */
  #readIfSmall(file: DiskFile): Outcome {
    const { inlineBytesMax, unsizedFileBytesMax } = this.#limits;
    if (file.size > inlineBytesMax) return { kind: "file", file };
    const content = file.size === 0 ? readUnsized(file, inlineBytesMax) : file.readWhole();
    if (!content.ok) {
      file.close();
      return { kind: "failed", code: content.error };
    }
    if (content.value === undefined) {
      return { kind: "file", file: new UnsizedFile(file, unsizedFileBytesMax) };
    }
    file.close();
    return { kind: "file", file: new MemoryFile(file, content.value) };
  }

  /** The index of the current folder of `walk`; undefined if it has none. */
  #indexOf(walk: Walk, view: View): Outcome | Moved | undefined {
    const end = this.#indexEnd(walk);
    return end?.kind === "file" ? this.#openFile(walk, end, this.#indexName ?? "", view) : end;
  }

  /** The end of the walk to the index; undefined if the folder has none. */
  #indexEnd(walk: Walk): Exclude<WalkEnd, { kind: "folder" | "absent" }> | undefined {
    if (this.#indexName === undefined) return undefined;
    const end = walk.run([this.#indexName], false);
    return end.kind === "absent" || end.kind === "folder" ? undefined : end;
  }

  /**
   * The outcome for the folder at `path`, in which `asker` has found no index. A second walk
   * resolves the folder again and decides.
   */
  #openDirectory(path: ContainedPath, asker: Walk): Outcome {
    return this.#walk<Outcome>(path.segments, true, unsettled, (walk, end) => {
      // Two chmods between the walks that cancel each other would show in neither walk alone.
      asker.addStepsOf(walk);
      if (end.kind !== "folder") return end.kind === "file" ? absent : end;
      const code = this.#mayList(end) ? tryListing(end.folder.prefix) : "EACCES";
      if (code === undefined) return { kind: "directory" };
      // The steps show neither that the root is missing nor why the system has refused.
      if (this.#mayList(end)) asker.isRepeatable = false;
      if (!isDenied(code)) return refusalOf(code);
      return walk.denial("", end.folder.stat.mode, "read");
    });
  }

  #mayList(end: FoundFolder): boolean {
    if (end.isRoot || this.#rules.permissions === "process") return true;
    return permits(end.folder.stat.mode, "read");
  }

  list(path: ContainedPath, limit: number, view: View, order?: ListingOrder): SharedSteps {
    // The entries of a folder are not watched.
    view.dependOnMore();
    // Loaded on first use, because a server's first answer is most often a file.
    const { openEntries } =
      require("../listing/entry-reader.ts") as typeof import("../listing/entry-reader.ts");
    const { listFolder } =
      require("../listing/list-folder.ts") as typeof import("../listing/list-folder.ts");
    const context: ListingContext = {
      path,
      hidden: this.#rules.hidden,
      open: () =>
        this.#walk<Result<EntryReader, string>>(path.segments, true, gone, (_walk, end) => {
          if (end.kind === "moved") return end;
          if (end.kind === "failed") return failure(end.code);
          if (end.kind === "exhausted") return failure("EMFILE");
          return end.kind === "folder" && this.#mayList(end)
            ? openEntries(end.folder.prefix)
            : gone;
        }),
      lookAt: (names) =>
        names.length === 0 ? [] : this.#inside(path, [], (prefix) => lookAtEach(prefix, names)),
      describeLink: (name) => this.#describe(path, name),
      holdsIndex: (name) => {
        const [seen] = context.lookAt([`${name}/${this.index}`]);
        return seen?.type === "file" || seen?.type === "link";
      },
      kindOf:
        this.#rules.permissions === "process"
          ? undefined
          : (child) => this.peek(child, View.anew(0)),
    };
    if (this.#listings === undefined) {
      const { SharedListings: Shared } =
        require("../listing/shared-listings.ts") as typeof import("../listing/shared-listings.ts");
      this.#listings = new Shared();
    }
    const key = `${limit} ${JSON.stringify(order)} ${path.text}`;
    return this.#listings.list(key, () =>
      listFolder(this.#withBeside(path, context), limit, order),
    );
  }

  /** The folder of `context`, at `path`, with what is mounted in it. */
  #withBeside(path: ContainedPath, context: ListingContext): ListingContext {
    const beside = this.#beside?.(path);
    if (beside === undefined) return context;
    const { withEntries } =
      require("../listing/entries-beside.ts") as typeof import("../listing/entries-beside.ts");
    return withEntries(context, beside);
  }

  describe({ segments }: ContainedPath, view: View): FolderOutcome {
    view.dependOnMore();
    return this.#walk<FolderOutcome>(segments, true, unsettled, (walk, end) => {
      if (end.kind === "file") return absent;
      // Where there is an index, an archive has the other files as well.
      if (end.kind !== "folder") return walk.refused(end, undefined);
      const { stat, prefix } = end.folder;
      const code = this.#mayList(end) ? tryListing(prefix) : "EACCES";
      if (code === undefined) return factsOf(stat);
      return isDenied(code) ? walk.denial("", stat.mode, "read") : refusalOf(code);
    });
  }

  /**
   * The result of `then` in the folder at `path` if a stranger may list it; otherwise `otherwise`.
   */
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

  /** The stat of what `name` in the folder `path` leads to, without opening it. */
  #describe(path: ContainedPath, name: string): FileStat | undefined {
    const names = [...path.segments, name];
    return this.#walk<FileStat | undefined>(names, false, undefined, (_walk, end) => {
      if (end.kind === "file") return end.stat;
      return end.kind === "folder" ? end.folder.stat : undefined;
    });
  }

  /**
   * Runs a walk, calls `then` with its end, and closes it. If a file or a folder was replaced
   * meanwhile, the result is dropped and the walk repeated; after `lookupTriesMax` walks the result
   * is `otherwise`. `settled` is called with a valid result before it is returned.
   */
  #walk<Found extends object | undefined>(
    names: readonly string[],
    mustBeFolder: boolean,
    otherwise: Found,
    then: (walk: Walk, end: WalkEnd) => Found | Moved,
    settled?: (walk: Walk, outcome: Found) => void,
  ): Found {
    for (let attempt = 0; attempt < this.#limits.lookupTriesMax; attempt++) {
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

function factsOf({ mode, mtimeMs, identity }: FileStat): FolderFacts {
  return { kind: "folder", permissionBits: permissionBitsOf(mode), mtimeMs, identity };
}

const unreadable: Finding = { kind: "forbidden", isPeeked: true };

/**
 * The finding for a file or folder at `path` that the mode bits permit: `kind`, unless the system
 * denies access.
 */
function glanceAt(kind: "file" | "directory", walk: Walk, path: string): Finding | Moved {
  const error = tryReading(path);
  if (error === undefined) return { kind, isPeeked: true };
  if (error === "ELOOP" || error === "ENOENT") return moved;
  // A look doesn't show why the system has denied access.
  walk.isRepeatable = false;
  return isDenied(error) ? unreadable : refusalOf(error);
}

/** The outcome for a folder whose path has no trailing slash. */
function redirectInto(walk: Walk, { folder }: FoundFolder): Outcome {
  // The mode bits permit it; the system may still deny access to the server.
  const self = lookAt(`${folder.prefix}.`);
  if (self.ok) return { kind: "redirect" };
  walk.isRepeatable = false;
  return walk.refusedInside(self.error);
}

/**
 * Whether a cached finding can be returned by `open`. A peek's can't. A large file is opened again
 * if it isn't open.
 */
function isReady(finding: Finding): finding is Outcome {
  if ("isPeeked" in finding) return false;
  return finding.kind !== "file" || !(finding.file instanceof SharedFile) || finding.file.open();
}

/** Whether a finding follows from `steps` alone, so that it is the same for all requests. */
function isRepeatable(finding: Finding, steps: readonly Step[]): boolean {
  if ("isPeeked" in finding) return finding.kind === "file" || finding.kind === "forbidden";
  switch (finding.kind) {
    case "file": {
      const { file } = finding;
      // The opened file must be the one that the last step saw, and must have been read completely.
      if (!(file instanceof FoundFile)) return false;
      const seen = steps[steps.length - 1]?.seen;
      return file.size === file.stat.size && seen?.isSame(file.stat) === true;
    }
    case "forbidden":
      // If the bit is set, the system has denied access, and a look doesn't show why.
      return isLacking(finding.denial);
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

/** Closes the file or the entry reader of a result that is discarded. */
function drop(found: object | undefined): void {
  if (found === undefined) return;
  if ("file" in found) (found.file as OpenFile).close();
  else if ("value" in found) (found.value as EntryReader).close();
}
