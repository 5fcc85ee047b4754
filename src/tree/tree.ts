/**
 * The interface of a tree: files and folders under contained paths, and what a stranger may see of
 * them.
 *
 * A tree returns its answers at once if it can, and then the response is made without a promise. A
 * tree that has to wait returns promises. Opening a path returns an outcome, a union of all cases,
 * and none reveals more than a stranger may know. Nothing above `tree/` sees a stat or a
 * descriptor: an open file has a size, a date, a version that changes with its octets, and an
 * opaque handle for sending.
 */

import type { Eventual } from "../base/eventual.ts";
import type { Slot } from "../base/slot.ts";
import type { FileSource } from "../http/message/response.ts";
import type { ContainedPath } from "./path.ts";
import type { Denial } from "./permission.ts";
import type { View } from "./view.ts";

/** A tree of any kind. */
export interface Tree {
  /** The name of the file that is served for its folder, "index.html"; "" for none. */
  readonly index: string;

  /** The folders on disk that it shows; absent for a tree that shows none. */
  readonly folders?: readonly ShownFolder[];

  /** Opens `path`. A file in the outcome is open; the caller closes it. */
  open(path: ContainedPath, view: View): Eventual<Outcome>;

  /**
   * Opens the file at `path` as `open` does, for a caller that makes use of a file alone, and can
   * do without it: what is a folder may be "absent", and storage that fails is not asked again, as
   * for an optional view. Absent where `open` costs no more.
   */
  openFile?(path: ContainedPath, view: View): Eventual<Outcome>;

  /**
   * The kind of the outcome that `open` would have, without opening anything. It is enough for
   * choosing a path or a redirect. It never permits sending octets, because only `open` checks the
   * permission of the opened file.
   */
  peek(path: ContainedPath, view: View): Eventual<Kind>;

  /**
   * A page of at most `limit` entries of the folder at `path`, in `order`; without one the first of
   * them, folders first, then by name, with digits compared by value. Each call shows the folder as
   * it is after the call, by the same rules as `open`; calls for the same page that come before a
   * reading has begun share it. A folder that is gone is empty. Each step may run in a turn of its
   * own and sees the folder as it is then. The caller iterates to the end or calls `return`.
   */
  list(path: ContainedPath, limit: number, view: View, order?: ListingOrder): ListingSteps;

  /**
   * The roots on the way to `path`, the deepest first, where the tree is made of several. Absent
   * where `/` is the only one.
   */
  rootsOf?(path: ContainedPath): readonly ContainedPath[];

  /**
   * What the folder at `path`, with or without a slash, is besides its entries; or why a stranger
   * may not list it, by the rules of `list`. Nothing stays open.
   */
  describe(path: ContainedPath, view: View): Eventual<FolderOutcome>;

  /** Drops what depends on lookups, and closes files that are kept open for requests to come. */
  close(): void;
}

/** A folder on disk that a tree shows. */
export interface ShownFolder {
  /** Its absolute path as it was named, without a trailing slash. It may be a symbolic link. */
  readonly path: string;
  /** Where it stands in the tree, "docs/"; "" for the root. */
  readonly at: string;
  /** The name of the only file in it that is shown; absent for all that is in it. */
  readonly only?: string;
}

/**
 * Why something that exists is treated as absent, for the log and `--explain`. A stranger can't
 * distinguish it from a missing file.
 */
export type AbsenceCause = "hidden" | "link-outside" | "link-refused" | "link-loop" | "special";

/** The result of opening a path. */
export type Outcome =
  | { readonly kind: "file"; readonly file: OpenFile }
  /** A folder without an index that a stranger may list; the path ended with a slash. */
  | { readonly kind: "directory" }
  /** A folder; the path had no trailing slash. */
  | { readonly kind: "redirect" }
  /** Missing, hidden, outside, a loop, not a regular file, or a file with a trailing slash. */
  | { readonly kind: "absent"; readonly cause?: AbsenceCause }
  | { readonly kind: "forbidden"; readonly denial: Denial }
  /** Out of descriptors or memory (EMFILE, ENFILE, ENOMEM): a later attempt may succeed. */
  | { readonly kind: "exhausted" }
  /** The storage failed. `code` is the system's, "EIO", for the log and not for the client. */
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly gateway?: GatewayFailure;
    };

/** How a failure of storage that is another server's is answered (RFC 9110 §15.6.3 to §15.6.5). */
export interface GatewayFailure {
  readonly status: 502 | 503 | 504;
  readonly retryAfterSeconds: number;
}

/** The kind of an outcome. */
export type Kind = Outcome["kind"];

/** A folder as a copy of it needs it. */
export interface FolderFacts {
  readonly kind: "folder";
  /** The permission bits of its mode, 0 to 0o777. */
  readonly permissionBits: number;
  /** The last change of its entries, in whole milliseconds since 1970, rounded down. */
  readonly mtimeMs: number;
  /** The same for two paths that lead to one folder, as a symbolic link can. For comparing only. */
  readonly identity: string;
}

