/**
 * The file trees of scripts on disk: merged, written with modes and times, changed while they are
 * served, and removed.
 *
 * Modes are set with chmod, so that the umask has no effect. Directories get their mode last, the
 * deepest first, so that a directory of mode 000 is filled before it becomes unreadable. A time
 * that the script doesn't set is set to a fixed one, so that a tree is the same each time it is
 * written. Paths are bytes (Latin-1 text here, a Buffer for system calls), since a name need not be
 * UTF-8.
 *
 * A folder that the user names is only emptied if it holds the marker file that writing a tree
 * leaves in it.
 */

import {
  chmodSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { equalBytes, latin1Bytes, latin1Text } from "../../http/octets/bytes.ts";
import type { Content, Script, ScriptFault, TreeChange, TreeEntry } from "../script/script.ts";

/** The modification time of entries whose script sets none: 2024-01-01T00:00:00Z. */
const mtimeMsDefault = Date.UTC(2024, 0, 1);

/** The file that marks a folder as written by `writeNamedTree`, and so as safe to empty. */
const treeMarker = ".wire-tree";

/** The name of a FIFO until it has its own. */
const fifoName = ".wire-fifo";

const countPeriod = 251;

/** The content of a file of the tree. Byte i of the `count` pattern is i mod 251. */
export function contentBytes(content: Content): Uint8Array {
  if (content.kind === "bytes") return content.bytes;
  const out = new Uint8Array(content.sizeBytes);
  for (let i = 0; i < Math.min(countPeriod, out.length); i++) out[i] = i;
  for (let filled = countPeriod; filled < out.length; filled *= 2) {
    out.copyWithin(filled, 0, Math.min(filled, out.length - filled));
  }
  return out;
}

/** An entry of a merged tree, and the script that declares it. */
interface MergedEntry {
  readonly entry: TreeEntry;
  readonly file: string;
}

/**
 * Merges the trees of `scripts`. Two scripts may declare the same entry. Where their entries
 * differ, or where one script needs an ordinary folder that another declares with a mode of its
 * own, the fault names both.
 */
export function mergeTrees(
  scripts: readonly Script[],
): Result<readonly TreeEntry[], readonly ScriptFault[]> {
  const merged = new Map<string, MergedEntry>();
  const faults: ScriptFault[] = [];
  const parents: MergedEntry[] = [];
  for (const { file, tree } of scripts) {
    const own = new Set(tree.map((entry) => entry.path));
    for (const entry of tree) {
      for (const path of parentPaths(entry.path)) {
        if (own.has(path)) continue;
        parents.push({ file, entry: { kind: "dir", line: entry.line, path, mode: 0o755 } });
      }
      const other = merged.get(entry.path);
      if (other === undefined) merged.set(entry.path, { entry, file });
      else if (!sameEntry(entry, other.entry)) faults.push(conflict({ entry, file }, other));
    }
  }
  for (const parent of parents) {
    const other = merged.get(parent.entry.path);
    if (other === undefined || sameEntry(parent.entry, other.entry)) continue;
    faults.push(conflict(parent, other));
  }
  if (faults.length > 0) return failure(faults);
  return success([...merged.values()].map(({ entry }) => entry));
}

function conflict({ entry, file }: MergedEntry, other: MergedEntry): ScriptFault {
  const expected = `${entry.path} as in ${other.file}:${other.entry.line}, or the setting alone`;
  return { file, line: entry.line, expected };
}

function sameEntry(a: TreeEntry, b: TreeEntry): boolean {
  if (a.kind === "file" && b.kind === "file") {
    const sameTime = a.mtimeMs === b.mtimeMs;
    return a.mode === b.mode && sameTime && sameContent(a.content, b.content);
  }
  if (a.kind === "dir" && b.kind === "dir") return a.mode === b.mode && a.mtimeMs === b.mtimeMs;
  if (a.kind === "link" && b.kind === "link") return a.target === b.target;
  return a.kind === "fifo" && b.kind === "fifo" && a.mode === b.mode;
}

function sameContent(a: Content, b: Content): boolean {
  if (a.kind === "count" && b.kind === "count") return a.sizeBytes === b.sizeBytes;
  return a.kind === "bytes" && b.kind === "bytes" && equalBytes(a.bytes, b.bytes);
}

/** The parent folders of `path`, from the outermost to the nearest. */
function parentPaths(path: string): readonly string[] {
  const segments = path.split("/").slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join("/"));
}

/** The tree's `path` below `root`, in bytes for system calls. */
function below(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), latin1Bytes(path)]);
}

/** Writes `entries` into the existing, empty folder `root`. Throws the system's errors. */
export function writeTree(root: string, entries: readonly TreeEntry[]): void {
  const dirs = new Map<string, { readonly mode: number; readonly mtimeMs: number }>();
  for (const { path } of entries) {
    for (const parent of parentPaths(path)) {
      dirs.set(parent, { mode: 0o755, mtimeMs: mtimeMsDefault });
    }
  }
  for (const entry of entries) {
    if (entry.kind !== "dir") continue;
    dirs.set(entry.path, { mode: entry.mode, mtimeMs: entry.mtimeMs ?? mtimeMsDefault });
  }
  const paths = [...dirs.keys()].toSorted();
  for (const path of paths) mkdirSync(below(root, path), { mode: 0o700 });
  for (const entry of entries) {
    if (entry.kind === "file") writeLeaf(root, { mtimeMs: mtimeMsDefault, ...entry });
    else if (entry.kind !== "dir") writeLeaf(root, entry);
  }
  for (const path of paths.toReversed()) {
    const at = below(root, path);
    const { mode, mtimeMs } = dirs.get(path) ?? { mode: 0o755, mtimeMs: mtimeMsDefault };
    utimesSync(at, mtimeMs / 1000, mtimeMs / 1000);
    chmodSync(at, mode);
  }
}

