/**
 * The same files twice, on disk and in memory, so that both kinds of tree can be asked the same.
 * What is asked is told as plain values, which can be compared.
 */

import { utimesSync, writeFileSync } from "node:fs";

import { defaultLimits } from "../../../src/base/limits.ts";
import type { MemoryEntry, MemoryFiles } from "../../../src/tree/memory/memory-files.ts";
import type { MemoryTree } from "../../../src/tree/memory/memory-tree.ts";
import { openMemoryTree } from "../../../src/tree/memory/memory-tree.ts";
import type { DirectoryEntry, FolderOutcome, Outcome, Tree } from "../../../src/tree/tree.ts";
import { View } from "../../../src/tree/view.ts";
import { pathOf, TempTree } from "../temp-tree.ts";

/** The date of everything that has none of its own. */
export const madeMs = Date.UTC(2024, 1, 29, 12, 0, 0);

type MemoryTreeOptions = Parameters<typeof openMemoryTree>[0];

export type Options = Partial<Pick<MemoryTreeOptions, "permissions" | "hidden" | "index">>;

/** A tree in memory that can be made. */
export function memoryTree(
  files: MemoryFiles,
  options: Partial<MemoryTreeOptions> = {},
): MemoryTree {
  const tree = openMemoryTree({
    files,
    permissions: "other",
    hidden: false,
    index: "index.html",
    limits: defaultLimits,
    madeMs,
    ...options,
  });
  if (!tree.ok) throw new Error(tree.error);
  return tree.value;
}

/** Writes `files`, whose paths are spelled as they are, to the disk, for as long as it is used. */
export function writeFiles(files: MemoryFiles): TempTree & Disposable {
  const temp = new TempTree();
  const folders = new Map<string, MemoryEntry>();
  for (const [path, value] of Object.entries(files)) {
    const name = path.slice(1);
    const names = name.split("/");
    for (let depth = 1; depth < names.length; depth++) {
      const parent = names.slice(0, depth).join("/");
      if (!folders.has(parent)) folders.set(parent, {});
    }
    const entry = typeof value === "object" && !(value instanceof Uint8Array) ? value : undefined;
    if (path.endsWith("/")) {
      temp.folder(name);
      folders.set(names.slice(0, -1).join("/"), entry ?? {});
      continue;
    }
    const body = entry === undefined ? (value as string | Uint8Array) : (entry.body ?? "");
    temp.file(name, "", entry?.mode);
    writeFileSync(temp.at(name), body);
    setTime(temp.at(name), entry);
  }
  // The deepest first: what is in a folder is there before its date is set, and before it is shut.
  for (const [name, entry] of [...folders].toSorted(([a], [b]) => b.length - a.length)) {
    setTime(temp.at(name), entry);
    temp.folder(name, entry.mode);
  }
  return Object.assign(temp, { [Symbol.dispose]: () => temp.remove() });
}

function setTime(at: string, entry: MemoryEntry | undefined): void {
  const time = new Date(entry?.mtime ?? madeMs);
  utimesSync(at, time, time);
}

/** For a question that is asked anew. */
export const anew = (): View => View.anew(Date.now() + 60_000);

/** An outcome as values; the file in it is read and closed. */
export function told(outcome: Outcome): unknown {
  if (outcome.kind !== "file") return outcome;
  const { name, size, mtimeMs, permissionBits, mediaType } = outcome.file;
  const content = new TextDecoder().decode(outcome.file.readAll());
  outcome.file.close();
  return { kind: "file", name, size, mtimeMs, permissionBits, mediaType, content };
}

/** What `tree` says of `path` by each of its questions; the size of a folder means nothing. */
export async function everythingOf(tree: Tree, path: string, limit = 100): Promise<unknown> {
  const entries: unknown[] = [];
  let found = 0;
  const steps = tree.list(pathOf(path.endsWith("/") ? path : `${path}/`), limit, anew());
  for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
    const { entries: some, part } = step.value;
    entries.push(...some.map(withoutFolderSize));
    const read = part?.read();
    for (let more = read?.next(); more?.done === false; more = read?.next()) {
      entries.push(...more.value.entries.map(withoutFolderSize));
    }
    found = step.value.found;
  }
  const opened = told(await tree.open(pathOf(path), anew()));
  const described = toldFolder(await tree.describe(pathOf(path), anew()), path);
  return { opened, peeked: await tree.peek(pathOf(path), anew()), described, entries, found };
}

/** What is said of a folder; of the root without a date, which no file sets. */
function toldFolder(outcome: FolderOutcome, path: string): unknown {
  if (outcome.kind !== "folder") return outcome;
  const { kind, permissionBits, mtimeMs } = outcome;
  return { kind, permissionBits, mtimeMs: path === "/" ? undefined : mtimeMs };
}

function withoutFolderSize(entry: DirectoryEntry): unknown {
  return entry.kind === "directory" ? { ...entry, size: 0 } : entry;
}
