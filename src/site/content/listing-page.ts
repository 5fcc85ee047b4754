/**
 * The page of a folder without an index: links to its entries. A short listing is made whole. A
 * long one is streamed, so that making it doesn't delay other requests. Clients that ask for the
 * same folder at once get the same rows, or the same whole page.
 */

import type { Eventual } from "../../base/eventual.ts";
import type { Slot } from "../../base/slot.ts";
import type { ByteCount } from "../../base/units.ts";
import type { DirectoryEntry, ListingPart, ListingStep, ListingSteps } from "../../tree/tree.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { displayName, displayPath, encodeName } from "../../tree/path.ts";
import { concatBytes, utf8Bytes } from "../../http/octets/bytes.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import { beginPage, endPage, escapeHtml } from "../pages/markup.ts";
import type { PartRows } from "./listing-rows.ts";
import { ListingRows } from "./listing-rows.ts";

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

/** The rows of `entries`. */
function renderEntries(entries: readonly DirectoryEntry[]): string {
  let rows = "";
  for (const entry of entries) rows += `${renderEntry(entry)}\n`;
  return rows;
}

/** The rows of one site's listings, of which at most `bytesMax` are kept. */
export function openRows(bytesMax: ByteCount): ListingRows {
  return new ListingRows(bytesMax, renderEntries);
}

/** The markup after `count` entries; `left` is how many are not shown. */
function endListing(count: number, left: number): string {
  const nothing = count === 0 ? '\n<p class="soft">Nothing here.</p>' : "";
  const rest = left > 0 ? `\n<p class="soft">And ${left} more.</p>` : "";
  return `</tbody>\n</table>${nothing}${rest}${endPage}`;
}

/** The rows that a listing shows, and how many entries it doesn't. */
interface Listed {
  readonly rows: readonly Uint8Array[];
  readonly count: number;
  readonly left: number;
  /**
   * Where the page is kept for the other listings that share the reading; undefined for none.
   */
  readonly slot: Slot | undefined;
}

/** The page for the folder at `path`. */
export function renderListing(path: ContainedPath, { rows, count, left }: Listed): Uint8Array {
  return concatBytes([utf8Bytes(beginListing(path)), ...rows, utf8Bytes(endListing(count, left))]);
}

/** The fixed cost of a step, in the unit of `ListingStep.work`. */
const stepWork = 32;

/** What one step of a listing has made. */
interface MadeRows {
  readonly octets: Uint8Array;
  readonly count: number;
  readonly found: number;
  readonly part: ListingPart | undefined;
  readonly failure: ListingFailure | undefined;
}

/** What makes the rows of listings: a turn's budgets, and the rows that are shared. */
export interface RowMaking {
  readonly budgets: TurnBudgets;
  readonly rows: ListingRows;
  /** Told of a name whose entry is left out, because no request can spell it. */
  readonly leftOut: (name: string) => void;
}

/** The rows of `part`, made over as many turns as the budget requires. */
async function rowsOf(part: ListingPart, { budgets, rows }: RowMaking): Promise<PartRows> {
  const own = rows.of(part);
  while (!own.isDone) await budgets.listings.do(() => stepWork + own.advance());
  rows.keep(part, own);
  return own;
}

/** The rows of a listing, spread over as many turns as the budget requires. */
async function* listInTurns(
  list: () => ListingSteps,
  making: RowMaking,
): AsyncGenerator<MadeRows, void> {
  const { listings } = making.budgets;
  // Asked for when the first row is, because steps that no iteration begins would not be returned.
  const steps = list();
  try {
    for (;;) {
      let next: Eventual<IteratorResult<ListingStep, void>> | undefined;
      await listings.do(() => {
        next = steps.next();
        return stepWork + (next instanceof Promise ? 0 : (next.value?.work ?? 0));
      });
      const step = await next;
      if (step === undefined || step.done === true) return;
      const { found, entries, part, failure, leftOut } = step.value;
      if (leftOut !== undefined) making.leftOut(leftOut);
      if (part === undefined) {
        const octets = utf8Bytes(renderEntries(entries));
        yield { octets, count: entries.length, found, part, failure };
      } else {
        const { octets, count } = await rowsOf(part, making);
        yield { octets, count, found, part, failure };
      }
    }
  } finally {
    await steps.return?.();
  }
}

/** Why a folder can't be read. */
export type ListingFailure = NonNullable<ListingStep["failure"]>;

/**
 * The rows of a listing of at most `limit` entries; undefined when more than `foundMax` are found.
 * Or why the folder can't be read.
 */
export async function readListing(
  list: () => ListingSteps,
  limit: number,
  foundMax: number,
  making: RowMaking,
): Promise<Listed | ListingFailure | undefined> {
  const rows: Uint8Array[] = [];
  let count = 0;
  let left = 0;
  let slot: Slot | undefined;
  for await (const made of listInTurns(list, making)) {
    if (made.failure !== undefined) return made.failure;
    if (made.found > foundMax) return undefined;
    rows.push(made.octets);
    count += made.count;
    left = Math.max(0, made.found - limit);
    slot ??= made.part?.wholeSlot;
  }
  return { rows, count, left, slot };
}

/**
 * The page of the folder at `path`, made from the steps of `list` with at most `limit` entries
 * while it is sent. A step without entries yields an empty chunk, so that a disconnect is noticed
 * at every step. Throws when the folder can't be read to its end, so that the client doesn't take a
 * part for the whole.
 */
export async function* streamListing(
  path: ContainedPath,
  list: () => ListingSteps,
  limit: number,
  making: RowMaking,
): AsyncGenerator<Uint8Array, void> {
  yield utf8Bytes(beginListing(path));
  let count = 0;
  let left = 0;
  for await (const made of listInTurns(list, making)) {
    if (made.failure !== undefined) throw new Error(describeFailure(path, made.failure));
    yield made.octets;
    count += made.count;
    left = Math.max(0, made.found - limit);
  }
  yield utf8Bytes(endListing(count, left));
}

function describeFailure(path: ContainedPath, failure: ListingFailure): string {
  const reason = failure.kind === "failed" ? `: ${failure.code}` : "";
  return `the folder /${displayPath(path)} can't be read${reason}`;
}
