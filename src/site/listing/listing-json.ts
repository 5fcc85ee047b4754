/**
 * A listing as JSON (RFC 8259), for clients that ask for `application/json`. Its members and their
 * order are documented in docs/listings.md, and programs rely on them.
 */

import { groupOf } from "../../tree/listing/entry-group.ts";
import { explainDenial } from "../../tree/denial-text.ts";
import type { DirectoryEntry } from "../../tree/tree.ts";
import type { AskedListing, ListedSum, ListingFormat } from "./listing-format.ts";
import { hrefOf, pagesOf } from "./listing-query.ts";
import { hrefOfEntry, timeText } from "./listing-row.ts";

/** The text of an entry, behind a comma. */
function renderEntry(entry: DirectoryEntry, explains: boolean): string {
  const { name, kind, size, mtimeMs, denial } = entry;
  const text = JSON.stringify({
    name,
    href: hrefOfEntry(entry),
    kind,
    group: groupOf(name, kind),
    size: kind === "file" ? size : null,
    mtime: timeText(mtimeMs) ?? null,
    readable: denial === undefined,
    ...(denial !== undefined && explains ? { reason: explainDenial(denial) } : {}),
  });
  return `,\n${text}`;
}

/** Writes listings as JSON; with `explains` it says why an entry is not readable. */
export function jsonListings(explains: boolean): ListingFormat {
  return {
    mediaType: "application/json",
    fields: [],
    separatorBytes: 1,
    begin({ path, order }: AskedListing): string {
      const { sort, isDescending, filter } = order;
      const text = path.segments.map((segment) => `${segment}/`).join("");
      const direction = isDescending ? "desc" : "asc";
      const asked = JSON.stringify({ path: `/${text}`, sort, order: direction, filter });
      return `${asked.slice(0, -1)},"entries":[`;
    },
    renderEntries(entries): string {
      let text = "";
      for (const entry of entries) text += renderEntry(entry, explains);
      return text;
    },
    end(asked: AskedListing, { totals, octets }: ListedSum): string {
      const { page, pages, left: counted, isCut } = pagesOf(asked, totals);
      const { files, folders } = totals;
      const at = (other: number): string | null =>
        other < 1 || other > pages ? null : hrefOf({ ...asked.order, page: other });
      const left = isCut ? null : counted;
      const links = { page, pages, prev: at(page - 1), next: at(page + 1) };
      const rest = JSON.stringify({ files, folders, bytes: octets, ...links, left });
      return `\n],${rest.slice(1)}\n`;
    },
  };
}
