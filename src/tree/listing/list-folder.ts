/**
 * The entries of a folder as a listing shows them: read, chosen, put in order, and only those that
 * are shown looked at. Whether a folder may be listed at all is `resolve.ts`'s decision, and it is
 * asked again for each look.
 *
 * All of it is done in steps, since a folder may have more entries than one turn of the event loop
 * should be kept for; who has no other work takes them one after the other. A listing that isn't
 * finished holds the folder's descriptor while it reads, then nothing but names.
 */

import type { EntryReader } from "./entry-reader.ts";
import { FirstInOrder } from "./first-in-order.ts";
import { nameIn, orderText } from "./name-order.ts";
import { isHiddenName, isNameable } from "../path.ts";
import type { DirectoryEntry, ListingStep } from "../tree.ts";
import type { FileFacts, FileType, NamedEntry } from "../../system/file-system.ts";

/** What a listing has to be told about its folder. Each question is asked of the rules anew. */
export interface ListingContext {
  /** How many folders below the root it is. */
  readonly depth: number;
  /** Whether names that begin with "." are shown. */
  readonly hidden: boolean;
  /** The folder, to be read; undefined if that may not be. */
  readonly open: () => EntryReader | undefined;
  /** What there is of these names in the folder; links are seen themselves. */
  readonly lookAt: (names: readonly string[]) => readonly (FileFacts | undefined)[];
  /** What the link `name` in the folder leads to; undefined if to nothing that is shown. */
  readonly describeLink: (name: string) => FileFacts | undefined;
}

/** Names that are shown in one step, and links that are followed in one. */
const namesAtOnce = 256;
const linksAtOnce = 96;

/** What things take, about, beside what it takes to read an entry and to put it in order. */
const work = { look: 2, link: 8, merge: 0.25, pack: 0.25, show: 3 } as const;

/** What a name is marked with, so that folders come before files. */
const marks = { directory: "1", file: "2" } as const;

/** The first `limit` entries in order, step by step. */
export function* listFolder(context: ListingContext, limit: number): Generator<ListingStep, void> {
  const first = new FirstInOrder(limit);
  yield* readNames(context, first);
  const packs = yield* packNames(first);
  for (const pack of packs) yield* unpack(pack, first, context);
}

/** A step that has nothing to show yet. */
function worked(first: FirstInOrder, amount: number): ListingStep {
  return { found: first.count, entries: [], work: amount };
}

/** Everything in the folder that has a name for requests and is a file or a folder. */
function* readNames(context: ListingContext, first: FirstInOrder): Generator<ListingStep, void> {
  const reader = context.open();
  if (reader === undefined) return;
  const doubtful = new Set<string>();
  try {
    for (let read = reader.next(); read.length > 0; read = reader.next()) {
      const { texts, links, unknown } = sort(read, context, doubtful);
      for (const [i, look] of context.lookAt(unknown).entries()) {
        const name = unknown[i] ?? "";
        if (look?.type === "link") links.push(name);
        else note(texts, name, look?.type);
      }
      for (let at = 0; at < links.length; at += linksAtOnce) {
        const some = links.slice(at, at + linksAtOnce);
        for (const name of some) note(texts, name, context.describeLink(name)?.type);
        yield worked(first, work.link * some.length);
      }
      first.add(texts);
      yield worked(first, read.length + work.look * unknown.length);
      if (first.isCrowded) yield* settle(first);
    }
  } finally {
    reader.close();
  }
}

/** The files and folders among `entries`, to be put in order, and the names of other things. */
function sort(
  entries: readonly NamedEntry[],
  { depth, hidden }: ListingContext,
  doubtful: Set<string>,
): { readonly texts: string[]; readonly links: string[]; readonly unknown: readonly string[] } {
  const texts: string[] = [];
  const links: string[] = [];
  const unknown: string[] = [];
  for (const { name, type } of entries) {
    if (!isNameable(name) || (!hidden && isHiddenName(name, depth))) continue;
    if (name.includes("\ufffd")) {
      // Either its real name, or what several names became that aren't UTF-8: ask, and once.
      if (!doubtful.has(name)) unknown.push(name);
      doubtful.add(name);
    } else if (type === undefined) unknown.push(name);
    else if (type === "link") links.push(name);
    else note(texts, name, type);
  }
  return { texts, links, unknown };
}

/** Adds what stands for `name` to `texts`, if it is of a type that is shown. */
function note(texts: string[], name: string, type: FileType | undefined): void {
  if (type === "file" || type === "directory") texts.push(orderText(marks[type], name));
}

/** The first so far, in order. */
function* settle(first: FirstInOrder): Generator<ListingStep, readonly string[]> {
  const settling = first.settle();
  let step = settling.next();
  for (; step.done !== true; step = settling.next()) {
    yield worked(first, work.merge * step.value);
  }
  return step.value;
}

/**
 * The names of the first in order, each after its mark, with "/" between them: a tenth of what they
 * take by themselves, and they may be needed for as long as a slow client reads.
 */
function* packNames(first: FirstInOrder): Generator<ListingStep, readonly string[]> {
  const texts = yield* settle(first);
  const packs: string[] = [];
  for (let at = 0; at < texts.length; at += namesAtOnce) {
    const some = texts.slice(at, at + namesAtOnce);
    packs.push(some.map((text) => text.charAt(0) + nameIn(text)).join("/"));
    yield worked(first, work.pack * some.length);
  }
  return packs;
}

/** The entries whose names are in `pack`, as they are now. */
function* unpack(
  pack: string,
  { count: found }: FirstInOrder,
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
    // What has gone or changed its type since the folder was read is left out.
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
