/**
 * Watches a folder with all that is in it, and goes on when the folder itself is replaced.
 *
 * The system's watch belongs to the folder that was there when it began, and not to its path. When
 * a build replaces the folder, or a deployment switches the symbolic link to it, that watch is
 * silent. So the path is looked at each second, which costs three system calls, and a new watch
 * begins when something else is there.
 *
 * What it tells is a hint: something may have changed. Whether an answer is current is decided by
 * looks at the tree, never by this.
 */

import type { FSWatcher } from "node:fs";

import { nameForSystem, nameText } from "../../base/file-name.ts";
import type { Milliseconds } from "../../base/units.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import type { FileStat } from "../../system/file-stat.ts";
import { lookAt, realPath } from "../../system/file-system.ts";

/** What the system says: that content changed, or that a name came, went or was given away. */
export type WatchEvent = "change" | "rename";

/** Receives what a watch sees. */
interface WatchListener {
  /** Something happened at `path`, relative to the folder. */
  happened(path: string, event: WatchEvent): void;
  /** The folder itself is another one; or nothing is there, if `isGone`. */
  replaced(isGone: boolean): void;
  /** Not all can be watched; `code` is the system's, "ENOSPC". Told once for each code. */
  failed(code: string): void;
}

/** A folder and where it is. */
interface Place {
  readonly path: string;
  readonly stat: FileStat;
}

/** Errors about a folder that the server can't look into either, or that has just gone. */
const harmless: ReadonlySet<string> = new Set(["EACCES", "ENOENT", "EPERM"]);

function isSamePlace(one: Place | undefined, other: Place | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.path === other.path && one.stat.isSameFolder(other.stat);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** The watch of one folder. */
export class FolderWatch implements Disposable {
  readonly #path: string;
  readonly #listener: WatchListener;
  readonly #alarm: Alarm;
  readonly #lookEachMs: Milliseconds;
  readonly #isDeep: boolean;
  #watcher: FSWatcher | undefined;
  /** What was at the path at the last look; undefined for nothing. */
  #place: Place | undefined;
  readonly #told = new Set<string>();

  /**
   * Watches what is at `path`, now and later, with the folders in it if `isDeep`. `alarm` times the
   * looks at it.
   */
  constructor(
    path: string,
    listener: WatchListener,
    alarm: Alarm,
    lookEachMs: Milliseconds,
    isDeep = true,
  ) {
    this.#path = path;
    this.#isDeep = isDeep;
    this.#listener = listener;
    this.#alarm = alarm;
    this.#lookEachMs = lookEachMs;
    this.#begin(this.#find());
    this.#wait();
  }

  #wait(): void {
    this.#alarm.set(this.#lookEachMs, () => {
      this.#look();
      this.#wait();
    });
  }

  /** The folder that is at the path now; undefined when there is none. */
  #find(): Place | undefined {
    const real = realPath(`${this.#path}/`);
    const stat = real.ok ? lookAt(real.value) : undefined;
    return real.ok && stat?.ok === true ? { path: real.value, stat: stat.value } : undefined;
  }

  /** Begins a new watch if the folder is another one. */
  #look(): void {
    const now = this.#find();
    if (isSamePlace(now, this.#place)) return;
    this.#begin(now);
    this.#listener.replaced(now === undefined);
  }

  #begin(place: Place | undefined): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#place = place;
    if (place === undefined) return;
    const { watch } = require("node:fs") as typeof import("node:fs");
    // As octets, since not every name is UTF-8.
    const how = { recursive: this.#isDeep, persistent: false, encoding: "buffer" } as const;
    try {
      this.#watcher = watch(nameForSystem(place.path), how, (event, name) =>
        this.#happened(event, name),
      );
      this.#watcher.on("error", (error) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
    }
  }

  #happened(event: WatchEvent, name: Uint8Array | null | undefined): void {
    // Events without a name are about the folder itself.
    if (name === null || name === undefined || name.length === 0) this.#look();
    else this.#listener.happened(nameText(name), event);
  }

  /** The watch can't begin, or leaves something out. What it has goes on. */
  #failed(error: unknown): void {
    const code = codeOf(error);
    if (harmless.has(code) || this.#told.has(code)) return;
    this.#told.add(code);
    this.#listener.failed(code);
  }

  [Symbol.dispose](): void {
    this.#alarm.clear();
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
