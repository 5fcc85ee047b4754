/**
 * What an archive of a folder holds: everything in it that the visitor could GET, one entry after
 * the other, each looked for when its turn comes. So an entry obeys the rules of permission at that
 * time, and no more than one file is open. Folders come before files, by name.
 *
 * Left out is what GET refuses: hidden names, files and folders without permission, links that are
 * not followed, devices, and files whose size only reading tells. A link that is followed is stored
 * as what it leads to. A link to a folder that it lies in is left out, since the archive would
 * never end.
 *
 * What can't be read, or would be too much, throws: a client must not take a part for the whole.
 */

import type { Eventual } from "../../base/eventual.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { pacedEntries } from "../../tree/listing/paced-entries.ts";
import { childPath, displayPath, folderPath } from "../../tree/path.ts";
import type {
  DirectoryEntry,
  FolderFacts,
  ListingSteps,
  OpenFile,
  Outcome,
  Tree,
} from "../../tree/tree.ts";
import { View } from "../../tree/view.ts";

/** A folder of an archive. */
interface FolderEntry {
  readonly kind: "folder";
  /** From the archive's own folder down. */
  readonly names: readonly string[];
  readonly permissionBits: number;
  readonly mtimeMs: number;
}

/** A file of an archive. It is open; the consumer closes it. */
export interface FileEntry {
  readonly kind: "file";
  /** From the archive's own folder down. */
  readonly names: readonly string[];
  readonly file: OpenFile;
}

export type ArchiveEntry = FolderEntry | FileEntry;

/** What the entries are found with. */
interface EntrySearch {
  readonly tree: Tree;
  readonly budgets: TurnBudgets;
  readonly limits: { readonly archiveEntriesMax: number; readonly archiveDepthMax: number };
  /** Waits until the event loop has time for work that is worth so many octets. */
  readonly pace: (octets: number) => Eventual<void>;
}

/** What finding and opening an entry costs, in octets that could be read meanwhile. */
const entryWorkOctets = 16 * 1024;

/** A folder whose entries are being archived. */
interface Level {
  readonly path: ContainedPath;
  readonly names: readonly string[];
  readonly identity: string;
  readonly children: AsyncGenerator<DirectoryEntry, void>;
}

/** The entries of the folder at `path`, in as many turns as the budget of listings requires. */
async function* childrenOf(
  path: ContainedPath,
  { tree, budgets: { listings }, limits }: EntrySearch,
): AsyncGenerator<DirectoryEntry, void> {
  const { archiveEntriesMax } = limits;
  const list = (): ListingSteps => tree.list(path, archiveEntriesMax, View.passing());
  for await (const { found, entries, failure, totals } of pacedEntries(list, listings)) {
    if (failure !== undefined) throw unreadable(path, failure);
    if (found > archiveEntriesMax || totals?.isCut === true) throw tooMany(archiveEntriesMax);
    yield* entries;
  }
}

/**
 * The entries of the folder at `path`, which is described by `facts`, beneath the name `name`. The
 * folder itself is the first.
 */
export async function* entriesOf(
  path: ContainedPath,
  facts: FolderFacts,
  name: string,
  search: EntrySearch,
): AsyncGenerator<ArchiveEntry, void> {
  const { archiveEntriesMax, archiveDepthMax } = search.limits;
  const levels: Level[] = [];
  const enter = (into: ContainedPath, names: readonly string[], as: FolderFacts): FolderEntry => {
    if (levels.length >= archiveDepthMax) throw tooDeep(archiveDepthMax);
    const { identity, permissionBits, mtimeMs } = as;
    levels.push({ path: into, names, identity, children: childrenOf(into, search) });
    return { kind: "folder", names, permissionBits, mtimeMs };
  };
  let count = 1;
  try {
    yield enter(path, [name], facts);
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const next = await level.children.next();
      if (next.done === true) {
        levels.pop();
        continue;
      }
      await search.pace(entryWorkOctets);
      const child = await find(level.path, next.value, search);
      if (child === undefined) continue;
      if (++count > archiveEntriesMax) {
        if (child.kind === "found") child.file.close();
        throw tooMany(archiveEntriesMax);
      }
      const names = [...level.names, next.value.name];
      if (child.kind === "found") {
        yield { kind: "file", names, file: child.file };
      } else if (levels.every(({ identity }) => identity !== child.facts.identity)) {
        yield enter(child.path, names, child.facts);
      }
    }
  } finally {
    for (const { children } of levels) await children.return();
  }
}

/** What an entry of a listing is when its turn comes. */
type Found =
  | { readonly kind: "found"; readonly file: OpenFile }
  | { readonly kind: "folder"; readonly path: ContainedPath; readonly facts: FolderFacts };

/** Looks for `entry` of the folder at `parent`; undefined when it is left out. */
async function find(
  parent: ContainedPath,
  { name, kind }: DirectoryEntry,
  { tree }: EntrySearch,
): Promise<Found | undefined> {
  const path = childPath(parent, name);
  if (path === undefined) return undefined;
  const view = View.passing();
  if (kind === "directory") {
    const inside = folderPath(path);
    const facts = await tree.describe(inside, view);
    if (facts.kind === "folder") return { kind: "folder", path: inside, facts };
    if (isFailure(facts)) throw unreadable(path, facts);
    return undefined;
  }
  const found = await tree.open(path, view);
  if (found.kind !== "file") {
    if (isFailure(found)) throw unreadable(path, found);
    return undefined;
  }
  const { file } = found;
  if (file.size !== Infinity) return { kind: "found", file };
  file.close();
  return undefined;
}

type Failure = Extract<Outcome, { kind: "exhausted" | "failed" }>;

/** Whether `outcome` tells nothing about what is there. */
function isFailure(outcome: { readonly kind: string }): outcome is Failure {
  return outcome.kind === "exhausted" || outcome.kind === "failed";
}

function unreadable(path: ContainedPath, failure: Failure): Error {
  const reason = failure.kind === "failed" ? failure.code : "no descriptors or memory are left";
  return new Error(`the archive ends early: /${displayPath(path)} can't be read: ${reason}`);
}

function tooMany(entriesMax: number): Error {
  return new Error(`the archive ends early: more than ${entriesMax} entries (archiveEntriesMax)`);
}

function tooDeep(depthMax: number): Error {
  return new Error(`the archive ends early: more than ${depthMax} folders deep (archiveDepthMax)`);
}
