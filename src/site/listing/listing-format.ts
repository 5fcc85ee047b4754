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

/** Where the page of a listing is among all of its pages, counted from 1. */
export interface Pages {
  readonly page: number;
  readonly pages: number;
  /** Entries that are on no page, because there are more than can be put in order. */
  readonly left: number;
}

/** The pages of the listing that is `asked` for, of which `totals` have been found. */
export function pagesOf(asked: AskedListing, { files, folders, from }: ListingTotals): Pages {
  const { entriesMax, pageMax } = asked;
  const found = files + folders;
  const pages = Math.min(Math.max(1, Math.ceil(found / entriesMax)), pageMax);
  const left = Math.max(0, found - pages * entriesMax);
  return { page: Math.floor(from / entriesMax) + 1, pages, left };
}

/** The first millisecond of the year 1 and of the year 10000: HTML has no dates outside of them. */
const timeMsMin = Date.parse("0001-01-01T00:00:00Z");
const timeMsEnd = Date.UTC(10_000, 0, 1);

/**
 * `epochMs` as HTML and JSON write a time. A file system may hold any 64-bit number: undefined for
 * one that is no date.
 */
export function timeText(epochMs: number): string | undefined {
  if (!(epochMs >= timeMsMin && epochMs < timeMsEnd)) return undefined;
  return new Date(epochMs).toISOString();
}
