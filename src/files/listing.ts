/**
 * The entries of a folder as a listing shows them: read, chosen, put in order, and only those that
 * are shown looked at. Whether a folder may be listed at all is `resolve.ts`'s decision.
 *
 * The order is a person's: folders first, then names without regard to case and accents, digits by
 * their value ("2" before "10"), the same in every locale. `Intl.Collator` does that too, but
 * 50,000 names take it 460 ms, and while it sorts nobody else is served.
 */

import { isHiddenName, isNameable } from "./path.ts";
import type { DirectoryEntries, DirectoryEntry } from "./resolution.ts";
import type { FileFacts, Folder } from "./stat.ts";
import { lookAt, readEntries } from "./stat.ts";

/** What a listing has to be told about its folder. */
export interface ListingContext {
  readonly folder: Folder;
  /** How many folders below the root it is. */
  readonly depth: number;
  /** Whether names that begin with "." are shown. */
  readonly hidden: boolean;
  /** What the link `name` in the folder leads to; undefined if to nothing that is shown. */
  readonly describeLink: (name: string) => FileFacts | undefined;
}

/** An entry on its way into order. A link's facts are known from the start. */
interface Candidate {
  readonly name: string;
  readonly key: string;
  readonly isFolder: boolean;
  readonly facts: FileFacts | undefined;
}

/** The first `limit` entries in order. A folder that can't be read is empty. */
export function listFolder(context: ListingContext, limit: number): DirectoryEntries {
  const candidates = candidatesOf(context).toSorted(compareCandidates);
  const entries: DirectoryEntry[] = [];
  for (const candidate of candidates.slice(0, limit)) {
    const { name, isFolder } = candidate;
    const facts = candidate.facts ?? factsAt(context.folder, name);
    // What has gone or changed its type since the folder was read is left out.
    if (facts?.type !== (isFolder ? "directory" : "file")) continue;
    const { size, mtimeMs } = facts;
    entries.push({ name, kind: isFolder ? "directory" : "file", size, mtimeMs });
  }
  return { entries, left: Math.max(0, candidates.length - limit) };
}

function factsAt(folder: Folder, name: string): FileFacts | undefined {
  const facts = lookAt(folder.prefix + name);
  return facts.ok ? facts.value : undefined;
}

/** Everything in the folder that has a name for requests and is a file or a folder. */
function candidatesOf(context: ListingContext): readonly Candidate[] {
  const { folder, depth, hidden, describeLink } = context;
  const read = readEntries(folder.prefix);
  if (!read.ok) return [];
  const candidates: Candidate[] = [];
  const doubtful = new Set<string>();
  for (const entry of read.value) {
    const { name } = entry;
    if (!isNameable(name) || (!hidden && isHiddenName(name, depth))) continue;
    let facts: FileFacts | undefined;
    let { type } = entry;
    if (name.includes("\ufffd")) {
      // Either its real name, or what several names became that aren't UTF-8: ask, and once.
      if (doubtful.has(name)) continue;
      doubtful.add(name);
      type = factsAt(folder, name)?.type ?? "other";
    }
    type ??= factsAt(folder, name)?.type;
    if (type === "link") {
      facts = describeLink(name);
      type = facts?.type;
    }
    if (type !== "file" && type !== "directory") continue;
    candidates.push({ name, key: sortKey(name), isFolder: type === "directory", facts });
  }
  return candidates;
}

function compareCandidates(a: Candidate, b: Candidate): number {
  if (a.isFolder !== b.isFolder) return a.isFolder ? -1 : 1;
  const order = compareKeys(a.key, b.key);
  if (order !== 0) return order;
  return a.name < b.name ? -1 : 1;
}

/** A name without what doesn't count in the order: case, and the marks on letters (UAX #15). */
export function sortKey(name: string): string {
  const isAscii = /^[\0-\x7f]*$/.test(name);
  return (isAscii ? name : name.normalize("NFKD").replace(/\p{M}+/gu, "")).toLowerCase();
}

const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;

/** Negative if `a` comes first. By code units; a run of digits by its value. */
export function compareKeys(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(j);
    if (isDigit(left) && isDigit(right)) {
      const leftStart = skipZeros(a, i);
      const rightStart = skipZeros(b, j);
      i = skipDigits(a, leftStart);
      j = skipDigits(b, rightStart);
      // Without zeros in front, the longer number is the larger.
      if (i - leftStart !== j - rightStart) return i - leftStart - (j - rightStart);
      for (let k = 0; leftStart + k < i; k++) {
        const difference = a.charCodeAt(leftStart + k) - b.charCodeAt(rightStart + k);
        if (difference !== 0) return difference;
      }
      continue;
    }
    if (left !== right) return left - right;
    i++;
    j++;
  }
  return a.length - i - (b.length - j);
}

function skipZeros(text: string, from: number): number {
  let i = from;
  while (text.charCodeAt(i) === 0x30) i++;
  return i;
}

function skipDigits(text: string, from: number): number {
  let i = from;
  while (isDigit(text.charCodeAt(i))) i++;
  return i;
}
