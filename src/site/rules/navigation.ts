/**
 * Whether a request is a navigation to a page, and not a request for a part of one. On a
 * single-page site a page that is missing is the one page, and a script that is missing stays
 * missing.
 */

import type { Fields } from "../../http/fields/fields.ts";

/** A weight of zero: "not acceptable" (RFC 9110 §12.4.2). */
const refused = /;[\t ]*q=0(?:\.0*)?[\t ]*(?:;|$)/i;

/** Destinations that are pages (Fetch, "request destination"). */
const pages: ReadonlySet<string> = new Set(["document", "iframe", "frame"]);

/**
 * Whether `fields` are those of a navigation: by Sec-Fetch-Dest, which browsers send to trustworthy
 * origins (Fetch Metadata §2.1); without it, by whether Accept names text/html with a weight above
 * zero.
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
