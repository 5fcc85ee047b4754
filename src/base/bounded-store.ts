/**
 * The store behind every cache: entries by key, bounded by the bytes they cost.
 *
 * Admission and eviction are the same for all caches. A key that finds no room is admitted when it
 * comes for the second time, so a client that crawls through everything once leaves the store as it
 * was; of those, one in `admittedOneIn` is admitted, because a client that cycles through more keys
 * than fit would otherwise evict each entry just before asking for it again. Eviction is CLOCK
 * (second chance): the entries stand in a ring, a hand goes round it, spares each entry that was
 * used since the hand last passed, and evicts the first that was not. A new entry takes the place
 * that was freed last. That is just behind the hand when others were evicted for it, so the entry
 * stays for a whole round.
 *
 * Absent on purpose: time. An entry is never too old; its owner checks whether it is still valid.
 */

/** An entry. Its two fields belong to the store once the entry is in it. */
export interface StoreEntry {
  /** What the entry costs in bytes, with everything that depends on it. Change it by `grow`. */
  bytes: number;
  /** Whether the entry was used since the hand last passed it. */
  isUsed: boolean;
  /** Called once, after the entry has left the store. */
  evicted?(): void;
}

/** How a store treats a key that it does not hold. */
export interface StorePolicy {
  /** The sum of all entries' bytes that is never exceeded. 0 turns the store off. */
  readonly bytesMax: number;
  /** With room to spare: whether the first request for a key admits it, or only the second. */
  readonly admitsOn: "first" | "second";
  /** Without room: of so many keys that came for the second time, one is admitted. At least 1. */
  readonly admittedOneIn: number;
}

/** Digests of keys that came once are remembered for so many times the entries held. */
const seenOncePerEntry = 4;

/** Where only a second request admits a key, at least so many; a digest costs some 16 bytes. */
const seenOnceMin = 16_384;

/** Entries by key, bounded by their bytes. */
export class BoundedStore<Key, Entry extends StoreEntry> {
  readonly #policy: StorePolicy;
  /** Where in the ring each key's entry stands. */
  readonly #places = new Map<Key, number>();
  /** The ring: a key and its entry by place. Both are undefined at a place that is free. */
  #keys: (Key | undefined)[] = [];
  #entries: (Entry | undefined)[] = [];
  #freePlaces: number[] = [];
  /** The place that is examined next when room has to be made. */
  #hand = 0;
  #bytes = 0;
  readonly #seenOnce = new Set<number>();
  #candidates = 0;

  constructor(policy: StorePolicy) {
    this.#policy = policy;
  }

  /** What the entries cost, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many entries there are. */
  get size(): number {
    return this.#places.size;
  }

  /** The entry under `key`, which counts as used; undefined if there is none. */
  get(key: Key): Entry | undefined {
    const entry = this.#find(key);
    if (entry !== undefined) entry.isUsed = true;
    return entry;
  }

  /** Whether `entry` is what the store holds under `key`. */
  holds(key: Key, entry: Entry): boolean {
    return this.#find(key) === entry;
  }

  /**
   * Whether a key that the store does not hold is worth an entry of `bytes`. To be asked once per
   * request for the key; `digest` stands for the key, and two keys that share one are admitted
   * together, which does no harm.
   */
  admits(digest: number, bytes: number): boolean {
    const { bytesMax, admitsOn, admittedOneIn } = this.#policy;
    if (bytes > bytesMax) return false;
    const hasRoom = this.#bytes + bytes <= bytesMax;
    if (hasRoom && admitsOn === "first") return true;
    if (this.#seenOnce.has(digest)) {
      if (!hasRoom && ++this.#candidates % admittedOneIn !== 0) return false;
      this.#seenOnce.delete(digest);
      return true;
    }
    // Keys that did not come again by now are many. All are dropped at once.
    const perEntries = seenOncePerEntry * this.#places.size;
    const seenOnceMax = admitsOn === "second" ? Math.max(seenOnceMin, perEntries) : perEntries;
    if (this.#seenOnce.size >= seenOnceMax) this.#seenOnce.clear();
    this.#seenOnce.add(digest);
    return false;
  }

  /**
   * Adds `entry` under `key`, in the place of the one that is there, and evicts others to make room
   * for it. False, with nothing changed but that the former entry is gone, when it costs more than
   * the whole store may hold.
   */
  set(key: Key, entry: Entry): boolean {
    this.delete(key);
    if (entry.bytes > this.#policy.bytesMax) return false;
    this.#makeRoom(entry.bytes);
    const place = this.#freePlaces.pop() ?? this.#entries.length;
    this.#places.set(key, place);
    this.#keys[place] = key;
    this.#entries[place] = entry;
    this.#bytes += entry.bytes;
    return true;
  }

  /**
   * Adds `bytes`, which may be negative, to what `entry` costs, and evicts others to make room. The
   * store has to hold the entry. It may be among those evicted: ask `holds` afterwards.
   */
  grow(entry: Entry, bytes: number): void {
    entry.bytes += bytes;
    this.#bytes += bytes;
    if (bytes > 0) this.#makeRoom(0);
  }

  /** Removes the entry under `key`, if there is one. */
  delete(key: Key): void {
    const place = this.#places.get(key);
    if (place !== undefined) this.#remove(place);
  }

  /** Removes every entry that was not used since the hand, or the last sweep, passed it. */
  sweep(): void {
    for (let place = 0; place < this.#entries.length; place++) this.#pass(place);
  }

  /** Removes every entry that `isOver`. */
  removeEach(isOver: (entry: Entry) => boolean): void {
    for (let place = 0; place < this.#entries.length; place++) {
      const entry = this.#entries[place];
      if (entry !== undefined && isOver(entry)) this.#remove(place);
    }
  }

  /** Removes every entry, and forgets which keys came once. */
  clear(): void {
    for (const place of this.#places.values()) this.#remove(place);
    this.#keys = [];
    this.#entries = [];
    this.#freePlaces = [];
    this.#hand = 0;
    this.#seenOnce.clear();
  }

  #find(key: Key): Entry | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#entries[place];
  }

  /** Evicts entries until another one of `bytes` fits, or until there are none. */
  #makeRoom(bytes: number): void {
    while (this.#bytes + bytes > this.#policy.bytesMax && this.#places.size > 0) {
      const place = this.#hand;
      this.#hand = place + 1 < this.#entries.length ? place + 1 : 0;
      this.#pass(place);
    }
  }

  /** Spares the entry at `place` if it was used since it was last passed; removes it otherwise. */
  #pass(place: number): void {
    const entry = this.#entries[place];
    if (entry?.isUsed === true) entry.isUsed = false;
    else if (entry !== undefined) this.#remove(place);
  }

  #remove(place: number): void {
    const entry = this.#entries[place];
    if (entry === undefined) return;
    this.#places.delete(this.#keys[place] as Key);
    this.#keys[place] = undefined;
    this.#entries[place] = undefined;
    this.#freePlaces.push(place);
    this.#bytes -= entry.bytes;
    entry.evicted?.();
  }
}
