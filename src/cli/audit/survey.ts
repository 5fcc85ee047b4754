/**
 * Goes through all that is in the folders that are served, and asks the site's own tree what a
 * visitor would get of each entry. What there is comes from the folders themselves, since a listing
 * leaves out what is not served; whether it is served is for the tree alone to say.
 *
 * A survey is bounded: by entries, by depth, by time. It works in shares of a turn, so that it may
 * run in a process that serves. It enters no folder by a symbolic link, so it comes to an end, and
 * no folder that the site hides.
 */

import type { Clock } from "../../schedule/clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { FileType } from "../../system/file-stat.ts";
import type { NamedEntry } from "../../system/file-system.ts";
import { lookAt, realPath } from "../../system/file-system.ts";
import type { ServedSource } from "../../site/open-tree.ts";
import { isDenied } from "../../tree/disk/walk.ts";
import { openEntries } from "../../tree/listing/entry-reader.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, folderPath } from "../../tree/path.ts";
import type { Kind, Outcome, Tree, TreeName } from "../../tree/tree.ts";
import { View } from "../../tree/view.ts";

/** What a survey is about. */
export interface SurveyedSite {
  /** The tree, as visitors are answered from it. */
  readonly tree: Tree;
  /** The folders and files that it is made of. */
  readonly sources: readonly ServedSource[];
}

/** What bounds a survey. */
interface SurveyBounds {
  readonly entriesMax: number;
  readonly depthMax: number;
  readonly timeMs: number;
  /** Entries that one turn of the event loop looks at. */
  readonly entriesPerTurn: number;
  /** Ends the survey when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** What a survey needs of the process. */
export interface SurveySurroundings {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/** An entry, and what a visitor gets of it. */
export interface SurveyedEntry {
  readonly source: ServedSource;
  /** Relative to the source's folder, "docs/a.txt". */
  readonly name: string;
  /** Its path in the site; undefined when no request can spell it. */
  readonly path: ContainedPath | undefined;
  readonly type: FileType;
  /**
   * What a peek says; that of a folder is what its path with a slash comes to. "covered" when
   * something else is served under its path.
   */
  readonly kind: Kind | "covered";
}

/** Why a survey has ended. */
export type SurveyEnd = "complete" | "entries" | "depth" | "time" | "stopped";

/** How a survey went. */
interface SurveyResult {
  end: SurveyEnd;
  /** Entries that were looked at. */
  looked: number;
  /** Folders that can't be read, so that what is in them is not known. */
  readonly unread: UnreadFolder[];
}

/** A folder that can't be read. */
export interface UnreadFolder {
  /** Its path in the site, "docs/"; "./" for the root. */
  readonly path: string;
  /** In words; of a store, those that its failure has in the log. */
  readonly reason: string;
}

/** A folder that is still to be gone through. */
interface PendingFolder {
  readonly source: ServedSource;
  /** "" for the source itself, else relative to its folder with a slash at its end. */
  readonly prefix: string;
  readonly path: ContainedPath;
}

/** The path of the entry `name` of `source` on this machine. */
export function placeOf({ folder }: ServedSource, name: string): string {
  return `${folder === "/" ? "" : folder}/${name}`;
}

/** The path of `name` of `source` in the site, without the slash in front; "" for the root. */
export function sitePathOf({ at }: ServedSource, name: string): string {
  return `${at.text.slice(1)}${name}`;
}

/** The path of `name` of `source` for a shell: as the options name the source. */
export function shellPathOf({ named, path, folder }: ServedSource, name: string): string {
  const isFile = path !== folder;
  const start = isFile ? named.slice(0, named.lastIndexOf("/") + 1) : named;
  if (start === "" || start === ".") return name;
  if (name === "") return start;
  return start.endsWith("/") ? `${start}${name}` : `${start}/${name}`;
}

/** A survey of one site. */
export class Survey {
  readonly result: SurveyResult = { end: "complete", looked: 0, unread: [] };
  readonly #site: SurveyedSite;
  readonly #bounds: SurveyBounds;
  readonly #surroundings: SurveySurroundings;
  readonly #pending: PendingFolder[];
  readonly #endMs: number;
  #sinceTurn = 0;

  constructor(site: SurveyedSite, bounds: SurveyBounds, surroundings: SurveySurroundings) {
    this.#site = site;
    this.#bounds = bounds;
    this.#surroundings = surroundings;
    this.#pending = site.sources
      .map((source) => ({ source, prefix: "", path: source.at }))
      .toReversed();
    this.#endMs = surroundings.clock.monotonicMs() + bounds.timeMs;
  }

