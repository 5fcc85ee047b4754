/**
 * A cached lookup: a finding, the watches it depends on, and the dependents of it. It is valid
 * while every watch sees the same, which is checked only here. A dependent, such as a cached
 * response, is evicted with the first lookup it depends on, so it never outlives that lookup.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import type { Kind, Outcome } from "../tree.ts";
import type { Dependency, Dependent, Moment } from "../view.ts";
import { SharedFile } from "./open-file-cache.ts";
import type { WatchChain } from "./path-watch.ts";

/**
 * Beyond this, the oldest dependent is dropped, because there is no limit to the number of
 * different requests for a file.
 */
const dependentsMax = 64;

/** A dependent that costs more than this fraction of the store is not attached. */
const shareOfStore = 1 / 16;

/** What a path led to: an outcome of opening it, or the kind that a peek saw. */
export type Finding = Outcome | { readonly kind: Kind; readonly isPeeked: true };

/** The part of the cache that a lookup uses. */
export interface LookupHolder {
  readonly bytesMax: number;
  /** Whether `lookup` is still cached. */
  holds(lookup: Lookup): boolean;
  /** Adds `bytes` to the cost of `lookup`. This may evict lookups, including this one. */
  grow(lookup: Lookup, bytes: number): void;
  /** Releases the watches of `chain`, because a lookup that depended on it has been evicted. */
  unwatch(chain: WatchChain | undefined): void;
}

/** A cached lookup. */
export class Lookup implements Dependency, StoreEntry {
  /** The path's text. */
  readonly text: string;
  readonly finding: Finding;
  /** The watches that it depends on; undefined for none. */
  readonly chain: WatchChain | undefined;
  bytes: number;
  isUsed = true;
  readonly #holder: LookupHolder;
  /** Undefined while there are none, as for most paths that are requested once. */
  #dependents: Dependent[] | undefined;

  /** `bytes` is its cost without dependents. */
  constructor(
    text: string,
    finding: Finding,
    chain: WatchChain | undefined,
    bytes: number,
    holder: LookupHolder,
  ) {
    this.text = text;
    this.finding = finding;
    this.chain = chain;
    this.bytes = bytes;
    this.#holder = holder;
  }

  isCurrent(since: Moment): boolean {
    for (let at = this.chain; at !== undefined; at = at.before) {
      if (!at.watch.isCurrent(at.version, since)) return false;
    }
    this.isUsed = true;
    return true;
  }

  attach(dependent: Dependent): boolean {
    const holder = this.#holder;
    if (dependent.bytes > holder.bytesMax * shareOfStore || !holder.holds(this)) return false;
    this.#dependents ??= [];
    if (this.#dependents.length === dependentsMax) {
      const [oldest] = this.#dependents.splice(0, 1);
      holder.grow(this, -(oldest?.bytes ?? 0));
      oldest?.drop();
    }
    this.#dependents.push(dependent);
    holder.grow(this, dependent.bytes);
    return holder.holds(this);
  }

  detach(dependent: Dependent): void {
    const at = this.#dependents?.indexOf(dependent) ?? -1;
    if (at === -1) return;
    this.#dependents?.splice(at, 1);
    this.#holder.grow(this, -dependent.bytes);
  }

  evicted(): void {
    this.#holder.unwatch(this.chain);
    // A removed file takes up its space on the disk for as long as it is open.
    if ("file" in this.finding && this.finding.file instanceof SharedFile) {
      this.finding.file.forget();
    }
    const dependents = this.#dependents ?? [];
    // They detach themselves, and find that it is done.
    this.#dependents = undefined;
    for (const dependent of dependents) dependent.drop();
  }
}
