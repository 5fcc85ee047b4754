/**
 * The entries of a folder as a listing shows them: read, selected and put in order. Only those that
 * are shown are looked at. Whether the folder may be listed at all is the tree's decision, which it
 * makes again for each look.
 *
 * The work is done in steps, because a folder may have more entries than one turn of the event loop
 * should be spent on. A listing that isn't finished holds the folder's descriptor while it reads
 * the folder, and only names afterwards. Its entries come in parts that are looked at when they are
 * read, since a client may leave before it has seen all of them.
 */

import { Slot } from "../../base/slot.ts";
import type { EntryReader } from "./entry-reader.ts";
import type { Result } from "../../base/result.ts";
import { isDenied, refusalOf } from "../disk/walk.ts";
import { FirstInOrder } from "./first-in-order.ts";
import type { EntryOrder, OrderFacts } from "./entry-order.ts";
import { entryOrder, fileMark, plainOrder } from "./entry-order.ts";
import { nameIn } from "./name-order.ts";
import type { ContainedPath } from "../path.ts";
import { childPath, folderPath, isHiddenName, isNameable } from "../path.ts";
import type { Denial } from "../permission.ts";
import { denialOf, isOpen } from "../permission.ts";
import type { DirectoryEntry, Kind, ListingOrder, ListingStep } from "../tree.ts";
import type { FileType } from "../../system/file-stat.ts";
import type { EntryFacts, NamedEntry } from "../../system/file-system.ts";

/** The folder of a listing. Each function applies the rules of the tree anew. */
export interface ListingContext {
  readonly path: ContainedPath;
  /** Whether names that begin with "." are shown. */
  readonly hidden: boolean;
  /** Opens the folder to read it, or the name of the error; "ENOENT" if that is not permitted. */
  readonly open: () => Result<EntryReader, string>;
  /** The entries with these names, undefined for one that is gone. Links are not followed. */
  readonly lookAt: (names: readonly string[]) => readonly (EntryFacts | undefined)[];
  /** What the link `name` in the folder leads to; undefined if that is not shown. */
  readonly describeLink: (name: string) => EntryFacts | undefined;
  /**
   * Whether there is an index in the folder `name`, whoever may read it; absent where nothing but
   * asking for it would tell.
   */
  readonly holdsIndex?: (name: string) => boolean;
  /** The kind of what a path leads to; undefined where no mode denies anything. */
  readonly kindOf: ((path: ContainedPath) => Kind) | undefined;
}

/** Names that one step shows, and links that one step follows. */
const namesAtOnce = 256;
const linksAtOnce = 96;

/** What each thing costs, about, as a multiple of reading an entry and putting it in order. */
const work = { look: 2, link: 8, merge: 0.25, pack: 0.25, show: 3 } as const;

/** What is known of an entry whose name and type alone were read. */
const ofType: { readonly [T in FileType]: OrderFacts } = {
  directory: { type: "directory" },
  file: { type: "file" },
  link: { type: "link" },
  other: { type: "other" },
};

/** A reading in progress. */
interface Reading {
  readonly context: ListingContext;
  readonly order: EntryOrder;
  readonly first: FirstInOrder;
  /** How many of those that were found are folders. */
  folders: number;
  /** See `ListingStep.leftOut`. */
  leftOut: { readonly leftOut?: string };
}

/** A page of at most `limit` entries in `order`, step by step. */
export function* listFolder(
  context: ListingContext,
  limit: number,
  { sort, isDescending, filter, page }: ListingOrder = plainOrder,
): Generator<ListingStep, void> {
  const order = entryOrder(sort, isDescending, filter);
  const first = new FirstInOrder(limit * page, order.isReversed);
  const reading: Reading = { context, order, first, folders: 0, leftOut: {} };
  const error = yield* readNames(reading);
  if (error !== undefined) {
    const failure = refusalOf(error);
    if (failure.kind === "failed" || failure.kind === "exhausted") {
      yield { ...worked(reading, 0), failure };
      return;
    }
  }
  const { count: found } = first;
  const { folders } = reading;
  const last = limit === 0 ? 0 : Math.floor(Math.max(0, found - 1) / limit) * limit;
  const totals = { files: found - folders, folders, from: Math.min(limit * (page - 1), last) };
  const packs = yield* packNames(reading, totals.from);
  if (packs.length === 0) yield { ...worked(reading, 0), totals };
  const wholeSlot = new Slot();
  for (const pack of packs) {
    const read = (): Generator<ListingStep, void> => unpack(pack, found, context);
    yield { ...worked(reading, 0), part: { read, slot: new Slot(), wholeSlot }, totals };
  }
}

/** A step that shows no entries. */
function worked({ first, leftOut }: Reading, amount: number): ListingStep {
  return { found: first.count, entries: [], work: amount, ...leftOut };
}

/**
 * Adds every file and folder whose name a request can spell. Returns the name of the error that
 * ended the reading; undefined at the end of the folder.
 */
