/**
 * The page of a folder without an index. It works without its script; with it, sorting, pages and
 * the filter need no reload, and the keyboard moves through the rows. Style and script are in the
 * page, so it looks the same in any tree, and a policy lets no other script run
 * (Content-Security-Policy Level 3 §2.3).
 */

import type { ResponseField } from "../../http/message/response.ts";
import { displayName, displayPath } from "../../tree/path.ts";
import type { ListingOrder, ListingSort } from "../../tree/tree.ts";
import type { ArchiveFormat } from "../download/archive-format.ts";
import { escapeHtml } from "../pages/markup.ts";
import type { AskedListing, ListedSum, ListingFormat } from "./listing-format.ts";
import type { ListingView, Pages } from "./listing-query.ts";
import { hrefOf, pagesOf } from "./listing-query.ts";
import type { RowStyle } from "./listing-row.ts";
import { formatSize, renderRow } from "./listing-row.ts";
import { listingScript, listingScriptDigest } from "./listing-script.ts";
import { listingStyle, listingStyleDigest } from "./listing-style.ts";

/** What a site's listings have besides the entries. */
export interface ListingExtras {
  /** Whether they say why an entry is locked. */
  readonly explains: boolean;
  /** The formats in which a folder can be downloaded. */
  readonly archives: readonly ArchiveFormat[];
  /** The code of previews; undefined when they are off. */
  readonly previews: PagePreviews | undefined;
  /** The area for files; absent where the folder takes none from its visitor. */
  readonly uploads?: PageUploads | undefined;
}

/** What a page has more of: a style and a script with their digests. */
interface PagePart {
  readonly style: string;
  readonly styleDigest: string;
  readonly script: string;
  readonly scriptDigest: string;
}

/** What previews add to a page: pictures. */
interface PagePreviews extends PagePart {
  readonly pictureOf: RowStyle["picture"];
}

/** What uploads add to a page: an area above the entries. */
interface PageUploads extends PagePart {
  readonly markup: string;
}

/** The parts that `extras` add. */
function partsOf({ previews, uploads }: ListingExtras): readonly PagePart[] {
  return [previews, uploads].filter((part) => part !== undefined);
}

/**
 * What the page may load: its own styles and scripts, which are named by their digests
 * (Content-Security-Policy Level 3 §2.3.1), and pictures, sound and listings of the tree.
 */
function policyOf(parts: readonly PagePart[]): string {
  const moreScript = parts.map(({ scriptDigest }) => ` 'sha256-${scriptDigest}'`).join("");
  const moreStyle = parts.map(({ styleDigest }) => ` 'sha256-${styleDigest}'`).join("");
  return [
    "default-src 'none'",
    `script-src 'sha256-${listingScriptDigest}'${moreScript}`,
    `style-src 'sha256-${listingStyleDigest}'${moreStyle}`,
    "img-src 'self' data:",
    "media-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
  ].join("; ");
}

