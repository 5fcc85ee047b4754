/**
 * A cached lookup: what a path led to, the watches that this depends on, and what depends on it in
 * turn. It is valid while every watch still sees the same, and that is checked here and nowhere
 * else. A dependent, such as a cached response, is evicted with the first lookup it depends on, so
 * it never outlives that lookup.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import type { Kind, Outcome } from "../tree.ts";
import type { Dependency, Dependent, Moment } from "../view.ts";
import type { WatchChain } from "./path-watch.ts";

/** Beyond it the oldest is dropped: a file may be asked for in any number of ways. */
const dependentsMax = 64;

/** A dependent that costs more than this part of the store is not attached. */
const shareOfStore = 1 / 16;

/** What a path led to. An outcome was opened; a kind was only peeked at. */
export type Finding = Outcome | { readonly kind: Kind; readonly isPeeked: true };

/** The cache that holds lookups, as they need it. */
export interface LookupHolder {
  readonly bytesMax: number;
  /** Whether `lookup` has not been evicted yet. */
  holds(lookup: Lookup): boolean;
  /** Adds `bytes` to what `lookup` costs; lookups may be evicted for it, this one among them. */
  grow(lookup: Lookup, bytes: number): void;
  /** A lookup that depended on `chain` has left the cache. */
  unwatch(chain: WatchChain | undefined): void;
}

/** A cached lookup. */
export class Lookup implements Dependency, StoreEntry {
  /** The path's text. */
  readonly text: string;
  readonly finding: Finding;
  /** The watches it depends on; undefined for none. */
  readonly chain: WatchChain | undefined;
  bytes: number;
  isUsed = true;
  readonly #holder: LookupHolder;
  /** Undefined while there are none, as for most paths that are asked for once. */
  #dependents: Dependent[] | undefined;

  /** `bytes` is what all of it costs. */
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
    for (const dependent of this.#dependents ?? []) dependent.drop();
    this.#dependents = undefined;
  }
}