/** The result of describing a folder. "absent" is also a path that is no folder. */
export type FolderOutcome =
  FolderFacts | Exclude<Outcome, { kind: "file" | "directory" | "redirect" }>;

/**
 * A regular file, open for reading or already read. Its properties come from the same descriptor as
 * its octets, so they always describe these octets.
 */
export interface OpenFile extends FileSource {
  /** The name it was opened by: the last segment of the path, or the name of the index. */
  readonly name: string;
  /**
   * Its size in octets when it was opened. Infinity when only reading it to its end tells: it is
   * never in memory then, and has no handle.
   */
  readonly size: number;
  /**
   * The last change of the content, in whole milliseconds since 1970, rounded down. Undefined when
   * the file system makes the content as it is read.
   */
  readonly mtimeMs: number | undefined;
  /** The permission bits of its mode, 0 to 0o777; absent when it has no mode. */
  readonly permissionBits?: number;
  /** Whether it lies in the folder of uploads, and isn't the index of its folder. */
  readonly isUploaded?: boolean;
  /**
   * The media type by its name, with a charset, as in Content-Type; undefined when the name has no
   * known extension.
   */
  readonly mediaType: string | undefined;
  /**
   * The content coding that it is stored with, as in Content-Encoding; absent when the storage has
   * none.
   */
  readonly coding?: string | undefined;
  /** All of its octets, if they are in memory. They never change. */
  readonly content: Uint8Array<ArrayBuffer> | undefined;
  /**
   * A token that differs after every change of the file. Undefined while a further change might not
   * show, because it could fall into the same tick of the file system's clock.
   */
  readonly version: string | undefined;
  /**
   * Holds a value that the site derives from this file. Present if the tree returns this object
   * again while the file is unchanged; closing it then does nothing.
   */
  readonly slot: Slot | undefined;
  /** Whether the file is still the version that was opened. */
  isUnchanged(): boolean;
  /**
   * Whether its content is unchanged; the file may have been renamed, replaced or removed
   * meanwhile.
   */
  isIntact(): boolean;
  /** The first `size` octets; fewer if the file has shrunk since. Undefined if reading fails. */
  readAll(): Uint8Array<ArrayBuffer> | undefined;
}

/** What the entries of a listing are ordered by. */
export type ListingSort = "name" | "size" | "time" | "kind";

/** Which entries of a folder a listing has, and in which order. Folders always come first. */
export interface ListingOrder {
  readonly sort: ListingSort;
  readonly isDescending: boolean;
  /** Only names that contain it, whatever the case and the accents of both. */
  readonly filter: string;
  /** Counted from 1. After the last page comes the last page again. */
  readonly page: number;
}

/** What a reading has found, all of it. */
export interface ListingTotals {
  readonly files: number;
  readonly folders: number;
  /** Whether the folder has more, which were neither read nor counted. */
  readonly isCut?: boolean;
  /** How many of them precede the entries of this page. */
  readonly from: number;
}

/** The entries of a folder, step by step, at once or later. */
export type ListingSteps =
  Iterator<ListingStep, void, void> | AsyncIterator<ListingStep, void, void>;

/** Entries that stand together in a listing. Listings that share a reading have the same parts. */
export interface ListingPart {
  /** The entries, as they are at the time of each step. */
  readonly read: () => Iterator<ListingStep, void, void>;
  /** Holds a value that the site derives from this part. */
  readonly slot: Slot;
  /** Holds a value that the site derives from all parts of the reading. */
  readonly wholeSlot: Slot;
}

/** A step towards a folder's entries. */
export interface ListingStep {
  /** How many entries have been found so far, shown or not. */
  readonly found: number;
  /** The next entries in order; empty until all have been found. */
  readonly entries: readonly DirectoryEntry[];
  /** The next entries in order when they have not been looked at yet; `entries` is empty then. */
  readonly part?: ListingPart;
  /** What has been found; present at a part, and at the last step of an empty listing. */
  readonly totals?: ListingTotals;
  /** A name that no request can spell, if one was found so far: its entry is left out. */
  readonly leftOut?: string;
  /** Why the entries can't be read. The step is the last one. */
  readonly failure?: Extract<Outcome, { kind: "exhausted" | "failed" }>;
  /** The cost of the step. 1 is the cost of finding one entry, about 2 µs. */
  readonly work: number;
}

/** A name in a folder, as it was found and whatever is shown of it. */
export interface TreeName {
  readonly name: string;
  readonly type: "file" | "directory";
}

/** An entry of a listing. A symbolic link is described by its target. */
export interface DirectoryEntry {
  /** Any octets; `base/file-name.ts` says how they are text. */
  readonly name: string;
  readonly kind: "file" | "directory";
  /** In octets; meaningless for a folder. */
  readonly size: number;
  /** In whole milliseconds since 1970, rounded down. */
  readonly mtimeMs: number;
  /** Why a stranger gets nothing of it; undefined when it is readable. */
  readonly denial?: Denial | undefined;
}
