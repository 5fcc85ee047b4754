/**
 * Lookups, cached with every look they were made of. A lookup is valid for as long as each of these
 * looks, made again, sees the same; so an edit, another file by that name, a change of mode of the
 * file or of a folder above it, and something new where nothing was, are all seen by the first
 * request that is sent after them.
 */

import { BoundedStore } from "../../base/bounded-store.ts";
import type { Limits } from "../../base/limits.ts";
import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import type { SystemCalls } from "../../system/system-calls.ts";
import { DiskFile, isSettled, MemoryFile } from "../disk/open-file.ts";
import type { Step } from "../disk/walk.ts";
import type { ContainedPath } from "../path.ts";
import type { Moment, View } from "../view.ts";
import type { Finding, LookupHolder } from "./lookup.ts";
import { Lookup } from "./lookup.ts";
import { OpenFileCache, SharedFile } from "./open-file-cache.ts";
import type { WatchChain } from "./path-watch.ts";
import { PathWatch } from "./path-watch.ts";

/** What a lookup costs beside its content, about, in bytes: maps, texts, watches, the response. */
const lookupBytes = 2048;

/** The limits that the cache lives by. */
export type LookupCacheLimits = Pick<
  Limits,
  "fileCacheBytesMax" | "openFilesKeptMax" | "openFilesRestMs"
>;

/** A content is there twice: by itself, and behind the head that it is sent with. */
function bytesOf(finding: Finding): number {
  const content = "file" in finding ? (finding.file.content?.length ?? 0) : 0;
  return lookupBytes + 2 * content;
}

/** The cached lookups of one tree. */
export class LookupCache implements LookupHolder {
  readonly bytesMax: number;
  readonly #calls: SystemCalls;
  readonly #clock: LogicalClock;
  readonly #openFiles: OpenFileCache;
  readonly #lookups: BoundedStore<string, Lookup>;
  readonly #watches = new Map<string, PathWatch>();

  /**
   * Holds as much as `limits` say. `alarm` rings when open files are looked through for those that
   * no request has asked for.
   */
  constructor(limits: LookupCacheLimits, calls: SystemCalls, clock: LogicalClock, alarm: Alarm) {
    this.bytesMax = limits.fileCacheBytesMax;
    this.#lookups = new BoundedStore({
      bytesMax: this.bytesMax,
      admitsOn: "first",
      admittedOneIn: 16,
    });
    this.#openFiles = new OpenFileCache(limits.openFilesKeptMax, limits.openFilesRestMs, alarm);
    this.#calls = calls;
    this.#clock = clock;
  }

  /** What is held, in bytes. */
  get bytes(): number {
    return this.#lookups.bytes;
  }

  /** The lookup of `path`, if it is cached and still valid by looks not made before `since`. */
  find(path: ContainedPath, since: Moment): Lookup | undefined {
    const lookup = this.#lookups.get(path.text);
    if (lookup === undefined) return undefined;
    if (lookup.isCurrent(since)) return lookup;
    this.#lookups.delete(path.text);
    return undefined;
  }

  /**
   * Caches that `path` has led to `finding` by `steps`, unless these can't be relied on: one was
   * changed meanwhile, or so lately before `view`'s request that another change might not show.
   */
  add(path: ContainedPath, finding: Finding, steps: readonly Step[], view: View): void {
    const { text } = path;
    // A lookup that was valid and could not be given out may still be there.
    this.#lookups.delete(text);
    if (!areSettled(steps, view.receivedMs)) return;
    const bytes = bytesOf(finding);
    if (!this.#lookups.admits(Bun.hash.xxHash32(text), bytes)) return;
    let chain: WatchChain | undefined;
    let isCurrent = true;
    for (const step of steps) {
      const watch = this.#watch(step);
      isCurrent &&= watch.agreesWith(step.seen);
      watch.uses++;
      chain = watch.after(chain);
    }
    const lasting = this.#lasting(finding, steps);
    const lookup = new Lookup(text, lasting, chain, bytes, this);
    if (!isCurrent || !this.#lookups.set(text, lookup)) this.unwatch(chain);
  }

  /** `finding` as it can be given out again: the file that is open now is closed by its user. */
  #lasting(finding: Finding, steps: readonly Step[]): Finding {
    const path = steps.at(-1)?.path;
    if (!("file" in finding) || !(finding.file instanceof DiskFile)) return finding;
    if (path === undefined) return finding;
    const { name, stat } = finding.file;
    return { kind: "file", file: new SharedFile(name, stat, path, this.#openFiles) };
  }

  /** The watch of a step's path; if it saw something else than the step did, it looks again. */
  #watch({ path, seen }: Step): PathWatch {
    let watch = this.#watches.get(path);
    if (watch === undefined) {
      watch = new PathWatch(path, seen, this.#calls, this.#clock);
      this.#watches.set(path, watch);
    } else if (!watch.agreesWith(seen)) watch.look();
    return watch;
  }

  holds(lookup: Lookup): boolean {
    return this.#lookups.holds(lookup.text, lookup);
  }

  grow(lookup: Lookup, bytes: number): void {
    this.#lookups.grow(lookup, bytes);
  }

  unwatch(chain: WatchChain | undefined): void {
    for (let at = chain; at !== undefined; at = at.before) {
      at.watch.uses--;
      if (at.watch.uses === 0) this.#watches.delete(at.watch.text);
    }
  }

  /**
   * Drops all lookups with what depends on them, and closes files that are kept open; those that
   * are being sent follow when they have been. A dependent may be held by a request head that
   * outlives the tree, and would hold the whole cache if it were not dropped.
   */
  close(): void {
    this.#lookups.clear();
    this.#openFiles.close();
  }
}

/** Whether everything seen on the way shows a change that comes after `receivedMs`. */
function areSettled(steps: readonly Step[], receivedMs: number): boolean {
  return steps.every(
    ({ seen }) => seen === undefined || seen.isFolder || isSettled(seen, receivedMs),
  );
}

/** Whether a found file may be given out again, and the reason to keep what follows from it. */
export function markRepeated(finding: Finding): void {
  // Most files are asked for once: what follows from one is kept when it is asked for again.
  if ("file" in finding && finding.file instanceof MemoryFile) finding.file.markRepeated();
}