/** `count` with a comma between thousands. */
function formatCount(count: number): string {
  return `${count}`.replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

function counted(count: number, one: string): string {
  return `${formatCount(count)} ${one}${count === 1 ? "" : "s"}`;
}

/** The folders above, as links, and the folder itself as the page's heading. */
function breadcrumbs({ path: { segments } }: AskedListing, folderQuery: string): string {
  const names = ["Home", ...segments];
  const items = names.map((name, depth) => {
    const text = `<bdi>${escapeHtml(displayName(name))}</bdi>`;
    const up = segments.length - depth;
    return up === 0
      ? `<li><h1 aria-current="page">${text}</h1></li>`
      : `<li><a href="${"../".repeat(up)}${folderQuery}">${text}</a></li>`;
  });
  return `<nav aria-label="Path">\n<ol>\n${items.join("\n")}\n</ol>\n</nav>`;
}

/** The filter. Without a script it is sent with the return key. */
function filterForm({ sort, isDescending, filter }: ListingOrder, view: ListingView): string {
  const kept = [
    sort === "name" ? "" : `<input type="hidden" name="sort" value="${sort}">`,
    isDescending ? '<input type="hidden" name="order" value="desc">' : "",
    view === "list" ? "" : `<input type="hidden" name="view" value="${view}">`,
  ].join("");
  return `<form role="search" action="./">${kept}<input id="filter" type="search" name="filter" \
value="${escapeHtml(filter)}" placeholder="Filter" aria-label="Filter by name" \
aria-keyshortcuts="/" autocomplete="off" spellcheck="false" maxlength="255"></form>`;
}

/** Columns in their order, and whether the largest is what is looked for. */
const columns: readonly (readonly [sort: ListingSort, title: string, largestFirst: boolean])[] = [
  ["name", "Name", false],
  ["size", "Size", true],
  ["time", "Changed", true],
  ["kind", "Kind", false],
];

/** The cells of the head: each is a link to the order by its column, or to the reverse. */
function headCells(order: ListingOrder, view: ListingView): string {
  return columns
    .map(([sort, title, largestFirst]) => {
      const isActive = order.sort === sort;
      const isDescending = isActive ? !order.isDescending : largestFirst;
      const href = escapeHtml(hrefOf({ ...order, sort, isDescending, page: 1 }, view));
      const state = order.isDescending ? "descending" : "ascending";
      const sorted = isActive ? ` aria-sort="${state}"` : "";
      const zone = sort === "time" ? "<small> UTC</small>" : "";
      return `<th scope="col"${sorted}><a rel="nofollow" href="${href}">${title}${zone}</a></th>`;
    })
    .join("");
}

/** The query that keeps `view` in a link to another folder. */
function folderQueryOf(view: ListingView): string {
  return view === "list" ? "" : `?view=${view}`;
}

function beginPage(asked: AskedListing, extras: ListingExtras, view: ListingView): string {
  const { path, order } = asked;
  const isRoot = path.segments.length === 0;
  const title = isRoot ? "/" : `/${displayPath(path)}/`;
  const folderQuery = folderQueryOf(view);
  const up = `<a href="../${folderQuery}">../</a>`;
  const moreStyles = partsOf(extras).map(({ style }) => `<style>${style}</style>\n`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${listingStyle}</style>
${moreStyles.join("")}</head>
<body>
<header>
${breadcrumbs(asked, folderQuery)}
${filterForm(order, view)}
</header>
${extras.uploads?.markup ?? ""}<main id="listing" tabindex="-1">
<table${view === "list" ? "" : ` class="${view}"`}>
<thead><tr>${headCells(order, view)}</tr></thead>
<tbody>
${isRoot ? "" : `<tr class="up"><td>${up}</td><td></td><td></td><td></td></tr>\n`}`;
}

/** What the folder has, in words. */
function summary({ order }: AskedListing, { totals, count, octets }: ListedSum, on: Pages): string {
  const { files, folders, from } = totals;
  const parts: string[] = [];
  if (files > 0) parts.push(counted(files, "file"));
  if (folders > 0) parts.push(counted(folders, "folder"));
  if (parts.length === 0) return "";
  const { filter } = order;
  const found = filter === "" ? "" : ` with &ldquo;${escapeHtml(filter)}&rdquo;`;
  const all = parts.join(", ") + found;
  const size = octets > 0 ? formatSize(octets) : "";
  if (on.pages === 1) return size === "" ? all : `${all}, ${size}`;
  const here = `${formatCount(from + 1)}&ndash;${formatCount(from + count)}`;
  return `${all}; showing ${here}${size === "" ? "" : ` (${size})`}`;
}

/** How many pages on each side of the present one have a link. */
const pagesBeside = 2;

/** Links to the other pages: the one before, the first, those nearby, the last, the next. */
function pageLinks({ order }: AskedListing, { page, pages }: Pages, view: ListingView): string {
  if (pages === 1) return "";
  const link = (to: number, text: string, more: string): string =>
    `<a ${more} href="${escapeHtml(hrefOf({ ...order, page: to }, view))}">${text}</a>`;
  const links: string[] = [];
  if (page > 1) links.push(link(page - 1, "&larr;", 'rel="prev" aria-label="Previous page"'));
  let before = 0;
  for (let to = 1; to <= pages; to++) {
    if (to > 1 && to < pages && Math.abs(to - page) > pagesBeside) continue;
    if (to > before + 1) links.push("<span>&hellip;</span>");
    const more = to === page ? 'aria-current="page"' : 'class="page"';
    links.push(link(to, formatCount(to), more));
    before = to;
  }
  if (page < pages) links.push(link(page + 1, "&rarr;", 'rel="next" aria-label="Next page"'));
  return `<nav aria-label="Pages">${links.join("")}</nav>`;
}

/** What stands between the table and the footer. */
function belowTable(asked: AskedListing, { count }: ListedSum, { left, isCut }: Pages): string {
  const { filter } = asked.order;
  const parts: string[] = [];
  if (count === 0) {
    parts.push(`<p class="soft">${filter === "" ? "Nothing here." : "Nothing matches."}</p>\n`);
  }
  if (isCut) {
    const text = "And more, on no page. Each can be asked for by its name.";
    parts.push(`<p class="soft">${text}</p>\n`);
  } else if (left > 0) {
    const text = `And ${formatCount(left)} more, on no page. The filter finds them.`;
    parts.push(`<p class="soft">${text}</p>\n`);
  }
  return parts.join("");
}

/** Links to the other view of the folder, and to the folder as an archive. */
function folderLinks(
  { order }: AskedListing,
  { page }: Pages,
  { archives, previews }: ListingExtras,
  view: ListingView,
): string {
  const links: string[] = [];
  if (previews !== undefined) {
    const [other, title] =
      view === "list" ? (["grid", "Grid"] as const) : (["list", "List"] as const);
    links.push(
      `<a class="view" href="${escapeHtml(hrefOf({ ...order, page }, other))}">${title}</a>`,
    );
  }
  for (const [index, format] of archives.entries()) {
    const before = index === 0 ? "Download " : "";
    const link = `<a class="archive" href="./?download=${format}" download`;
    links.push(`${link} rel="nofollow">${before}${format}</a>`);
  }
  return links.length === 0 ? "" : `<nav aria-label="Folder">${links.join("")}</nav>`;
}

function endPage(
  asked: AskedListing,
  sum: ListedSum,
  extras: ListingExtras,
  view: ListingView,
): string {
  const on = pagesOf(asked, sum.totals);
  // The script filters a page that has all there is by itself.
  const isWhole = on.pages === 1 && asked.order.filter === "";
  const moreScripts = partsOf(extras).map(
    ({ script }) => `<script type="module">${script}</script>\n`,
  );
  return `</tbody>
</table>
${belowTable(asked, sum, on)}<footer${isWhole ? " data-whole" : ""}>\
<p role="status">${summary(asked, sum, on)}</p>${pageLinks(asked, on, view)}\
${folderLinks(asked, on, extras, view)}</footer>
</main>
${asked.below ?? ""}<script type="module">${listingScript}</script>
${moreScripts.join("")}</body>
</html>
`;
}

/** Writes listings as pages, in `view`. */
export function htmlListings(extras: ListingExtras, view: ListingView = "list"): ListingFormat {
  const { explains, previews } = extras;
  const rowStyle: RowStyle | undefined =
    view === "grid" && previews !== undefined
      ? { picture: previews.pictureOf, folderQuery: folderQueryOf(view) }
      : undefined;
  return {
    mediaType: "text/html; charset=utf-8",
    fields: [["Content-Security-Policy", policyOf(partsOf(extras))]],
    separatorBytes: 0,
    begin: (asked) => beginPage(asked, extras, view),
    renderEntries(entries) {
      let rows = "";
      for (const entry of entries) rows += renderRow(entry, explains, rowStyle);
      return rows;
    },
    end: (asked, sum) => endPage(asked, sum, extras, view),
  };
}

/**
 * `fields` of a listing's page, whose policy lets the site's scripts run, too: that of live reload,
 * which is also a worker (§6.8.3: without `worker-src`, `script-src` counts).
 */
export function allowSiteScripts(fields: readonly ResponseField[]): readonly ResponseField[] {
  return fields.map(([name, value]) => [name, value.replace("script-src ", "script-src 'self' ")]);
}
