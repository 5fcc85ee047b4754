/**
 * The orders that a listing can have. Each entry is turned once into a text whose code units give
 * the order (see `name-order.ts`), whatever it is ordered by. Folders come first in all of them,
 * and entries that are equal in size, time or kind are in the order of their names.
 */

import type { FileStat, FileType } from "../../system/file-stat.ts";
import type { ListingOrder, ListingSort } from "../tree.ts";
import { entryGroups, groupOf } from "./entry-group.ts";
import { foldName, orderText } from "./name-order.ts";

/** What is known of an entry when it is put in order; of one by name, its type alone. */
export type OrderFacts = { readonly type: FileType } & Partial<Pick<FileStat, "size" | "mtimeMs">>;

/** The order of a listing that says nothing of it. */
export const plainOrder: ListingOrder = { sort: "name", isDescending: false, filter: "", page: 1 };

/** The first character of a file's text. A folder's is before it, whichever way the order goes. */
export const fileMark = "2";

/** Makes the texts of one listing. */
export interface EntryOrder {
  /** Whether the last of the texts comes first. */
  readonly isReversed: boolean;
  /** Whether size and time of the entries have to be known. */
  readonly needsFacts: boolean;
  /** Whether the listing has an entry that is called `name`. */
  has(name: string): boolean;
  /** The text for the entry `name`. */
  textOf(name: string, kind: "file" | "directory", facts: OrderFacts): string;
}

/** Numbers are written as so many units with so many bits each, the highest first. */
const numberUnits = 4;
const unitBits = 14;
const unitMax = 2 ** unitBits - 1;

/** Times further from 1970 are equal in order: 8,900 years. */
const timeMsMax = 2 ** 48;

/** A whole number below 2^56 as units in whose order such numbers are; none is NUL. */
function numberText(value: number, isDescending: boolean): string {
  const units: number[] = [];
  let rest = value;
  for (let i = 0; i < numberUnits; i++) {
    const bits = rest % (unitMax + 1);
    units.unshift(1 + (isDescending ? unitMax - bits : bits));
    rest = Math.floor(rest / (unitMax + 1));
  }
  return String.fromCharCode(...units);
}

/** What stands between the mark and the name. */
function rankOf(
  sort: ListingSort,
  isDescending: boolean,
  name: string,
  kind: "file" | "directory",
  { size = 0, mtimeMs = 0 }: OrderFacts,
): string {
  switch (sort) {
    case "name":
      return "";
    case "size":
      return kind === "file" ? numberText(size, isDescending) : "";
    case "time": {
      const within = Math.max(-timeMsMax, Math.min(timeMsMax, Math.floor(mtimeMs)));
      return numberText(within + timeMsMax, isDescending);
    }
    case "kind":
      return numberText(entryGroups.indexOf(groupOf(name, kind)), isDescending);
  }
}

/** The order by `sort` of the entries whose names contain `filter`. */
export function entryOrder(sort: ListingSort, isDescending: boolean, filter: string): EntryOrder {
  const isReversed = sort === "name" && isDescending;
  const folderMark = isReversed ? "3" : "1";
  const wanted = foldName(filter);
  return {
    isReversed,
    needsFacts: sort === "size" || sort === "time",
    has: (name) => wanted === "" || foldName(name).includes(wanted),
    textOf(name, kind, facts) {
      const mark = kind === "file" ? fileMark : folderMark;
      return orderText(mark + rankOf(sort, isDescending, name, kind, facts), name);
    },
  };
}
