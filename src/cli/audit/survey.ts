/**
 * Goes through all that is in a served folder, and asks the site's own tree what a visitor would
 * get of each entry. What there is comes from the folder itself, since a listing leaves out what is
 * not served; whether it is served is for the tree alone to say.
 *
 * A survey is bounded: by entries, by depth, by time. It works in shares of a turn, so that it may
 * run in a process that serves. It enters no folder by a symbolic link, so it comes to an end, and
 * no folder that the site hides.
 */

import type { Clock } from "../../schedule/clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { FileType } from "../../system/file-stat.ts";
import type { NamedEntry } from "../../system/file-system.ts";
import { lookAt } from "../../system/file-system.ts";
import { openEntries } from "../../tree/listing/entry-reader.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { childPath, folderPath, rootPath } from "../../tree/path.ts";
import type { Kind, Outcome, Tree } from "../../tree/tree.ts";
import { View } from "../../tree/view.ts";

/** What a survey is about. */
export interface SurveyedSite {
  /** The tree, as visitors are answered from it. */
  readonly tree: Tree;
  /** The folder's real path. */
  readonly root: string;
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
  /** Relative to the root, "docs/a.txt". */
  readonly name: string;
  /** Its path; undefined when no request can spell it. */
  readonly path: ContainedPath | undefined;
  readonly type: FileType;
  /** What a peek says; that of a folder is what its path with a slash comes to. */
  readonly kind: Kind;
}

/** Why a survey has ended. */
export type SurveyEnd = "complete" | "entries" | "depth" | "time" | "stopped";

/** How a survey went. */
interface SurveyResult {
  end: SurveyEnd;
  /** Entries that were looked at. */
  looked: number;
  /** Folders that the process itself may not read, so that what is in them is not known. */
  readonly unread: string[];
}

/** A folder that is still to be gone through. */
interface PendingFolder {
  /** "" for the root, else relative to it with a slash at its end. */
  readonly prefix: string;
  readonly path: ContainedPath;
}

/** A survey of one folder. */
export class Survey {
  readonly result: SurveyResult = { end: "complete", looked: 0, unread: [] };
  readonly #site: SurveyedSite;
  readonly #bounds: SurveyBounds;
  readonly #surroundings: SurveySurroundings;
  readonly #pending: PendingFolder[] = [{ prefix: "", path: rootPath }];
  readonly #endMs: number;
  #sinceTurn = 0;

  constructor(site: SurveyedSite, bounds: SurveyBounds, surroundings: SurveySurroundings) {
    this.#site = site;
    this.#bounds = bounds;
    this.#surroundings = surroundings;
    this.#endMs = surroundings.clock.monotonicMs() + bounds.timeMs;
  }

  /** Every entry but those in folders that the site hides. `result` is final at the end. */
  async *entries(): AsyncGenerator<SurveyedEntry, void> {
    for (let folder = this.#pending.pop(); folder !== undefined; folder = this.#pending.pop()) {
      yield* this.#entriesOf(folder);
      if (this.#isOver()) return;
    }
  }

  async *#entriesOf(folder: PendingFolder): AsyncGenerator<SurveyedEntry, void> {
    const opened = openEntries(`${this.#site.root}/${folder.prefix}`);
    if (!opened.ok) {
      this.result.unread.push(folder.prefix);
      return;
    }
    const reader = opened.value;
    try {
      for (;;) {
        const read = reader.next();
        if (!read.ok) this.result.unread.push(folder.prefix);
        if (!read.ok || read.value.length === 0) return;
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
    const { root, tree } = this.#site;
    const name = `${folder.prefix}${entry.name}`;
    const type = entry.type ?? typeAt(`${root}/${name}`);
    if (type === undefined) return undefined;
    this.result.looked++;
    const child = childPath(folder.path, entry.name);
    if (child === undefined) return { name, path: undefined, type, kind: "absent" };
    const path = type === "directory" ? folderPath(child) : child;
    const view = View.passing();
    const kind = await tree.peek(path, view);
    if (type === "directory") this.#enter(name, path, kind);
    return { name, path, type, kind };
  }

  /** Goes through the folder at `path` later, unless it is hidden. */
  #enter(name: string, path: ContainedPath, kind: Kind): void {
    if (kind === "absent") return;
    if (path.segments.length > this.#bounds.depthMax) this.result.end = "depth";
    else this.#pending.push({ prefix: `${name}/`, path });
  }
}

function typeAt(path: string): FileType | undefined {
  const stat = lookAt(path);
  return stat.ok ? stat.value.type : undefined;
}

/** Why a visitor doesn't get `path`, in full; a file in the outcome is open. */
export async function outcomeOf({ tree }: SurveyedSite, path: ContainedPath): Promise<Outcome> {
  return tree.open(path, View.passing());
}
