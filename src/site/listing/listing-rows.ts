/**
 * The rows of a listing's parts, rendered once for all listings that share a reading of the folder
 * and have the same format. They are kept while there is room, so that many clients which ask for a
 * long folder at once cost as much as one. What no client reads is not rendered.
 */

import type { StoreEntry } from "../../base/bounded-store.ts";
import { BoundedStore } from "../../base/bounded-store.ts";
import type { ByteCount } from "../../base/units.ts";
import { utf8Bytes } from "../../http/octets/bytes.ts";
import type { DirectoryEntry, ListingPart, ListingStep } from "../../tree/tree.ts";

/** What the rows of a part cost besides their octets, about. */
const rowsBytes = 512;

/** What renders rows. */
export interface RowFormat {
  renderEntries(entries: readonly DirectoryEntry[]): string;
}

/** The size of the files among `entries`, together. */
export function sizeOf(entries: readonly DirectoryEntry[]): number {
  let octets = 0;
  for (const { kind, size } of entries) if (kind === "file") octets += size;
  return octets;
}

/** The rows of one part in one format, which all listings with this part make together. */
export class PartRows {
  octets: Uint8Array = new Uint8Array(0);
  count = 0;
  /** The size of the part's files together. */
  fileOctets = 0;
  isDone = false;
  #text = "";
  readonly #steps: Iterator<ListingStep, void, void>;
  readonly #format: RowFormat;

  constructor(part: ListingPart, format: RowFormat) {
    this.#steps = part.read();
    this.#format = format;
  }

  /** Makes more of them; returns what that cost, as `ListingStep.work`. */
  advance(): number {
    if (this.isDone) return 0;
    const { done, value } = this.#steps.next();
    if (done !== true) {
      this.#text += this.#format.renderEntries(value.entries);
      this.count += value.entries.length;
      this.fileOctets += sizeOf(value.entries);
      return value.work;
    }
    this.octets = utf8Bytes(this.#text);
    this.#text = "";
    this.isDone = true;
    return 0;
  }
}

/** The rows of one part, by format; it lies in the part's slot. */
class RowsByFormat extends Map<RowFormat, PartRows> {}

interface KeptRows extends StoreEntry {
  readonly rows: PartRows;
}

/** The rows that one site keeps. */
export class ListingRows {
  readonly #kept: BoundedStore<PartRows, KeptRows>;

  /** Keeps at most `bytesMax` of rows. */
  constructor(bytesMax: ByteCount) {
    this.#kept = new BoundedStore({ bytesMax, admitsOn: "first", admittedOneIn: 1 });
  }

  /** What is kept, in bytes. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /** The rows of `part` in `format`, which may have to be made. */
  of(part: ListingPart, format: RowFormat): PartRows {
    const { value } = part.slot;
    const byFormat = value instanceof RowsByFormat ? value : new RowsByFormat();
    part.slot.value = byFormat;
    const rows = byFormat.get(format) ?? new PartRows(part, format);
    byFormat.set(format, rows);
    if (rows.isDone) this.#kept.get(rows);
    return rows;
  }

  /** Keeps the `rows` of `part` in `format`, all of which have been made. */
  keep(part: ListingPart, format: RowFormat, rows: PartRows): void {
    if (this.#kept.get(rows) !== undefined) return;
    const evicted = (): void => {
      const { value } = part.slot;
      if (value instanceof RowsByFormat && value.get(format) === rows) value.delete(format);
    };
    const bytes = rowsBytes + rows.octets.length;
    if (!this.#kept.set(rows, { rows, bytes, isUsed: false, evicted })) evicted();
  }
}
