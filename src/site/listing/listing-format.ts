/**
 * What a listing is written as: a page or JSON. Both have the same entries in the same order, and
 * what stands around them is made when all are known.
 */

import type { ResponseField } from "../../http/message/response.ts";
import type { ContainedPath } from "../../tree/path.ts";
import type { DirectoryEntry, ListingOrder, ListingTotals } from "../../tree/tree.ts";

/** The listing that is asked for. */
export interface AskedListing {
  /** The folder. */
  readonly path: ContainedPath;
  readonly order: ListingOrder;
  /** Entries on one page. */
  readonly entriesMax: number;
  /** The last page that there can be. */
  readonly pageMax: number;
  /** What stands below the entries of a page: HTML. */
  readonly below?: string;
}

/** What has been listed, when all of the page has been. */
export interface ListedSum {
  readonly totals: ListingTotals;
  /** Entries on the page. */
  readonly count: number;
  /** The size of the page's files together. */
  readonly octets: number;
}

/** A way to write listings. */
export interface ListingFormat {
  readonly mediaType: string;
  /** Fields of a response besides those that all listings have. */
  readonly fields: readonly ResponseField[];
  /** How many octets of the first entry's only separate it from one before. */
  readonly separatorBytes: number;
  /** What precedes the entries. */
  begin(asked: AskedListing): string;
  /** Some entries, wherever they stand. */
  renderEntries(entries: readonly DirectoryEntry[]): string;
  /** What follows the entries. */
  end(asked: AskedListing, sum: ListedSum): string;
}
