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
import { nameIn, orderText } from "./name-order.ts";
import { isHiddenName, isNameable } from "../path.ts";
import type { DirectoryEntry, ListingStep } from "../tree.ts";
import type { FileStat, FileType } from "../../system/file-stat.ts";
import type { NamedEntry } from "../../system/file-system.ts";

/** What a listing needs to know of an entry. */
export type EntryFacts = Pick<FileStat, "type" | "size" | "mtimeMs">;

/** The folder of a listing. Each function applies the rules of the tree anew. */
export interface ListingContext {
  /** How many folders below the root the folder is. */
  readonly depth: number;
  /** Whether names that begin with "." are shown. */
  readonly hidden: boolean;
  /** Opens the folder to read it, or the name of the error; "ENOENT" if that is not permitted. */
  readonly open: () => Result<EntryReader, string>;
  /** The entries with these names, undefined for one that is gone. Links are not followed. */
  readonly lookAt: (names: readonly string[]) => readonly (EntryFacts | undefined)[];
  /** What the link `name` in the folder leads to; undefined if that is not shown. */
  readonly describeLink: (name: string) => EntryFacts | undefined;
}

/** Names that one step shows, and links that one step follows. */
const namesAtOnce = 256;
const linksAtOnce = 96;

/** What each thing costs, about, as a multiple of reading an entry and putting it in order. */
const work = { look: 2, link: 8, merge: 0.25, pack: 0.25, show: 3 } as const;

/** The mark in front of a name by the kind of its entry, so that folders come before files. */
const marks = { directory: "1", file: "2" } as const;

/** What has been found in a folder so far. */
interface Found {
  readonly first: FirstInOrder;
  /** See `ListingStep.leftOut`. */
  leftOut: { readonly leftOut?: string };
}

/** The first `limit` entries in order, step by step. */
export function* listFolder(context: ListingContext, limit: number): Generator<ListingStep, void> {
  const found: Found = { first: new FirstInOrder(limit), leftOut: {} };
  const error = yield* readNames(context, found);
  if (error !== undefined) {
    const failure = refusalOf(error);
    if (failure.kind === "failed" || failure.kind === "exhausted") {
      yield { ...worked(found, 0), failure };
      return;
    }
  }
  const packs = yield* packNames(found);
  const { count } = found.first;
  const wholeSlot = new Slot();
  for (const pack of packs) {
    const read = (): Generator<ListingStep, void> => unpack(pack, count, context);
    yield { ...worked(found, 0), part: { read, slot: new Slot(), wholeSlot } };
  }
}

/** A step that shows no entries. */
function worked({ first, leftOut }: Found, amount: number): ListingStep {
  return { found: first.count, entries: [], work: amount, ...leftOut };
}

/**
 * Adds every file and folder whose name a request can spell. Returns the name of the error that
 * ended the reading; undefined at the end of the folder.
 */
function* readNames(
  context: ListingContext,
  found: Found,
): Generator<ListingStep, string | undefined> {
  const { first } = found;
  const opened = context.open();
  if (!opened.ok) return isDenied(opened.error) ? undefined : opened.error;
  const reader = opened.value;
  try {
    for (;;) {
      const read = reader.next();
      if (!read.ok) return read.error;
      if (read.value.length === 0) return undefined;
      const { texts, links, unknown } = sort(read.value, context, found);
      for (const [i, look] of context.lookAt(unknown).entries()) {
        const name = unknown[i] ?? "";
        if (look?.type === "link") links.push(name);
        else addText(texts, name, look?.type);
      }
      for (let at = 0; at < links.length; at += linksAtOnce) {
        const some = links.slice(at, at + linksAtOnce);
        for (const name of some) addText(texts, name, context.describeLink(name)?.type);
        yield worked(found, work.link * some.length);
      }
      first.add(texts);
      yield worked(found, read.value.length + work.look * unknown.length);
      if (first.isCrowded) yield* settle(found);
    }
  } finally {
    reader.close();
  }
}

/** Sorts `entries` by type: the texts of files and folders, and the names of links and the rest. */
function sort(
  entries: readonly NamedEntry[],
  { depth, hidden }: ListingContext,
  found: Found,
): { readonly texts: string[]; readonly links: string[]; readonly unknown: readonly string[] } {
  const texts: string[] = [];
  const links: string[] = [];
  const unknown: string[] = [];
  for (const { name, type } of entries) {
    if (!hidden && isHiddenName(name, depth)) continue;
    if (!isNameable(name)) {
      if (name !== "." && name !== "..") found.leftOut = { leftOut: name };
      continue;
    }
    if (type === undefined) unknown.push(name);
    else if (type === "link") links.push(name);
    else addText(texts, name, type);
  }
  return { texts, links, unknown };
}

/** Adds the text for `name` to `texts`, if its type is one that is shown. */
function addText(texts: string[], name: string, type: FileType | undefined): void {
  if (type === "file" || type === "directory") texts.push(orderText(marks[type], name));
}

/** The first names so far, as texts in order. */
function* settle(found: Found): Generator<ListingStep, readonly string[]> {
  const settling = found.first.settle();
  let step = settling.next();
  for (; step.done !== true; step = settling.next()) {
    yield worked(found, work.merge * step.value);
  }
  return step.value;
}

/**
 * The first names in order, each behind its mark, joined by "/". Joined they take a tenth of the
 * memory, and they are held for as long as a slow client reads.
 */
function* packNames(found: Found): Generator<ListingStep, readonly string[]> {
  const texts = yield* settle(found);
  const packs: string[] = [];
  for (let at = 0; at < texts.length; at += namesAtOnce) {
    const some = texts.slice(at, at + namesAtOnce);
    packs.push(some.map((text) => text.charAt(0) + nameIn(text)).join("/"));
    yield worked(found, work.pack * some.length);
  }
  return packs;
}

/** The entries whose names are in `pack`, as they are at the time of the step. */
function* unpack(
  pack: string,
  found: number,
  { lookAt, describeLink }: ListingContext,
): Generator<ListingStep, void> {
  const marked = pack.split("/");
  const looks = lookAt(marked.map((text) => text.slice(1)));
  let entries: DirectoryEntry[] = [];
  let done = 0;
  for (const [i, text] of marked.entries()) {
    const name = text.slice(1);
    const isLink = looks[i]?.type === "link";
    const facts = isLink ? describeLink(name) : looks[i];
    done += isLink ? work.link : work.show;
    const kind = text.charAt(0) === marks.file ? "file" : "directory";
    // An entry that is gone or has another type since the folder was read is left out.
    if (facts?.type === kind) {
      entries.push({ name, kind, size: facts.size, mtimeMs: facts.mtimeMs });
    }
    const isEnough = done >= Math.min(work.link * linksAtOnce, work.show * namesAtOnce);
    if (!isEnough && i < marked.length - 1) continue;
    yield { found, entries, work: done };
    entries = [];
    done = 0;
  }
}