/** Writes an entry that is no folder. Without `mtimeMs` its time is the current one. */
function writeLeaf(root: string, entry: Exclude<TreeEntry, { kind: "dir" }>): void {
  const at = below(root, entry.path);
  switch (entry.kind) {
    case "file":
      writeFileSync(at, contentBytes(entry.content));
      chmodSync(at, entry.mode);
      if (entry.mtimeMs !== undefined) utimesSync(at, entry.mtimeMs / 1000, entry.mtimeMs / 1000);
      return;
    case "link":
      symlinkSync(Buffer.from(latin1Bytes(entry.target)), at);
      lutimesSync(at, mtimeMsDefault / 1000, mtimeMsDefault / 1000);
      return;
    case "fifo":
      makeFifo(root, entry.path);
      chmodSync(at, entry.mode);
      return;
  }
}

/**
 * Bun has no call that makes a FIFO; `mkfifo` is a POSIX utility. Bun passes it no octets that
 * aren't UTF-8, so the FIFO gets its name afterwards.
 */
function makeFifo(root: string, path: string): void {
  const temporary = `${root}/${fifoName}`;
  const made = Bun.spawnSync(["mkfifo", temporary], { stdio: ["ignore", "ignore", "pipe"] });
  if (!made.success) throw new Error(made.stderr.toString().trim());
  renameSync(temporary, below(root, path));
}

/**
 * Applies one change to a tree that is being served. An existing file is overwritten in place; an
 * entry of another kind at that path is removed first. Throws the system's errors.
 */
export function changeTree(root: string, change: TreeChange): void {
  const at = below(root, change.path);
  switch (change.kind) {
    case "chmod":
      chmodSync(at, change.mode);
      return;
    case "remove":
      removeEntry(at);
      return;
    case "dir":
      mkdirSync(at, { recursive: true });
      chmodSync(at, change.mode);
      if (change.mtimeMs !== undefined)
        utimesSync(at, change.mtimeMs / 1000, change.mtimeMs / 1000);
      return;
    case "file":
      makeParents(root, change.path);
      if (lstatSync(at, { throwIfNoEntry: false })?.isFile() === true) chmodSync(at, 0o600);
      else removeEntry(at);
      writeLeaf(root, change);
      return;
    case "link":
    case "fifo":
      makeParents(root, change.path);
      removeEntry(at);
      writeLeaf(root, change);
      return;
  }
}

function makeParents(root: string, path: string): void {
  for (const parent of parentPaths(path)) {
    const at = below(root, parent);
    if (existsSync(at)) continue;
    mkdirSync(at);
    chmodSync(at, 0o755);
  }
}

/** Removes everything in the folder `root`, unreadable folders too, but not `root` itself. */
export function emptyFolder(root: string): void {
  for (const name of readdirSync(root, { encoding: "buffer" })) {
    removeEntry(Buffer.concat([Buffer.from(`${root}/`), name]));
  }
}

/** Writes those entries afresh whose name in the folder `root` belongs to them. */
export function rewriteNames(
  root: string,
  entries: readonly TreeEntry[],
  belongs: (name: string) => boolean,
): void {
  for (const name of readdirSync(root, { encoding: "buffer" })) {
    if (belongs(latin1Text(name))) removeEntry(Buffer.concat([Buffer.from(`${root}/`), name]));
  }
  writeTree(
    root,
    entries.filter(({ path }) => belongs(path.split("/", 1)[0] ?? "")),
  );
}

/** Removes a file, or a folder with its content. Does nothing if there is none. */
function removeEntry(at: Buffer): void {
  const stat = lstatSync(at, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) return unlinkSync(at);
  chmodSync(at, 0o700);
  for (const name of readdirSync(at, { encoding: "buffer" })) {
    removeEntry(Buffer.concat([at, Buffer.from("/"), name]));
  }
  rmdirSync(at);
}

/**
 * Writes a tree into a folder that the user named. The folder is created if it is missing, and
 * emptied if a tree was written there before. Fails, with the reason, if the folder holds anything
 * else, or if the tree can't be written.
 */
export function writeNamedTree(
  root: string,
  entries: readonly TreeEntry[],
): Result<undefined, string> {
  if (!existsSync(root)) {
    mkdirSync(root, { recursive: true });
    chmodSync(root, 0o755);
  }
  if (!lstatSync(root).isDirectory()) return failure(`${root} is no folder`);
  const names = readdirSync(root);
  if (names.length > 0 && !names.includes(treeMarker)) {
    return failure(
      `${root} holds ${latin1Text(Buffer.from(names[0] ?? ""))}, which was not ` +
        `written by check; name an empty folder or a new one`,
    );
  }
  try {
    emptyFolder(root);
    writeFileSync(`${root}/${treeMarker}`, "The tree of wire scripts: check writes it afresh.\n");
    chmodSync(`${root}/${treeMarker}`, 0o600);
    writeTree(root, entries);
  } catch (error) {
    return failure(error instanceof Error ? error.message : "the folder can't be written");
  }
  return success(undefined);
}
