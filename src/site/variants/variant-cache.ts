/**
 * Variants made here, kept while there is room: each is made once, however many requests wait for
 * it.
 *
 * A key contains the entity tag of the octets that were coded, so a variant is found for exactly
 * the octets that it was made of, and none ever becomes stale. How much is being made at one time
 * is bounded as well; beyond the bound nothing is begun.
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

/** A variant that was just made, and whether it may be kept. */
export interface MadeVariant {
  readonly variant: CodedVariant;
  readonly lasting: boolean;
}

/** What a variant costs in memory beside its octets, about: key, tag, places in maps. */
const entryBytes = 512;

interface CachedVariant extends StoreEntry {
  readonly variant: CodedVariant;
}

/** A bounded cache of variants by key. */
export class VariantCache {
  readonly #kept: BoundedStore<string, CachedVariant>;
  readonly #making = new Map<string, Promise<CodedVariant>>();
  readonly #atOnceBytesMax: number;
  #atOnceBytes = 0;

  /**
   * Keeps at most `bytesMax` of variants, and makes variants of at most `atOnceBytesMax` of content
   * at one time.
   */
  constructor(bytesMax: number, atOnceBytesMax: number) {
    this.#kept = new BoundedStore({ bytesMax, admitsOn: "first", admittedOneIn: 1 });
    this.#atOnceBytesMax = atOnceBytesMax;
  }

  /** What the variants kept cost, in bytes. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /** The variant under `key` when it is kept, its promise when it is being made. */
  find(key: string): CodedVariant | Promise<CodedVariant> | undefined {
    return this.#kept.get(key)?.variant ?? this.#making.get(key);
  }

  /**
   * Makes the variant for `key` out of `size` bytes. Undefined, without calling `make`, when too
   * much is being made already. To be called after `find` has found nothing.
   */
  make(
    key: string,
    size: number,
    make: () => Promise<MadeVariant>,
  ): Promise<CodedVariant> | undefined {
    if (this.#atOnceBytes + size > this.#atOnceBytesMax) return undefined;
    const making = this.#run(key, size, make);
    this.#making.set(key, making);
    return making;
  }

  async #run(key: string, size: number, make: () => Promise<MadeVariant>): Promise<CodedVariant> {
    this.#atOnceBytes += size;
    try {
      const { variant, lasting } = await Promise.try(make);
      if (lasting) {
        this.#kept.set(key, { variant, bytes: entryBytes + variant.octets.length, isUsed: false });
      }
      return variant;
    } finally {
      this.#atOnceBytes -= size;
      this.#making.delete(key);
    }
  }
}
