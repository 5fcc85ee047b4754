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
import type { EntityTag } from "../../http/entity-tag.ts";

/** The octets of a variant, and the tag of exactly these octets. */
export interface CodedForm {
  readonly octets: Uint8Array;
  readonly entityTag: EntityTag;
}

/** A variant that was just made, and whether it may be kept. */
export interface MadeForm {
  readonly form: CodedForm;
  readonly lasting: boolean;
}

/** What a variant costs in memory beside its octets, about: key, tag, places in maps. */
const entryBytes = 512;

interface CachedForm extends StoreEntry {
  readonly form: CodedForm;
}

/** A bounded cache of variants by key. */
export class VariantCache {
  readonly #kept: BoundedStore<string, CachedForm>;
  readonly #making = new Map<string, Promise<CodedForm>>();
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
  find(key: string): CodedForm | Promise<CodedForm> | undefined {
    return this.#kept.get(key)?.form ?? this.#making.get(key);
  }

  /**
   * Makes the variant for `key` out of `size` bytes. Undefined, without calling `make`, when too
   * much is being made already. To be called after `find` has found nothing.
   */
  make(key: string, size: number, make: () => Promise<MadeForm>): Promise<CodedForm> | undefined {
    if (this.#atOnceBytes + size > this.#atOnceBytesMax) return undefined;
    const making = this.#run(key, size, make);
    this.#making.set(key, making);
    return making;
  }

  async #run(key: string, size: number, make: () => Promise<MadeForm>): Promise<CodedForm> {
    this.#atOnceBytes += size;
    try {
      const { form, lasting } = await Promise.try(make);
      if (lasting) {
        this.#kept.set(key, { form, bytes: entryBytes + form.octets.length, isUsed: false });
      }
      return form;
    } finally {
      this.#atOnceBytes -= size;
      this.#making.delete(key);
    }
  }
}
