/**
 * The page of a folder without an index: links to its entries. A short listing is made whole. A
 * long one is streamed, so that making it doesn't delay other requests.
 */

import type { Eventual } from "../../base/eventual.ts";
import type { DirectoryEntry, ListingStep, ListingSteps } from "../../tree/tree.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { displayName, displayPath, encodeName } from "../../tree/path.ts";
import { utf8Bytes } from "../../http/octets/bytes.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import { beginPage, endPage, escapeHtml } from "../pages/markup.ts";

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** `octets` for people to read: at most three digits, in powers of a thousand. */
export function formatSize(octets: number): string {
  let value = octets;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ""}`;
}

/** Names that need no escaping: in a URL, in HTML, or for display. */
const plainName = /^[\w.~-]+$/;

/** The first millisecond of the year 1 and of the year 10000: HTML has no dates outside of them. */
const timeMsMin = Date.parse("0001-01-01T00:00:00Z");
const timeMsEnd = Date.UTC(10_000, 0, 1);

/** `epochMs` in UTC. A file system may hold any 64-bit number: nothing for one that is no date. */
function renderTime(epochMs: number): string {
  if (!(epochMs >= timeMsMin && epochMs < timeMsEnd)) return "";
  const iso = new Date(epochMs).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)}</time>`;
}

function renderEntry(entry: DirectoryEntry): string {
  const folder = entry.kind === "directory";
  const slash = folder ? "/" : "";
  const isPlain = plainName.test(entry.name);
  // Without "./", a name with a colon would be parsed as a scheme (RFC 3986 §4.2).
  const href = `./${isPlain ? entry.name : escapeHtml(encodeName(entry.name))}`;
  const name = isPlain ? entry.name : escapeHtml(displayName(entry.name));
  const size = folder ? "" : `<span title="${entry.size} bytes">${formatSize(entry.size)}</span>`;
  const when = renderTime(entry.mtimeMs);
  return `<tr><td><a href="${href}${slash}">${name}${slash}</a></td>\
<td class="number">${size}</td><td class="number when">${when}</td></tr>`;
}

/** The markup of the page for the folder at `path`, up to its first entry. */
function beginListing(path: ContainedPath): string {
  const title = path.segments.length === 0 ? "/" : `/${displayPath(path)}/`;
  const up =
    path.segments.length === 0
      ? ""
      : '<tr><td><a href="../">../</a></td><td></td><td class="when"></td></tr>\n';
  return `${beginPage(title)}<h1>${escapeHtml(title)}</h1>
<table>
<thead><tr><th>Name</th><th class="number">Size</th>\
<th class="number when">Changed (UTC)</th></tr></thead>
<tbody>
${up}`;
}

function renderEntries(entries: readonly DirectoryEntry[]): string {
  let rows = "";
  for (const entry of entries) rows += `${renderEntry(entry)}\n`;
  return rows;
}

/** The markup after `count` entries; `left` is how many are not shown. */
function endListing(count: number, left: number): string {
  const nothing = count === 0 ? '\n<p class="soft">Nothing here.</p>' : "";
  const rest = left > 0 ? `\n<p class="soft">And ${left} more.</p>` : "";
  return `</tbody>\n</table>${nothing}${rest}${endPage}`;
}

/** The entries that a listing shows, and how many more there are. */
interface Listed {
  readonly entries: readonly DirectoryEntry[];
  readonly left: number;
}

/** The page for the folder at `path`. */
export function renderListing(path: ContainedPath, { entries, left }: Listed): string {
  return beginListing(path) + renderEntries(entries) + endListing(entries.length, left);
}

/** The fixed cost of a step, in the unit of `ListingStep.work`. */
const stepWork = 32;

/** The `steps` of a listing, spread over as many turns as the budget requires. */
async function* listInTurns(
  steps: ListingSteps,
  { listings, folderReaders }: TurnBudgets,
): AsyncGenerator<ListingStep, void> {
  const leave = await folderReaders.enter();
  try {
    for (;;) {
      let next: Eventual<IteratorResult<ListingStep, void>> | undefined;
      await listings.do(() => {
        next = steps.next();
        return stepWork + (next instanceof Promise ? 0 : (next.value?.work ?? 0));
      });
      const step = await next;
      if (step === undefined || step.done === true) return;
      if (step.value.entries.length > 0) leave();
      yield step.value;
    }
  } finally {
    await steps.return?.();
    leave();
  }
}

/** Why a folder can't be read. */
export type ListingFailure = NonNullable<ListingStep["failure"]>;

/**
 * The entries from `steps`, at most `limit`; undefined when more than `foundMax` are found. Or why
 * the folder can't be read.
 */
export async function readListing(
  steps: ListingSteps,
  limit: number,
  foundMax: number,
  budgets: TurnBudgets,
): Promise<Listed | ListingFailure | undefined> {
  const listed: DirectoryEntry[] = [];
  let left = 0;
  for await (const { found, entries, failure } of listInTurns(steps, budgets)) {
    if (failure !== undefined) return failure;
    if (found > foundMax) return undefined;
    listed.push(...entries);
    left = Math.max(0, found - limit);
  }
  return { entries: listed, left };
}

/**
 * The page of the folder at `path`, made from `steps` with at most `limit` entries while it is
 * sent. A step without entries yields an empty chunk, so that a disconnect is noticed at every
 * step. Throws when the folder can't be read to its end, so that the client doesn't take a part for
 * the whole.
 */
export async function* streamListing(
  path: ContainedPath,
  steps: ListingSteps,
  limit: number,
  budgets: TurnBudgets,
): AsyncGenerator<Uint8Array, void> {
  yield utf8Bytes(beginListing(path));
  let count = 0;
  let left = 0;
  for await (const { found, entries, failure } of listInTurns(steps, budgets)) {
    if (failure !== undefined) throw new Error(describeFailure(path, failure));
    yield utf8Bytes(renderEntries(entries));
    count += entries.length;
    left = Math.max(0, found - limit);
  }
  yield utf8Bytes(endListing(count, left));
}

function describeFailure(path: ContainedPath, failure: ListingFailure): string {
  const reason = failure.kind === "failed" ? `: ${failure.code}` : "";
  return `the folder /${displayPath(path)} can't be read${reason}`;
}