function* readNames(reading: Reading): Generator<ListingStep, string | undefined> {
  const { context, first } = reading;
  const opened = context.open();
  if (!opened.ok) return isDenied(opened.error) ? undefined : opened.error;
  const reader = opened.value;
  try {
    for (;;) {
      const read = reader.next();
      if (!read.ok) return read.error;
      if (read.value.length === 0) return undefined;
      const { texts, links, unknown } = assort(read.value, reading);
      for (let at = 0; at < unknown.length; at += namesAtOnce) {
        const some = unknown.slice(at, at + namesAtOnce);
        for (const [i, look] of context.lookAt(some).entries()) {
          const name = some[i] ?? "";
          if (look?.type === "link") links.push(name);
          else addText(texts, name, look, reading);
        }
        if (at + namesAtOnce < unknown.length) yield worked(reading, work.look * some.length);
      }
      for (let at = 0; at < links.length; at += linksAtOnce) {
        const some = links.slice(at, at + linksAtOnce);
        for (const name of some) addText(texts, name, context.describeLink(name), reading);
        yield worked(reading, work.link * some.length);
      }
      first.add(texts);
      const looked = Math.min(unknown.length, namesAtOnce);
      yield worked(reading, read.value.length + work.look * looked);
      if (first.isCrowded) yield* settle(reading);
    }
  } finally {
    reader.close();
  }
}

/** Divides `entries` by type: texts of files and folders, and names of links and of the rest. */
function assort(
  entries: readonly NamedEntry[],
  reading: Reading,
): { readonly texts: string[]; readonly links: string[]; readonly unknown: readonly string[] } {
  const { hidden, path } = reading.context;
  const { needsFacts } = reading.order;
  const texts: string[] = [];
  const links: string[] = [];
  const unknown: string[] = [];
  for (const { name, type } of entries) {
    if (!hidden && isHiddenName(name, path.segments.length)) continue;
    if (!isNameable(name)) {
      if (name !== "." && name !== "..") reading.leftOut = { leftOut: name };
      continue;
    }
    if (!reading.order.has(name)) continue;
    if (type === "link") links.push(name);
    else if (type === undefined || (needsFacts && type !== "other")) unknown.push(name);
    else addText(texts, name, ofType[type], reading);
  }
  return { texts, links, unknown };
}

/** Adds the text for `name` to `texts`, if its type is one that is shown. */
function addText(
  texts: string[],
  name: string,
  facts: OrderFacts | undefined,
  reading: Reading,
): void {
  if (facts?.type !== "file" && facts?.type !== "directory") return;
  if (facts.type === "directory") reading.folders++;
  texts.push(reading.order.textOf(name, facts.type, facts));
}

/** The first names so far, as texts in order. */
function* settle(reading: Reading): Generator<ListingStep, readonly string[]> {
  const settling = reading.first.settle();
  let step = settling.next();
  for (; step.done !== true; step = settling.next()) {
    yield worked(reading, work.merge * step.value);
  }
  return step.value;
}

/**
 * The first names in order but for those before `from`, each behind its mark, joined by "/". Joined
 * they take a tenth of the memory, and they are held for as long as a slow client reads.
 */
function* packNames(reading: Reading, from: number): Generator<ListingStep, readonly string[]> {
  const texts = yield* settle(reading);
  const packs: string[] = [];
  for (let at = from; at < texts.length; at += namesAtOnce) {
    const some = texts.slice(at, at + namesAtOnce);
    packs.push(some.map((text) => text.charAt(0) + nameIn(text)).join("/"));
    yield worked(reading, work.pack * some.length);
  }
  return packs;
}

/** The entries whose names are in `pack`, as they are at the time of the step. */
function* unpack(
  pack: string,
  found: number,
  context: ListingContext,
): Generator<ListingStep, void> {
  const { lookAt, describeLink } = context;
  const marked = pack.split("/");
  const looks = lookAt(marked.map((text) => text.slice(1)));
  let entries: DirectoryEntry[] = [];
  let done = 0;
  for (const [i, text] of marked.entries()) {
    const name = text.slice(1);
    const isLink = looks[i]?.type === "link";
    const facts = isLink ? describeLink(name) : looks[i];
    done += isLink ? work.link : work.show;
    const kind = text.charAt(0) === fileMark ? "file" : "directory";
    // An entry that is gone or has another type since the folder was read is left out.
    if (facts?.type === kind) {
      const denial = isOpen(kind, facts.mode) ? undefined : denialIn(context, name, facts);
      entries.push({ name, kind, size: facts.size, mtimeMs: facts.mtimeMs, denial });
    }
    const isEnough = done >= Math.min(work.link * linksAtOnce, work.show * namesAtOnce);
    if (!isEnough && i < marked.length - 1) continue;
    yield { found, entries, work: done };
    entries = [];
    done = 0;
  }
}

/** Why a stranger gets nothing of the entry `name`, whose mode is not open; undefined if none. */
function denialIn(
  { path, kindOf, holdsIndex }: ListingContext,
  name: string,
  facts: EntryFacts,
): Denial | undefined {
  if (kindOf === undefined) return undefined;
  const child = childPath(path, name);
  const hasIndex = (): boolean => child !== undefined && kindOf(folderPath(child)) === "file";
  const holdsAny = (): boolean => holdsIndex?.(name) === true;
  return denialOf([...path.segments, name].join("/"), facts, hasIndex, holdsAny);
}
