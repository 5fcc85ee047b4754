/**
 * The rows of a listing's parts, rendered once for all listings that share a reading of the folder.
 * They are kept while there is room, so that many clients which ask for a long folder at once cost
 * as much as one. What no client reads is not rendered.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import { BoundedStore } from "../../base/bounded-store.ts";
import type { ByteCount } from "../../base/units.ts";
import { utf8Bytes } from "../../http/octets/bytes.ts";
import type { DirectoryEntry, ListingPart, ListingStep } from "../../tree/tree.ts";

/** What the rows of a part cost besides their octets, about. */
const rowsBytes = 512;

/** The rows of one part, which all listings with this part make together. */
export class PartRows {
  octets: Uint8Array = new Uint8Array(0);
  count = 0;
  isDone = false;
  #text = "";
  readonly #steps: Iterator<ListingStep, void, void>;
  readonly #render: (entries: readonly DirectoryEntry[]) => string;

  constructor(part: ListingPart, render: (entries: readonly DirectoryEntry[]) => string) {
    this.#steps = part.read();
    this.#render = render;
  }

  /** Makes more of them; returns what that cost, as `ListingStep.work`. */
  advance(): number {
    if (this.isDone) return 0;
    const { done, value } = this.#steps.next();
    if (done !== true) {
      this.#text += this.#render(value.entries);
      this.count += value.entries.length;
      return value.work;
    }
    this.octets = utf8Bytes(this.#text);
    this.#text = "";
    this.isDone = true;
    return 0;
  }
}

interface KeptRows extends StoreEntry {
  readonly part: ListingPart;
}

/** The rows that one site keeps. */
export class ListingRows {
  readonly #render: (entries: readonly DirectoryEntry[]) => string;
  readonly #kept: BoundedStore<ListingPart, KeptRows>;

  /** Keeps at most `bytesMax` of rows; `render` makes those of some entries. */
  constructor(bytesMax: ByteCount, render: (entries: readonly DirectoryEntry[]) => string) {
    this.#render = render;
    this.#kept = new BoundedStore({ bytesMax, admitsOn: "first", admittedOneIn: 1 });
  }

  /** What is kept, in bytes. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /** The rows of `part`, which may have to be made. */
  of(part: ListingPart): PartRows {
    const { value } = part.slot;
    const rows = value instanceof PartRows ? value : new PartRows(part, this.#render);
    part.slot.value = rows;
    if (rows.isDone) this.#kept.get(part);
    return rows;
  }

  /** Keeps `rows`, all of which have been made. */
  keep(part: ListingPart, rows: PartRows): void {
    if (this.#kept.get(part) !== undefined) return;
    const evicted = (): void => {
      part.slot.value = undefined;
    };
    const bytes = rowsBytes + rows.octets.length;
    if (!this.#kept.set(part, { part, bytes, isUsed: false, evicted })) evicted();
  }
}
