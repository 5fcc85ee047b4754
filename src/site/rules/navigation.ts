/**
 * Whether a request is a person going to a page, and not a page asking for its parts: a missing
 * page of a single-page site is the site, and a missing script stays missing.
 */

import type { Fields } from "../../http/fields.ts";

/** A weight of nothing: "not acceptable" (RFC 9110 §12.4.2). */
const refused = /;[\t ]*q=0(?:\.0*)?[\t ]*(?:;|$)/i;

/** Destinations that are pages (Fetch, "request destination"). */
const pages: ReadonlySet<string> = new Set(["document", "iframe", "frame"]);

/**
 * By Sec-Fetch-Dest, which browsers send to trustworthy origins (Fetch Metadata §2.1); else by
 * whether text/html is accepted, by name and with a weight.
 */
export function isNavigation(fields: Fields): boolean {
  const destination = fields.get("sec-fetch-dest");
  if (destination !== undefined) return pages.has(destination.toLowerCase());
  return fields
    .getAll("accept")
    .join(",")
    .split(",")
    .some((range) => {
      const name = range.split(";", 1)[0]?.trim().toLowerCase();
      return name === "text/html" && !refused.test(range);
    });
}
