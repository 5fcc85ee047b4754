/**
 * Decides by mode bits whether a file may be served. Pure: no system calls, no user ids.
 *
 * A stranger is the *other* class of a file's mode (POSIX.1-2024 XBD §4.7), who needs r to read a
 * file or to list a folder, and x to pass through a folder. The bits are compared instead of trying
 * to open the file, because root can open everything. A tree checks each component of a path below
 * its root.
 */

import { displayName } from "./path.ts";

/** The values of the option `permissions`. */
export const permissionRules = ["other", "process"] as const;

/**
 * Whose permission decides: a stranger's, by the *other* mode bits, or that of the server's
 * process.
 */
export type Permissions = (typeof permissionRules)[number];

/** The access that is needed to a component: to read its content, or to pass through it. */
export type Need = "read" | "search";

/** A component of a path that denies access, and the bit that it lacks. */
export interface Denial {
  /** Relative to the root, "private/notes.html"; "." for the root; absolute outside of it. */
  readonly path: string;
  /** The whole st_mode, file type included. */
  readonly mode: number;
  /** "o+rx" for a folder that would be listed, and has neither bit. */
  readonly lacks: "o+r" | "o+x" | "o+rx";
  /**
   * Where the mode is the metadata of an object in a store: "upload" for one that clients of this
   * server store. Absent for files that have a mode of their own.
   */
  readonly object?: "upload" | "other";
}

const typeMask = 0o170000;

const bitOf: { readonly [N in Need]: number } = { read: 0o004, search: 0o001 };
const nameOf = { read: "o+r", search: "o+x" } as const satisfies { [N in Need]: Denial["lacks"] };

/** Whether the *other* bits of `mode` permit `need`. */
export function permits(mode: number, need: Need): boolean {
  return (mode & bitOf[need]) !== 0;
}

/** The bits of `mode` that a copy keeps: without set-user-ID, set-group-ID and the sticky bit. */
export function permissionBitsOf(mode: number): number {
  return mode & 0o777;
}

/** The denial of `need` at `path`. */
export function deny(path: string, mode: number, need: Need): Denial {
  return { path: path === "" ? "." : path, mode, lacks: nameOf[need] };
}

/**
 * `denial` of a folder that is asked for itself: if strangers can't enter it and it has no index,
 * it would be listed, which takes o+r as well.
 */
export function unlisted(denial: Denial, hasIndex: () => boolean): Denial {
  const { lacks, mode } = denial;
  const lacksBoth = lacks === "o+x" && !permits(mode, "search") && !permits(mode, "read");
  return lacksBoth && !hasIndex() ? { ...denial, lacks: "o+rx" } : denial;
}

/** `denial` where no folder is listed. */
export function withoutListing(denial: Denial): Denial {
  return denial.lacks === "o+rx" ? { ...denial, lacks: "o+x" } : denial;
}

/** Whether a stranger surely gets something of a file or folder with this mode. */
export function isOpen(type: string, mode: number): boolean {
  return permits(mode, "read") && (type !== "directory" || permits(mode, "search"));
}

/**
 * Why a stranger gets nothing of the file or folder at `path`, by its own mode; undefined when that
 * permits it. `hasIndex` says whether a folder that may not be listed has an index that strangers
 * get, and `holdsIndex` whether one that they can't enter has any.
 */
export function denialOf(
  path: string,
  { type, mode }: { readonly type: string; readonly mode: number },
  hasIndex: () => boolean,
  holdsIndex: () => boolean,
): Denial | undefined {
  if (type === "directory" && !permits(mode, "search")) {
    return unlisted(deny(path, mode, "search"), holdsIndex);
  }
  if (permits(mode, "read") || (type === "directory" && hasIndex())) return undefined;
  return deny(path, mode, "read");
}

/**
 * The reason in one line, with the command that removes it: `private/notes.html: -rw-r----- lacks
 * o+r; chmod o+r to serve it`. In a store it names the metadata instead. If the bit is set and the
 * system denies access to the server's process, the line says so.
 */
export function explainDenial(denial: Denial): string {
  const { lacks, mode } = denial;
  const subject = `${displayName(denial.path)}: ${formatMode(mode)}`;
  if (!isLacking(denial)) return `${subject} has ${lacks}, but the server itself may not open it`;
  return `${subject} lacks ${lacks}; ${remedyOf(denial)}`;
}

/** Whether the bit that `denial` names isn't set, so that setting it is the remedy. */
export function isLacking({ mode, lacks }: Denial): boolean {
  return !permits(mode, lacks === "o+r" ? "read" : "search");
}

/** What removes `denial`, which lacks a bit, in a few words: "chmod o+r to serve it". */
export function remedyOf({ lacks, mode, object }: Denial): string {
  if (object === undefined) return `chmod ${lacks} to serve it`;
  // The owner's bits are for clients that mount a store; a doubtful mode has none.
  const isFolder = (mode & typeMask) === 0o040000;
  const lacking = { "o+r": 0o004, "o+x": 0o001, "o+rx": 0o005 }[lacks];
  const bits = (isFolder ? 0o700 : 0o600) | lacking;
  const remedy = `mode=${(mode | bits).toString(8)} in its metadata serves it`;
  return object === "upload" ? `${remedy}, --upload-mode 644 later uploads` : remedy;
}

/** The first character of `ls -l`, by S_IFMT. */
const typeLetters: ReadonlyMap<number, string> = new Map([
  [0o010000, "p"],
  [0o020000, "c"],
  [0o040000, "d"],
  [0o060000, "b"],
  [0o100000, "-"],
  [0o120000, "l"],
  [0o140000, "s"],
]);

/** A mode as `ls -l` prints it (POSIX `ls`): "-rw-r-----", "drwxr-x---". */
export function formatMode(mode: number): string {
  const triple = (shift: number, special: number, letter: string): string => {
    const bits = mode >> shift;
    const isSpecial = (mode & special) !== 0;
    const plain = bits & 1 ? "x" : "-";
    const marked = bits & 1 ? letter : letter.toUpperCase();
    return (bits & 4 ? "r" : "-") + (bits & 2 ? "w" : "-") + (isSpecial ? marked : plain);
  };
  const type = typeLetters.get(mode & typeMask) ?? "?";
  return type + triple(6, 0o4000, "s") + triple(3, 0o2000, "s") + triple(0, 0o1000, "t");
}
