/**
 * Whether a request is a person going to a page, and not a page asking for its parts: a missing
 * page of a single-page site is the site, and a missing script stays missing.
 */

import type { Fields } from "../protocol/fields.ts";

/** Destinations that are pages (Fetch, "request destination"). */
const pages: ReadonlySet<string> = new Set(["document", "iframe", "frame"]);

/**
 * By Sec-Fetch-Dest, which browsers send to trustworthy origins (Fetch Metadata §2.1); else by
 * whether text/html is accepted by name.
 */
export function isNavigation(fields: Fields): boolean {
  const destination = fields.get("sec-fetch-dest");
  if (destination !== undefined) return pages.has(destination.toLowerCase());
  return fields
    .getAll("accept")
    .join(",")
    .split(",")
    .some((range) => range.split(";", 1)[0]?.trim().toLowerCase() === "text/html");
}
