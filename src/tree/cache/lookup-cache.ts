/**
 * Caches lookups with every look that they were made from. A lookup is valid while each of these
 * looks, repeated, sees the same. So the first request after a change sees it: an edit, a replaced
 * file, a change of mode of the file or of a folder above it, or a new file where none was.
 */

import { nameOctets, nameText } from "../../base/file-name.ts";
import { BoundedStore } from "../../base/bounded-store.ts";
import type { Limits } from "../../base/limits.ts";
import type { LogicalClock } from "../../schedule/logical-clock.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import type { SystemCalls } from "../../system/system-calls.ts";
import { DiskFile, isSettled, MemoryFile } from "../disk/open-file.ts";
import type { Step } from "../disk/named-root.ts";
import type { ContainedPath } from "../path.ts";
import type { Moment, View } from "../view.ts";
import type { Finding, LookupHolder } from "./lookup.ts";
import { Lookup } from "./lookup.ts";
import { OpenFileCache, SharedFile } from "./open-file-cache.ts";
import type { WatchChain } from "./path-watch.ts";
import { PathWatch } from "./path-watch.ts";

/**
 * The approximate cost of a lookup besides its content, in bytes: map entries, texts, watches, the
 * response.
 */
const lookupBytes = 2048;

/** The limits of the cache. */
export type LookupCacheLimits = Pick<
  Limits,
  "fileCacheBytesMax" | "openFilesKeptMax" | "openFilesRestMs"
>;

/** How long the texts of a lookup are together that `lookupBytes` includes, in octets. */
const textBytesIncluded = 1024;

/**
 * Content is counted twice: by itself, and as a copy in the encoded response. A path has two octets
 * a unit, since it may be no Latin-1, and is counted twice as well: the engine frees the texts that
 * it was made from some time later. The last path that was looked at is shared with no other
 * lookup; the folders above it mostly are.
 */
function bytesOf(text: string, finding: Finding, last: Step | undefined): number {
  const content = "file" in finding ? (finding.file.content?.length ?? 0) : 0;
  const texts = 4 * (text.length + (last?.path.length ?? 0));
  return lookupBytes + 2 * content + Math.max(0, texts - textBytesIncluded);
}

/** A copy of `text`. A part of a longer text keeps all of it in memory: that of a whole head. */
function copyOf(text: string): string {
  return nameText(nameOctets(text));
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
   * `alarm` is for closing open files that no request has used for a while, and `lookAlarm` for
   * those that have been removed.
   */
  constructor(
    limits: LookupCacheLimits,
    calls: SystemCalls,
    clock: LogicalClock,
    alarm: Alarm,
    lookAlarm?: Alarm,
  ) {
    this.bytesMax = limits.fileCacheBytesMax;
    this.#lookups = new BoundedStore({
      bytesMax: this.bytesMax,
      admitsOn: "first",
      admittedOneIn: 16,
    });
    const { openFilesKeptMax, openFilesRestMs } = limits;
    this.#openFiles = new OpenFileCache(openFilesKeptMax, openFilesRestMs, alarm, lookAlarm);
    this.#calls = calls;
    this.#clock = clock;
  }

  /** The cost of the cached lookups, in bytes. */
  get bytes(): number {
    return this.#lookups.bytes;
  }

  /** The lookup of `path`, if it is cached and looks made at `since` or later show it valid. */
  find(path: ContainedPath, since: Moment): Lookup | undefined {
    const lookup = this.#lookups.get(path.text);
    if (lookup === undefined) return undefined;
    if (lookup.isCurrent(since)) return lookup;
    this.#lookups.delete(path.text);
    return undefined;
  }

  /**
   * Caches the `finding` for `path`, made from `steps`, unless one of these has changed meanwhile,
   * or was changed so recently before the request of `view` that another change might not show.
   */
  add(path: ContainedPath, finding: Finding, steps: readonly Step[], view: View): void {
    // A valid lookup that `open` couldn't return may still be cached.
    this.#lookups.delete(path.text);
    if (!areSettled(steps, view.receivedMs)) return;
    const bytes = bytesOf(path.text, finding, steps[steps.length - 1]);
    if (!this.#lookups.admits(Bun.hash.xxHash32(path.text), bytes)) return;
    const text = copyOf(path.text);
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

  /**
   * `finding` in the form to cache. An open file belongs to its caller, so a large file becomes a
   * `SharedFile`, which is opened again.
   */
  #lasting(finding: Finding, steps: readonly Step[]): Finding {
    const path = steps[steps.length - 1]?.path;
    if (!("file" in finding) || !(finding.file instanceof DiskFile)) return finding;
    if (path === undefined) return finding;
    const { name, stat, isUploaded } = finding.file;
    const file = new SharedFile(name, stat, path, this.#openFiles);
    file.isUploaded = isUploaded;
    return { kind: "file", file };
  }

  /** The watch of the step's path. If it last saw something else than the step, it looks again. */
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

/** Whether a change of any step after `receivedMs` will show. */
function areSettled(steps: readonly Step[], receivedMs: number): boolean {
  for (const { seen } of steps) {
    if (seen !== undefined && !seen.isFolder && !isSettled(seen, receivedMs)) return false;
  }
  return true;
}

/** Records that a cached finding has been returned again. */
export function markRepeated(finding: Finding): void {
  // Most files are requested once, so derived values are cached only from the second request on.
  if ("file" in finding && finding.file instanceof MemoryFile) finding.file.markRepeated();
}
