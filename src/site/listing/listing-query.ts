/**
 * The query of a listing: `?sort=size&order=desc&filter=text&page=2`. What is none of these, or has
 * no such value, is ignored, so that a listing has an answer to every query. Links between the
 * pages of a listing are relative and begin with "./", so that they hold behind a proxy that takes
 * a prefix away.
 */

import { plainOrder } from "../../tree/listing/entry-order.ts";
import type { ListingOrder, ListingSort, ListingTotals } from "../../tree/tree.ts";
import type { AskedListing } from "./listing-format.ts";

const sorts: ReadonlySet<string> = new Set<ListingSort>(["name", "size", "time", "kind"]);

/** A filter that is longer than any name finds nothing. */
const filterUnitsMax = 255;

const pageNumber = /^[1-9]\d{0,8}$/;

function isSort(text: string): text is ListingSort {
  return sorts.has(text);
}

/** The order that `query` asks for. The last of the pages that it can ask for is `pageMax`. */
export function readOrder(query: string | undefined, pageMax: number): ListingOrder {
  if (query === undefined || query === "") return plainOrder;
  const asked = new URLSearchParams(query);
  const sort = asked.get("sort") ?? "";
  const filter = asked.get("filter") ?? "";
  const page = asked.get("page") ?? "";
  return {
    sort: isSort(sort) ? sort : "name",
    isDescending: asked.get("order") === "desc",
    filter: filter.length <= filterUnitsMax ? filter : "",
    page: pageNumber.test(page) ? Math.min(Number(page), pageMax) : 1,
  };
}

/** How the entries of a page are shown: a row each, or as a grid with thumbnails. */
export type ListingView = "list" | "grid";

/** The view that `query` asks for. */
export function readView(query: string | undefined): ListingView {
  const isGrid = query !== undefined && new URLSearchParams(query).get("view") === "grid";
  return isGrid ? "grid" : "list";
}

/** A link from the folder to its listing in `order`. */
export function hrefOf(
  { sort, isDescending, filter, page }: ListingOrder,
  view: ListingView = "list",
): string {
  const query: string[] = [];
  if (sort !== "name") query.push(`sort=${sort}`);
  if (isDescending) query.push("order=desc");
  if (filter !== "") query.push(`filter=${encodeURIComponent(filter)}`);
  if (page > 1) query.push(`page=${page}`);
  if (view !== "list") query.push(`view=${view}`);
  return query.length === 0 ? "./" : `./?${query.join("&")}`;
}

/** Where the page of a listing is among all of its pages, counted from 1. */
export interface Pages {
  readonly page: number;
  readonly pages: number;
  /** Entries that are on no page, because there are more than can be put in order. */
  readonly left: number;
  /** Whether there are more, which were neither read nor counted. */
  readonly isCut: boolean;
}

/** The pages of the listing that is `asked` for, of which `totals` have been found. */
export function pagesOf(asked: AskedListing, totals: ListingTotals): Pages {
  const { files, folders, from, isCut = false } = totals;
  const { entriesMax, pageMax } = asked;
  const found = files + folders;
  const pages = Math.min(Math.max(1, Math.ceil(found / entriesMax)), pageMax);
  const left = Math.max(0, found - pages * entriesMax);
  return { page: Math.floor(from / entriesMax) + 1, pages, left, isCut };
}
