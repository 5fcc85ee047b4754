/**
 * Outcomes of looking for paths, remembered with every look they were made of. An outcome stands
 * for as long as each of these looks, made again, sees the same; so an edit, another file by that
 * name, a change of mode of the file or of a folder above it, and something new where nothing was,
 * are all seen by the first request that is sent after them.
 *
 * The memory is bounded. When it is full, a newcomer takes the place of one that was not asked for
 * lately. Most are turned away: all that haven't come before, so that a client that goes through
 * everything once leaves the memory as it was; and most of the others, for otherwise one that goes
 * round through more files than there is room for would find none of them ever.
 */

import type { Limits } from "../../base/limits.ts";
import type { Moments } from "./freshness.ts";
import { SharedFile, OpenFileCache } from "./open-file-cache.ts";
import { DiskFile, isSettled, MemoryFile } from "../disk/open-file.ts";
import { Conclusion, Lookup } from "./lookup.ts";
import type { ContainedPath } from "../path.ts";
import type { Outcome } from "../tree.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import type { SystemCalls } from "../../system/system-calls.ts";
import type { Step } from "../disk/walk.ts";
import type { Trail } from "./path-watch.ts";
import { PathWatch } from "./path-watch.ts";

/** What an outcome costs beside its content, about, in bytes: maps, texts, looks, the answer. */
const outcomeBytes = 2048;

/** Of so many newcomers that find no room and have come before, one is let in. */
const admittedOneIn = 16;

/** Of newcomers it is known that they have come before, for this many times what is remembered. */
const awaitedTimes = 4;

/** A content is there twice: by itself, and behind the head that it is sent with. */
function bytesOf(resolution: Outcome): number {
  const content = resolution.kind === "file" ? (resolution.file.content?.length ?? 0) : 0;
  return outcomeBytes + 2 * content;
}

/** The limits that a memory lives by. */
export type MemoryLimits = Pick<
  Limits,
  "fileCacheBytesMax" | "openFilesKeptMax" | "openFilesRestMs"
>;

/** A bounded memory of outcomes. */
export class LookupCache {
  readonly #bytesMax: number;
  readonly #calls: SystemCalls;
  readonly #moments: Moments;
  readonly #openFiles: OpenFileCache;
  readonly #findings = new Map<string, Lookup>();
  readonly #waypoints = new Map<string, PathWatch>();
  /** Goes round the outcomes when room has to be made. */
  #hand: Iterator<Lookup> | undefined;
  #bytes = 0;
  #newcomers = 0;
  /** The digests of newcomers that were turned away. */
  readonly #awaited = new Set<number>();

  /**
   * Holds as much as `limits` say; `moments` says how fresh a look has to be; `alarm` rings when
   * open files are looked through for those that no request has asked for.
   */
  constructor(limits: MemoryLimits, calls: SystemCalls, moments: Moments, alarm: Alarm) {
    this.#bytesMax = limits.fileCacheBytesMax;
    this.#openFiles = new OpenFileCache(limits.openFilesKeptMax, limits.openFilesRestMs, alarm);
    this.#calls = calls;
    this.#moments = moments;
  }

  /** What is held, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * What `path` leads to, if that is remembered, and still so by looks that are not before `since`.
   */
  find(path: ContainedPath, since: number): Lookup | undefined {
    const finding = this.#findings.get(path.text);
    if (finding === undefined) return undefined;
    if (!finding.isStill(since)) {
      this.#forget(finding);
      return undefined;
    }
    const { resolution } = finding;
    // Now that it is asked for again, what follows from it is worth keeping.
    if (resolution.kind === "file" && resolution.file instanceof MemoryFile) {
      resolution.file.recurs = true;
    }
    return finding;
  }

