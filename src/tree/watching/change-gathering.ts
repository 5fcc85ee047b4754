/**
 * Gathers what happens in a folder until it is quiet, so that a build of many files is one change.
 *
 * What comes and goes while it is gathered is left out: editors write a file beside the real one
 * and rename it, or try whether they may write into the folder.
 */

import type { Limits } from "../../base/limits.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import type { WatchEvent } from "./folder-watch.ts";

/** What has changed. */
export interface TreeChange {
  /** Paths relative to the root, in the order in which they changed first. */
  readonly paths: readonly string[];
  /** Whether anything else may have changed, too: there was more, or the root is another folder. */
  readonly isAll: boolean;
}

/** The limits of gathering. */
type GatheringLimits = Pick<
  Limits,
  "liveQuietTimeMs" | "liveGoneTimeMs" | "liveGatherTimeMs" | "liveChangesMax"
>;

/** What happened at one path. */
interface Happened {
  readonly first: WatchEvent;
  /** How often a name came or went. */
  renames: number;
  isWritten: boolean;
}

/** What gathering needs. */
interface GatheringService {
  readonly limits: GatheringLimits;
  /** They ring when it has been quiet, and when it was not for too long. */
  readonly alarms: readonly [quiet: Alarm, latest: Alarm];
  /** Whether no page depends on what is at a path, by its name. */
  readonly isPassing: (path: string) => boolean;
  /** Whether anything is at a path now. */
  readonly exists: (path: string) => boolean;
  readonly told: (change: TreeChange) => void;
}

/**
 * Whether a path where nothing is any more came and went meanwhile. A file that was there before is
 * written to before it goes, or just goes: one event, or two for a folder.
 */
function cameAndWent({ first, renames, isWritten }: Happened): boolean {
  return first === "rename" && (isWritten || renames > 2);
}

/** Gathers the changes of one tree. */
export class ChangeGathering {
  readonly #service: GatheringService;
  readonly #happened = new Map<string, Happened>();
  /** Whether all may have changed; "gone" while the root is missing. */
  #all: "no" | "gone" | "yes" = "no";
  /** How long it has been quiet when the alarm rings. */
  #quiet: "no" | "short" | "long" = "no";

  constructor(service: GatheringService) {
    this.#service = service;
  }

  /** Something happened at `path`. */
  add(path: string, event: WatchEvent): void {
    const { limits, isPassing } = this.#service;
    if (isPassing(path)) return;
    const known = this.#happened.get(path);
    if (known !== undefined) {
      if (event === "rename") known.renames++;
      else known.isWritten = true;
    } else if (this.#happened.size < limits.liveChangesMax) {
      const renames = event === "rename" ? 1 : 0;
      this.#happened.set(path, { first: event, renames, isWritten: event === "change" });
    } else {
      this.#all = "yes";
    }
    this.#wait();
  }

  /** Anything may have changed; or all of it is gone, if `isGone`. */
  addAll(isGone: boolean): void {
    this.#all = isGone ? "gone" : "yes";
    this.#wait();
  }

  #wait(): void {
    const { limits, alarms } = this.#service;
    const [quiet, latest] = alarms;
    quiet.set(limits.liveQuietTimeMs, this.#ring);
    if (this.#quiet === "no") latest.set(limits.liveGatherTimeMs, this.#tell);
    this.#quiet = "short";
  }

  readonly #ring = (): void => {
    const { limits, alarms, exists } = this.#service;
    const isGone = this.#all !== "yes" && !this.#happened.keys().some(exists);
    if (!isGone || this.#quiet === "long" || limits.liveGoneTimeMs === 0) return this.#tell();
    this.#quiet = "long";
    alarms[0].set(limits.liveGoneTimeMs, this.#ring);
  };

  readonly #tell = (): void => {
    const { exists, told } = this.#service;
    const paths = [...this.#happened]
      .filter(([path, happened]) => !cameAndWent(happened) || exists(path))
      .map(([path]) => path);
    const isAll = this.#all !== "no";
    this.clear();
    if (isAll || paths.length > 0) told({ paths, isAll });
  };

  /** Forgets what was gathered. */
  clear(): void {
    for (const alarm of this.#service.alarms) alarm.clear();
    this.#happened.clear();
    this.#all = "no";
    this.#quiet = "no";
  }
}
