/**
 * Whether a request navigates to a page, as opposed to fetching a resource of one. On a single-page
 * site a navigation to a missing path gets the root's index, and a missing script is 404.
 */

import type { Fields } from "../../http/fields/fields.ts";

/** A weight of zero: "not acceptable" (RFC 9110 §12.4.2). */
const refused = /;[\t ]*q=0(?:\.0*)?[\t ]*(?:;|$)/i;

/** Destinations of navigations (Fetch, "request destination"). */
const pages: ReadonlySet<string> = new Set(["document", "iframe", "frame"]);

/** Why `fields` aren't those of a navigation, and what follows, for the log and for `--explain`. */
export function whyNoNavigation(fields: Fields): string {
  const why = fields.has("sec-fetch-dest")
    ? "Sec-Fetch-Dest isn't document"
    : "Accept doesn't name text/html";
  return `--single answers navigations alone: ${why}`;
}

/**
 * Whether `fields` are those of a navigation. Sec-Fetch-Dest decides, which browsers send to
 * trustworthy origins (Fetch Metadata §2.1). Without it, Accept must name text/html with a weight
 * above zero.
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