  /**
   * `value`, which follows from `findings` and holds `bytes` that they don't: to be had again for
   * as long as they stand. Undefined when one of them has been forgotten.
   */
  conclude<Value>(
    value: Value,
    bytes: number,
    findings: readonly Lookup[],
  ): Conclusion<Value> | undefined {
    const added = bytes * findings.length;
    if (added > this.#bytesMax / admittedOneIn) return undefined;
    this.#makeRoom(added);
    const areHeld = findings.every((finding) => this.#findings.get(finding.text) === finding);
    if (!areHeld) return undefined;
    const conclusion = new Conclusion(value, bytes, findings);
    for (const finding of findings) {
      this.#bytes -= finding.bytes;
      finding.carry(conclusion);
      this.#bytes += finding.bytes;
    }
    return conclusion;
  }

  /**
   * Remembers that `path` has led to `resolution` by `steps`, unless these can't be relied on:
   * somebody has changed one meanwhile, or so lately that another change might not show.
   */
  remember(path: ContainedPath, resolution: Outcome, steps: readonly Step[]): void {
    // What was there may be known still, though it couldn't be given out.
    const former = this.#findings.get(path.text);
    if (former !== undefined) this.#forget(former);
    const bytes = bytesOf(resolution);
    if (bytes > this.#bytesMax || !this.#steps(steps)) return;
    if (this.#bytes + bytes > this.#bytesMax) {
      if (!this.#isAdmitted(path)) return;
      this.#makeRoom(bytes);
    }
    let trail: Trail | undefined;
    let isSame = true;
    for (const step of steps) {
      const waypoint = this.#waypoint(step);
      isSame &&= waypoint.agreesWith(step.seen);
      waypoint.uses++;
      trail = waypoint.after(trail);
    }
    const finding = new Lookup(path.text, this.#lasting(resolution, steps), trail, bytes);
    this.#findings.set(finding.text, finding);
    this.#bytes += bytes;
    if (!isSame) this.#forget(finding);
  }

  /** Whether a newcomer that finds no room is let in. */
  #isAdmitted({ text }: ContainedPath): boolean {
    const digest = Bun.hash.xxHash32(text);
    if (this.#awaited.has(digest)) return ++this.#newcomers % admittedOneIn === 0;
    // Those that haven't come again by now are many: they begin anew, together.
    if (this.#awaited.size >= awaitedTimes * this.#findings.size) this.#awaited.clear();
    this.#awaited.add(digest);
    return false;
  }

  /** `resolution` as it can be given out again: whoever has an open file now will close it. */
  #lasting(resolution: Outcome, steps: readonly Step[]): Outcome {
    const path = steps.at(-1)?.path;
    if (resolution.kind !== "file" || path === undefined) return resolution;
    if (!(resolution.file instanceof DiskFile)) return resolution;
    const { name, identity } = resolution.file;
    return { kind: "file", file: new SharedFile(name, identity, path, this.#openFiles) };
  }

  /** Closes what is open for others to come; what is being sent, when it has been. */
  close(): void {
    this.#openFiles.close();
  }

  /** Whether what was seen on the way will show it when it changes. */
  #steps(steps: readonly Step[]): boolean {
    const { nowMs } = this.#moments;
    if (nowMs === undefined) return false;
    return steps.every(({ seen }) => seen === undefined || seen.isFolder || isSettled(seen, nowMs));
  }

  /** The waypoint for `path`; if it looked before that was `seen`, it looks again. */
  #waypoint({ path, seen }: Step): PathWatch {
    let waypoint = this.#waypoints.get(path);
    if (waypoint === undefined) {
      waypoint = new PathWatch(path, seen, this.#calls, this.#moments);
      this.#waypoints.set(path, waypoint);
    } else if (!waypoint.agreesWith(seen)) waypoint.look();
    return waypoint;
  }

  #forget(finding: Lookup): void {
    this.#findings.delete(finding.text);
    this.#bytes -= finding.bytes;
    finding.drop();
    for (let at = finding.trail; at !== undefined; at = at.before) {
      at.waypoint.uses--;
      if (at.waypoint.uses === 0) this.#waypoints.delete(at.waypoint.text);
    }
  }

  /** Forgets those that nobody has asked for since the hand last passed, until there is room. */
  #makeRoom(bytes: number): void {
    while (this.#bytes + bytes > this.#bytesMax) {
      this.#hand ??= this.#findings.values();
      const { done, value } = this.#hand.next();
      if (done === true) this.#hand = undefined;
      else if (value.isAskedFor) value.isAskedFor = false;
      else this.#forget(value);
    }
  }
}
