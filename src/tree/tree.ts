/**
 * What looking for a path can come to, and the shapes that a found file and a found folder have.
 * Types only: `resolve.ts` makes them.
 */

import type { ContainedPath } from "./path.ts";
import type { Denial } from "./permission.ts";
import type { FileStat } from "../system/system-calls.ts";

/**
 * Why something that may well be on the disk is not shown: for whoever runs the server, and for
 * strangers no different from nothing at all.
 */
export type AbsenceCause = "hidden" | "link-outside" | "link-refused" | "link-loop" | "special";

/** All outcomes of looking for a path. None says more than a stranger may know. */
export type Outcome =
  | { readonly kind: "file"; readonly file: OpenFile }
  /** A folder without an index, asked for with a trailing slash. */
  | { readonly kind: "directory"; readonly directory: OpenDirectory }
  /** A folder, asked for without the slash. */
  | { readonly kind: "redirect" }
  /** Missing, hidden, outside, a loop, no regular file, or a file asked for with a slash. */
  | { readonly kind: "absent"; readonly cause?: AbsenceCause }
  | { readonly kind: "forbidden"; readonly denial: Denial }
  /** Out of descriptors or memory (EMFILE, ENFILE, ENOMEM): worth trying again later. */
  | { readonly kind: "exhausted" }
  /** The disk failed. `code` is the system's, "EIO", for the log and not for the client. */
  | { readonly kind: "failed"; readonly code: string };

/**
 * A regular file, open for reading, or read already. Everything here was said by fstat about the
 * descriptor that the bytes come from, so the bytes and what is told of them belong together.
 * Whoever gets it closes it.
 */
export interface OpenFile {
  /** The name it was asked for by: the last segment, or the index's. */
  readonly name: string;
  /**
   * The descriptor; -1 when there is none, since the content is in memory, or when it is closed,
   * since its number may be another file's by then.
   */
  readonly fd: number;
  /**
   * All of it, for a small file, which then stays as it is for good: the same one is given out
   * again while the disk has nothing newer.
   */
  readonly content: Uint8Array<ArrayBuffer> | undefined;
  /**
   * Whether this very object is given out again, to others, while the disk has nothing newer. Then
   * closing it does nothing; whoever sends it, when it isn't in memory, asks for a share of it.
   */
  readonly recurs: boolean;
  /** In bytes, when it was opened. */
  readonly size: number;
  /** The last change of the content, in whole milliseconds since 1970, rounded down. */
  readonly mtimeMs: number;
  /** The whole st_mode. */
  readonly mode: number;
  readonly identity: FileStat;
  /**
   * Whether every later change will show in its identity. One that follows on the last within a
   * tick of the file system's clock doesn't.
   */
  readonly isSettled: boolean;
  /**
   * By its name, with its charset, ready for Content-Type; undefined when the name says nothing.
   */
  readonly mediaType: string | undefined;
  /** Whether the file is still what it was when it was opened, by its identity. */
  isUnchanged(): boolean;
  /**
   * Whether its content is still what it was, by its size and the time of its last change: it may
   * have been renamed, replaced or removed meanwhile, and what is open is whole.
   */
  isIntact(): boolean;
  /** Gives the descriptor back; the second call does nothing. */
  close(): void;
  /**
   * Reads at `position`, in bytes, without moving anything (pread). Answers with the count of bytes
   * read: 0 at the end of the file, and also where the disk fails or the file is closed, so a
   * caller that was promised more must break off and never pad.
   */
  read(into: Uint8Array, position: number): number;
  /** The first `size` bytes; fewer if the file has shrunk since. */
  readAll(): Uint8Array<ArrayBuffer>;
  /** A share of one that recurs, to be closed by itself: until then the file stays open. */
  share?(): FileUse;
}

/** A file as somebody uses it who is sent it; what it has in common with `OpenFile` means that. */
export type FileUse = Pick<OpenFile, "fd" | "read" | "isIntact" | "close">;

/** A folder which a stranger may list. It holds no descriptor and needs no closing. */
export interface OpenDirectory {
  readonly path: ContainedPath;
  /**
   * The first `limit` entries, folders first, then by name, digits by their value. Reads the folder
   * anew at each call, by the same rules; one that has gone meanwhile is empty. It is done in steps
   * that may each be made in a turn of the event loop of their own, and each sees the folder as it
   * is then, and as it may be seen. Whoever begins goes on to the end, or calls `return`.
   */
  list(limit: number): Generator<ListingStep, void>;
}

/** A step towards a folder's entries. */
export interface ListingStep {
  /** How many there are, shown or not, as far as that is known by now. */
  readonly found: number;
  /** The next ones in order; none until all of them have been found. */
  readonly entries: readonly DirectoryEntry[];
  /** How long it took, about: 1 is what it takes to find an entry, some 2 µs. */
  readonly work: number;
}

/** A line of a listing; of a symbolic link, what it leads to. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: "file" | "directory";
  /** In bytes; of a folder it means nothing. */
  readonly size: number;
  /** In whole milliseconds since 1970, rounded down. */
  readonly mtimeMs: number;
}
