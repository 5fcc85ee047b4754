/**
 * Decides by mode bits whether a file may be served. Pure: no system calls, no user ids.
 *
 * A stranger is the *other* class of a file's mode (POSIX.1-2024 XBD §4.7), who needs r to read a
 * file or to list a folder, and x to pass through a folder. The bits are compared instead of trying
 * to open the file, because root can open everything. A tree checks each component of a path below
 * its root.
 */

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

/** Whether the bit that `denial` names isn't set, so that setting it is the remedy. */
export function isLacking({ mode, lacks }: Denial): boolean {
  return !permits(mode, lacks === "o+r" ? "read" : "search");
}
