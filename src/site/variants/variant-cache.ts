/**
 * Coded forms that have been made, kept while there is room: each is made once, however many ask
 * for it meanwhile, and the ones that were asked for longest ago go first.
 *
 * A key holds the entity tag of what was coded, so that a form is found for exactly the octets that
 * it was made of; there is nothing to go stale. What is being made at one time is bounded, too:
 * beyond it nothing is begun.
 */

import type { EntityTag } from "../../http/entity-tag.ts";

/** The octets of a coded form, and the tag of just these octets. */
export interface CodedForm {
  readonly octets: Uint8Array;
  readonly entityTag: EntityTag;
}

/** A form that was just made, and whether it may be kept. */
export interface MadeForm {
  readonly form: CodedForm;
  readonly lasting: boolean;
}

/** What a form costs in memory beside its octets, about: its key, its tag, its places in maps. */
const entryBytes = 512;

/** A bounded store of forms by key. */
export class VariantCache {
  readonly #bytesMax: number;
  readonly #atOnceBytesMax: number;
  /** In the order in which they were last asked for. */
  readonly #kept = new Map<string, CodedForm>();
  readonly #making = new Map<string, Promise<CodedForm>>();
  #bytes = 0;
  #atOnceBytes = 0;

  /**
   * Keeps at most `bytesMax` of forms, and makes forms of at most `atOnceBytesMax` of content at
   * one time.
   */
  constructor(bytesMax: number, atOnceBytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#atOnceBytesMax = atOnceBytesMax;
  }

  /** What is kept, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The form under `key` when it is kept, its promise when it is being made. */
  find(key: string): CodedForm | Promise<CodedForm> | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return this.#making.get(key);
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found;
  }

  /**
   * Makes the form for `key` out of `size` bytes. Undefined, without asking `make`, when too much
   * is being made already. To be asked after `find` has found nothing.
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
      if (lasting) this.#keep(key, form);
      return form;
    } finally {
      this.#atOnceBytes -= size;
      this.#making.delete(key);
    }
  }

  #keep(key: string, form: CodedForm): void {
    const cost = entryBytes + form.octets.length;
    if (cost > this.#bytesMax) return;
    this.#kept.set(key, form);
    this.#bytes += cost;
    for (const [oldest, dropped] of this.#kept) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#kept.delete(oldest);
      this.#bytes -= entryBytes + dropped.octets.length;
    }
  }
}
