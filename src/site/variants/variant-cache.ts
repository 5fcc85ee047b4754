/**
 * Caches variants that the server makes. Each is made once, even if many requests wait for it.
 *
 * A key contains the entity tag of the identity, so a variant is found only for the octets it was
 * made from and never becomes stale. The amount of content that is being coded at one time is
 * bounded as well; beyond that, `make` refuses.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import { BoundedStore } from "../../base/bounded-store.ts";
import type { Slot } from "../../base/slot.ts";
import type { EntityTag } from "../../http/fields/entity-tag.ts";

/** The octets of a variant, and the tag of exactly these octets. */
export interface CodedVariant {
  readonly octets: Uint8Array;
  readonly entityTag: EntityTag;
  /** For the selector of variants: the representation that it is. It goes with the octets. */
  readonly slot: Slot;
}

/** Anything that is made of content and cached under a key that names the content. */
interface Made {
  readonly octets: Uint8Array;
}

/** A variant that was just made, and whether it may be cached. */
export interface MadeVariant<Variant extends Made = CodedVariant> {
  readonly variant: Variant;
  readonly lasting: boolean;
}

/** The approximate memory of a variant besides its octets: key, tag, map entries. */
const entryBytes = 512;

/** How long a key is that `entryBytes` includes, in octets. */
const keyBytesIncluded = 256;

/** A variant of up to this size is copied behind its head when it is given out again. */
const copiedBytesMax = 64 * 1024;

interface CachedVariant<Variant> extends StoreEntry {
  readonly variant: Variant;
}

/** A bounded cache of variants by key. */
export class VariantCache<Variant extends Made = CodedVariant> {
  readonly #kept: BoundedStore<string, CachedVariant<Variant>>;
  readonly #making = new Map<string, Promise<Variant>>();
  readonly #atOnceBytesMax: number;
  #atOnceBytes = 0;

  /**
   * Caches at most `bytesMax` of variants, and codes at most `atOnceBytesMax` of content at one
   * time.
   */
  constructor(bytesMax: number, atOnceBytesMax: number) {
    this.#kept = new BoundedStore({ bytesMax, admitsOn: "first", admittedOneIn: 1 });
    this.#atOnceBytesMax = atOnceBytesMax;
  }

  /** The cost of the cached variants, in bytes. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /** The variant under `key` if it is cached, or its promise while it is being made. */
  find(key: string): Variant | Promise<Variant> | undefined {
    return this.#kept.get(key)?.variant ?? this.#making.get(key);
  }

  /**
   * Makes the variant for `key` from `size` bytes. Undefined, without calling `make`, when too much
   * is being made already. Call it only after `find` has returned undefined.
   */
  make(
    key: string,
    size: number,
    make: () => Promise<MadeVariant<Variant>>,
  ): Promise<Variant> | undefined {
    if (this.#atOnceBytes + size > this.#atOnceBytesMax) return undefined;
    const making = this.#run(key, size, make);
    this.#making.set(key, making);
    return making;
  }

  async #run(
    key: string,
    size: number,
    make: () => Promise<MadeVariant<Variant>>,
  ): Promise<Variant> {
    this.#atOnceBytes += size;
    try {
      const { variant, lasting } = await Promise.try(make);
      if (lasting) {
        const keyBytes = Math.max(0, 2 * key.length - keyBytesIncluded);
        const { length } = variant.octets;
        const copyBytes = length <= copiedBytesMax ? length : 0;
        const bytes = entryBytes + keyBytes + length + copyBytes;
        this.#kept.set(key, { variant, bytes, isUsed: false });
      }
      return variant;
    } finally {
      this.#atOnceBytes -= size;
      this.#making.delete(key);
    }
  }
}
