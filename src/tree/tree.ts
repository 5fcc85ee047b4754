/**
 * What a tree is: files and folders under contained paths, with what a stranger may see of them.
 *
 * A tree answers at once where it can, and then so does everything above it; one that has to wait
 * answers with promises. What a path leads to is an outcome, a union of all cases, and none of them
 * says more than a stranger may know. Nothing above `tree/` sees a stat or a descriptor: an open
 * file says its size, its date, a version that changes with its octets, and how it can be sent.
 */

import type { Eventual } from "../base/eventual.ts";
import type { Slot } from "../base/slot.ts";
import type { FileSource } from "../http/message/response.ts";
import type { ContainedPath } from "./path.ts";
import type { Denial } from "./permission.ts";
import type { View } from "./view.ts";

/** A tree of any kind. */
export interface Tree {
  /** The name of the file that stands for its folder, "index.html"; "" for none. */
  readonly index: string;

  /** What `path` leads to. A file in the outcome is open; the caller closes it. */
  open(path: ContainedPath, view: View): Eventual<Outcome>;

  /**
   * The kind of what `open` would find, with nothing opened and nothing to close. It may choose,
   * redirect and hint; it never permits octets to be sent, because only `open` decides on what is
   * open.
   */
  peek(path: ContainedPath, view: View): Eventual<Kind>;

  /**
   * The first `limit` entries of the folder at `path`, folders first, then by name, digits by their
   * value. The folder is read anew by each call, under the same rules as `open`; one that is gone
   * by then is empty. Each step can be done in a turn of the event loop of its own, and sees the
   * folder as it is then. The caller goes on to the end or calls `return`.
   */
  list(path: ContainedPath, limit: number, view: View): ListingSteps;

  /** Drops what depends on lookups, and closes files that are kept open for requests to come. */
  close(): void;
}

/**
 * Why something that may well be in the tree is not shown: for the log and `--explain`. To a
 * stranger it is no different from nothing at all.
 */
export type AbsenceCause = "hidden" | "link-outside" | "link-refused" | "link-loop" | "special";

/** What looking for a path comes to. */
export type Outcome =
  | { readonly kind: "file"; readonly file: OpenFile }
  /** A folder without an index, asked for with a trailing slash, which a stranger may list. */
  | { readonly kind: "directory" }
  /** A folder, asked for without the slash. */
  | { readonly kind: "redirect" }
  /** Missing, hidden, outside, a loop, no regular file, or a file asked for with a slash. */
  | { readonly kind: "absent"; readonly cause?: AbsenceCause }
  | { readonly kind: "forbidden"; readonly denial: Denial }
  /** Out of descriptors or memory (EMFILE, ENFILE, ENOMEM): worth another try later. */
  | { readonly kind: "exhausted" }
  /** The storage failed. `code` is the system's, "EIO", for the log and not for the client. */
  | { readonly kind: "failed"; readonly code: string };

/** The case of an outcome alone. */
export type Kind = Outcome["kind"];

/**
 * A regular file, open for reading, or read already. All that it says was said of the very file
 * that its octets come from, so octets and description belong together.
 */
export interface OpenFile extends FileSource {
  /** The name it was asked for by: the last segment, or the index's. */
  readonly name: string;
  /** In octets, when it was opened. */
  readonly size: number;
  /** The last change of the content, in whole milliseconds since 1970, rounded down. */
  readonly mtimeMs: number;
  /** By its name, with its charset, as in Content-Type; undefined when the name says nothing. */
  readonly mediaType: string | undefined;
  /** All of its octets, where they are in memory. They never change. */
  readonly content: Uint8Array<ArrayBuffer> | undefined;
  /**
   * A token that is another one after every change of the file. Undefined while a further change
   * might not show, because it could fall into the same tick of the file system's clock.
   */
  readonly version: string | undefined;
  /**
   * Where the site keeps what follows from this file. Present when this very object is given out
   * again while nothing newer is there; closing it does nothing then.
   */
  readonly slot: Slot | undefined;
  /** Whether the file is still the version that was opened. */
  isUnchanged(): boolean;
  /** Whether its content is: it may have been renamed, replaced or removed meanwhile. */
  isIntact(): boolean;
  /** The first `size` octets; fewer if the file has shrunk since. */
  readAll(): Uint8Array<ArrayBuffer>;
}

/** The entries of a folder, step by step, at once or later. */
export type ListingSteps =
  Iterator<ListingStep, void, void> | AsyncIterator<ListingStep, void, void>;

/** A step towards a folder's entries. */
export interface ListingStep {
  /** How many entries there are, shown or not, as far as that is known by now. */
  readonly found: number;
  /** The next ones in order; none until all of them have been found. */
  readonly entries: readonly DirectoryEntry[];
  /** What the step took: 1 is what it takes to find an entry, about 2 µs. */
  readonly work: number;
}

/** A line of a listing; of a symbolic link, what it leads to. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: "file" | "directory";
  /** In octets; of a folder it means nothing. */
  readonly size: number;
  /** In whole milliseconds since 1970, rounded down. */
  readonly mtimeMs: number;
}