  /** Every entry but those in folders that the site hides. `result` is final at the end. */
  async *entries(): AsyncGenerator<SurveyedEntry, void> {
    for (let folder = this.#pending.pop(); folder !== undefined; folder = this.#pending.pop()) {
      if (folder.prefix === "" && folder.source.path !== folder.source.folder) {
        const file = await this.#lookAtFile(folder);
        if (file !== undefined) yield file;
      } else yield* this.#entriesOf(folder);
      if (this.#isOver()) return;
    }
  }

  async *#entriesOf(folder: PendingFolder): AsyncGenerator<SurveyedEntry, void> {
    const { source, prefix } = folder;
    if (source.entries !== undefined) {
      yield* this.#entriesElsewhere(folder, source.entries(prefix));
      return;
    }
    const opened = openEntries(placeOf(source, prefix));
    if (!opened.ok) return this.#skip(folder, systemReason(opened.error));
    const reader = opened.value;
    try {
      for (;;) {
        const read = reader.next();
        if (!read.ok) return this.#skip(folder, systemReason(read.error));
        if (read.value.length === 0) return;
        for (const entry of read.value) {
          if (entry.name === "." || entry.name === "..") continue;
          await this.#takeTurn();
          if (this.#isOver()) return;
          const surveyed = await this.#look(folder, entry);
          if (surveyed !== undefined) yield surveyed;
        }
      }
    } finally {
      reader.close();
    }
  }

  /** `parts` are the entries of `folder`, which isn't on this machine. */
  async *#entriesElsewhere(
    folder: PendingFolder,
    parts: AsyncIterable<readonly TreeName[]>,
  ): AsyncGenerator<SurveyedEntry, void> {
    const { source, prefix } = folder;
    let isEmpty = true;
    try {
      for await (const part of parts) {
        for (const entry of part) {
          isEmpty = false;
          await this.#takeTurn();
          if (this.#isOver()) return;
          const surveyed = await this.#look(folder, entry);
          if (surveyed !== undefined) yield surveyed;
        }
      }
    } catch (error) {
      return this.#skip(folder, error instanceof Error ? error.message : String(error));
    }
    // A store has no folder that could be missing: a prefix with a typing error is an empty one.
    const isWholeBucket = !source.path.slice("s3://".length).includes("/");
    if (isEmpty && prefix === "" && !isWholeBucket) {
      this.#skip(folder, `${source.path} has no keys below it`);
    }
  }

  /** What is in `folder` stays unknown. */
  #skip({ source, prefix }: PendingFolder, reason: string): void {
    this.result.unread.push({ path: sitePathOf(source, prefix) || "./", reason });
  }

  async #takeTurn(): Promise<void> {
    if (++this.#sinceTurn < this.#bounds.entriesPerTurn) return;
    this.#sinceTurn = 0;
    await this.#surroundings.scheduler.nextTurn();
    if (this.#surroundings.clock.monotonicMs() >= this.#endMs) this.result.end = "time";
  }

  #isOver(): boolean {
    const { signal, entriesMax } = this.#bounds;
    if (signal?.aborted === true) this.result.end = "stopped";
    else if (this.result.looked >= entriesMax) this.result.end = "entries";
    return ["stopped", "entries", "time"].includes(this.result.end);
  }

  /** What a visitor gets of `entry`; undefined when it is gone. */
  async #look(folder: PendingFolder, entry: NamedEntry): Promise<SurveyedEntry | undefined> {
    const { tree } = this.#site;
    const { source } = folder;
    const name = `${folder.prefix}${entry.name}`;
    const type = entry.type ?? typeAt(placeOf(source, name));
    if (type === undefined) return undefined;
    this.result.looked++;
    const child = childPath(folder.path, entry.name);
    if (child === undefined) return { source, name, path: undefined, type, kind: "absent" };
    const path = type === "directory" ? folderPath(child) : child;
    const covering = this.#covering(path, source);
    if (covering !== undefined) {
      if (source.entries !== undefined) return { source, name, path, type, kind: "covered" };
      const real = realPath(placeOf(source, name));
      // A folder may be mounted where it lies.
      if (real.ok && real.value === covering.path) return undefined;
      return { source, name, path, type, kind: "covered" };
    }
    const kind = await tree.peek(path, View.passing());
    if (type === "directory") this.#enter(source, name, path, kind);
    return { source, name, path, type, kind };
  }

  /** What is mounted over `path` of `source`; undefined when its own entry is served there. */
  #covering(path: ContainedPath, { at }: ServedSource): ServedSource | undefined {
    const { tree, sources } = this.#site;
    const [nearest = at] = tree.rootsOf?.(path) ?? [];
    if (nearest.text === at.text) return undefined;
    return sources.find((other) => other.at.text === nearest.text);
  }

  /** What a visitor gets of a source that is one file; undefined when it is gone. */
  async #lookAtFile(folder: PendingFolder): Promise<SurveyedEntry | undefined> {
    const { source } = folder;
    const real = realPath(source.path);
    if (!real.ok && isDenied(real.error)) this.#skip(folder, systemReason(real.error));
    const type = real.ok ? typeAt(real.value) : undefined;
    if (type === undefined || this.#isOver()) return undefined;
    this.result.looked++;
    const name = source.path.slice(source.path.lastIndexOf("/") + 1);
    const kind = await this.#site.tree.peek(source.at, View.passing());
    return { source, name, path: source.at, type, kind };
  }

  /** Goes through the folder `name`, at `path`, later, unless it is hidden. */
  #enter(source: ServedSource, name: string, path: ContainedPath, kind: Kind): void {
    if (kind === "absent") return;
    const depth = path.segments.length - source.at.segments.length;
    if (depth > this.#bounds.depthMax) this.result.end = "depth";
    else this.#pending.push({ source, prefix: `${name}/`, path });
  }
}

/** Why a folder on this machine can't be read, by the error's name. */
function systemReason(code: string): string {
  return isDenied(code) ? `this user may not read it (${code})` : `the system says ${code}`;
}

function typeAt(path: string): FileType | undefined {
  const stat = lookAt(path);
  return stat.ok ? stat.value.type : undefined;
}

/** Why a visitor doesn't get `path`, in full; a file in the outcome is open. */
export async function outcomeOf({ tree }: SurveyedSite, path: ContainedPath): Promise<Outcome> {
  return tree.open(path, View.passing());
}
