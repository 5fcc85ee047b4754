/**
 * What is known of a key of the store: an object or that there is none, and when the store was
 * asked. It is a dependency of answers: those that are made of it may be given out again for as
 * long as the store needn't be asked.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import type { OpenFile } from "../tree.ts";
import type { Dependency, Dependent, Moment } from "../view.ts";

/**
 * What is wanted of a key: the object as a file, its facts, or whether there are keys that begin
 * with it ("below").
 */
export type Wanted = "file" | "facts" | "below";

/** What the store says of an object besides its octets. */
export interface ObjectFacts {
  /** With its quotes, as it is sent back in conditions. */
  readonly etag: string;
  /** Last-Modified as it came; it tells a change of the metadata alone. */
  readonly modified: string;
  /** Whether a further change would show in `modified`, whose unit is a second. */
  readonly isSettled: boolean;
  readonly size: number;
  readonly mtimeMs: number;
  /** A whole st_mode. */
  readonly mode: number;
  /** The content coding that it was stored with; undefined for none. */
  readonly coding: string | undefined;
}

/** What a look at a key has found. */
export interface Found {
  /** Undefined when there is no object. */
  readonly facts: ObjectFacts | undefined;
  /** The file; undefined when only the facts were asked for. */
  readonly file: OpenFile | undefined;
}

/** When the store was asked. */
export interface Asking {
  readonly moment: Moment;
  /** On the monotonic clock, in milliseconds. */
  readonly askedMs: number;
}

/** The cache that a known object is in. */
export interface KnownHolder {
  readonly bytesMax: number;
  /** Whether an answer of that time needs no further question for a request since `since`. */
  isFresh(asking: Asking, since: Moment): boolean;
  holds(known: KnownObject): boolean;
  grow(known: KnownObject, bytes: number): void;
}

/** What an entry costs besides the octets of its file, about, in bytes. */
const entryBytes = 640;

/** Beyond this, the oldest dependent is dropped. */
const dependentsMax = 64;

/** A dependent that costs more than this part of the cache is not attached. */
const shareOfCache = 1 / 16;

/** What is known of one key. */
export class KnownObject implements StoreEntry, Dependency {
  readonly key: string;
  readonly found: Found;
  bytes: number;
  isUsed = true;
  readonly #holder: KnownHolder;
  #asking: Asking;
  #dependents: Dependent[] = [];

  /** `octets` is what its file holds in memory. */
  constructor(key: string, found: Found, octets: number, asking: Asking, holder: KnownHolder) {
    this.key = key;
    this.found = found;
    this.bytes = entryBytes + 2 * key.length + octets;
    this.#asking = asking;
    this.#holder = holder;
  }

  /** When it was last confirmed. */
  get asking(): Asking {
    return this.#asking;
  }

  /** The store says that it is still so. */
  confirm(asking: Asking): void {
    if (asking.moment > this.#asking.moment) this.#asking = asking;
  }

  isCurrent(since: Moment): boolean {
    if (!this.#holder.isFresh(this.#asking, since)) return false;
    this.isUsed = true;
    return true;
  }

  attach(dependent: Dependent): boolean {
    const holder = this.#holder;
    if (dependent.bytes > holder.bytesMax * shareOfCache || !holder.holds(this)) return false;
    // An answer may have asked for the same key several times.
    if (this.#dependents.includes(dependent)) return true;
    if (this.#dependents.length === dependentsMax) {
      const oldest = this.#dependents.shift();
      holder.grow(this, -(oldest?.bytes ?? 0));
      oldest?.drop();
    }
    this.#dependents.push(dependent);
    holder.grow(this, dependent.bytes);
    return holder.holds(this);
  }

  detach(dependent: Dependent): void {
    const at = this.#dependents.indexOf(dependent);
    if (at === -1) return;
    this.#dependents.splice(at, 1);
    this.#holder.grow(this, -dependent.bytes);
  }

  evicted(): void {
    const dependents = this.#dependents;
    this.#dependents = [];
    for (const dependent of dependents) dependent.drop();
  }
}
