/**
 * A tree in an object store: a bucket, or what is below a prefix in one. Keys are paths with "/"
 * between names. A folder is there while any key begins with it; an object whose key ends in "/"
 * stands for the folder itself and may have a mode.
 *
 * Path, index, permission and listing follow the rules of a tree on disk. The mode of files and
 * folders is in the metadata of objects (`object-mode.ts`). All that an answer needs is asked for
 * at once: the object, and the object of each folder above it. With `permissions: "process"` no
 * mode is asked for.
 *
 * There are no links and no special files. Where an object and a folder have one name, the path
 * without a slash is the object, and the listing shows that one alone.
 */

import type { Eventual } from "../../base/eventual.ts";
import { all, whenReady } from "../../base/eventual.ts";
import type { EntriesBeside } from "../listing/entries-beside.ts";
import type { ContainedPath } from "../path.ts";
import { folderPath, isHidden, isHiddenName } from "../path.ts";
import type { Denial, Need, Permissions } from "../permission.ts";
import { deny, permissionBitsOf, permits, unlisted } from "../permission.ts";
import type {
  DirectoryEntry,
  FolderOutcome,
  Kind,
  ListingOrder,
  ListingStep,
  ListingSteps,
  OpenFile,
  Outcome,
  Tree,
  TreeName,
} from "../tree.ts";
import { View } from "../view.ts";
import type { KnownObject, Wanted } from "./known-object.ts";
import type { ObjectCache } from "./object-cache.ts";
import { defaultMode } from "./object-mode.ts";
import { StoreFailure } from "./client/store-client.ts";
import type { StoreListings } from "./store-listing.ts";

/** What a tree in a store is made of. */
export interface StoreTreeParts {
  readonly objects: ObjectCache;
  readonly listings: StoreListings;
  /** What keys begin with: "" or "site/". */
  readonly prefix: string;
  readonly permissions: Permissions;
  /** Whether names that begin with "." are shown. */
  readonly hidden: boolean;
  /** The file that stands for its folder, "index.html"; "" for none. */
  readonly index: string;
  /** The permission bits of an object whose metadata has no mode. */
  readonly mode: number;
  readonly beside?: EntriesBeside | undefined;
  /** Whether the object of a key counts as an upload; undefined where none does. */
  readonly isUploaded?: ((key: string) => boolean) | undefined;
}

type Failed = Extract<Outcome, { kind: "failed" }>;
type Refusal = Extract<FolderOutcome, { kind: "absent" | "forbidden" | "failed" }>;

/** An outcome, whose file is left out where a peek has not read it. */
type Looked =
  Exclude<Outcome, { kind: "file" }> | { readonly kind: "file"; readonly file?: OpenFile };

/**
 * The date in an archive of a folder that no object stands for: the earliest that zip has, and the
 * same from each replica.
 */
const undatedMs = Date.UTC(1980, 0, 1);

/** The longest key ("Object key naming guidelines"). */
const keyBytesMax = 1024;

/** Names in a path that is looked for: the store is asked about each folder on the way. */
const depthMax = 32;

const absent: Refusal = { kind: "absent" };
const hiddenName: Refusal = { kind: "absent", cause: "hidden" };
const directory: Outcome = { kind: "directory" };
const redirect: Outcome = { kind: "redirect" };

/** A folder that a stranger may pass into, or why not. */
export type FoundFolder = { readonly kind: "folder" } | Refusal;

const enterable: FoundFolder = { kind: "folder" };

type Known = KnownObject | undefined;
type Answer = KnownObject | StoreFailure;

/** The outcome when the store has failed. */
function failedOutcome({ status, reason, retryAfterSeconds }: StoreFailure): Failed {
  return { kind: "failed", code: reason, gateway: { status, retryAfterSeconds } };
}

/** A tree in an object store. */
export class StoreTree implements Tree {
  readonly index: string;
  readonly #parts: StoreTreeParts;

  constructor(parts: StoreTreeParts) {
    this.index = parts.index;
    this.#parts = parts;
  }

  /** The objects that are known. */
  get cache(): ObjectCache {
    return this.#parts.objects;
  }

  open(path: ContainedPath, view: View): Eventual<Outcome> {
    return this.#find(path, view, "file") as Eventual<Outcome>;
  }

  /** Whether there is a folder in the place of a missing file is not asked. */
  openFile(path: ContainedPath, view: View): Eventual<Outcome> {
    const own = view.optional();
    const otherwise = path.trailingSlash ? undefined : (): Outcome => absent;
    return whenReady(this.#find(path, own, "file", otherwise), (found) => {
      view.include(own);
      return found as Outcome;
    });
  }

  /** What a request asks for next is usually the file itself, so that is read at once. */
  peek(path: ContainedPath, view: View): Eventual<Kind> {
    const wanted = view.since === Infinity ? "facts" : "file";
    return whenReady(this.#find(path, view, wanted), ({ kind }) => kind);
  }

  list(path: ContainedPath, limit: number, view: View, order?: ListingOrder): ListingSteps {
    view.dependOnMore();
    const { beside, hidden, listings, permissions } = this.#parts;
    const steps = listings.list({
      path,
      key: this.#keyOf(path.segments, true),
      limit,
      order,
      view,
      hidden,
      beside: beside?.(path),
      isProcess: permissions === "process",
      refusal: () => this.#refusalOf(path, view),
      peek: (child) => this.peek(child, View.passing()),
    });
    return permissions === "process" ? steps : this.#markAll(path.segments, steps);
  }

  describe(path: ContainedPath, view: View): Eventual<FolderOutcome> {
    const { segments, text } = path;
    return whenReady(this.#enter(segments, view), (folder) => {
      if ("kind" in folder) return listless(segments, folder);
      return whenReady(this.#exists(segments, folder, view), (exists) => {
        if (exists instanceof StoreFailure) return failedOutcome(exists);
        if (!exists) return absent;
        const { mode } = folder;
        if (!this.#mayList(segments, mode)) return this.#refusal(segments, mode, "read");
        const mtimeMs = folder.object?.found.facts?.mtimeMs ?? undatedMs;
        const permissionBits = permissionBitsOf(mode);
        return { kind: "folder", permissionBits, mtimeMs, identity: text };
      });
    });
  }

  /**
   * All names in the folder `prefix`, "docs/" or "", whatever is shown of them. Throws when the
   * store fails.
   */
  entriesIn(prefix: string): AsyncGenerator<readonly TreeName[], void> {
    return this.#parts.listings.names(this.#parts.prefix + prefix);
  }

  /**
   * Whether there is a folder at `names` which a stranger may pass into, or why nothing is written
   * there; one that `isGranted` is there in any case.
   */
  enterFolder(names: readonly string[], isGranted: boolean, view: View): Eventual<FoundFolder> {
    return whenReady(this.#enter(names, view), (entered) => {
      if ("kind" in entered) return entered;
      if (isGranted) return enterable;
      return whenReady(this.#exists(names, entered, view), (exists): FoundFolder => {
        if (exists instanceof StoreFailure) return failedOutcome(exists);
        return exists ? enterable : absent;
      });
    });
  }

  /** What the keys in the folder at `names` begin with. */
  folderKey(names: readonly string[]): string {
    return this.#keyOf(names, true);
  }

  /** Forgets what is known. Answers that are still being made ask the store again. */
  close(): void {
    this.#parts.objects.clear();
  }

  /** Why the folder at `path` can't be listed; undefined when it can. */
  #refusalOf({ segments }: ContainedPath, view: View): Eventual<Refusal | undefined> {
    return whenReady(this.#enter(segments, view), (folder) => {
      if ("kind" in folder) return folder;
      if (this.#mayList(segments, folder.mode)) return undefined;
      return this.#refusal(segments, folder.mode, "read");
    });
  }

  /** `otherwise` says what a path without a slash is that no object has. */
  #find(
    path: ContainedPath,
    view: View,
    wanted: Wanted,
    otherwise = (): Eventual<Looked> => this.#slashless(path, view),
  ): Eventual<Looked> {
    const { hidden, objects } = this.#parts;
    if (!hidden && isHidden(path)) return hiddenName;
    const { segments, trailingSlash } = path;
    if (!this.#mayBeKey(segments)) return absent;
    const folders = trailingSlash ? segments : segments.slice(0, -1);
    const names = trailingSlash ? this.#indexIn(segments) : segments;
    // All questions are put before the first answer is there.
    const target =
      names === undefined ? undefined : objects.find(this.#keyOf(names, false), wanted, view);
    return whenReady(all([target, this.#enter(folders, view)] as const), ([answer, folder]) => {
      const entered = folder as Entered | Refusal;
      if ("kind" in entered) {
        const index = answer instanceof StoreFailure ? undefined : (answer as Known);
        const hasIndex = index?.found.facts !== undefined;
        return trailingSlash && !hasIndex ? listless(segments, entered) : entered;
      }
      if (answer instanceof StoreFailure) return failedOutcome(answer);
      const object = answer as Known;
      if (object?.found.facts !== undefined) return this.#fileIn(names ?? [], object);
      return trailingSlash ? this.#folderAt(segments, entered, view) : otherwise();
    });
  }

  #fileIn(names: readonly string[], { found: { facts, file } }: KnownObject): Looked {
    const mode = facts?.mode ?? 0;
    if (!this.#permits(mode, "read")) return this.#refusal(names, mode, "read");
    return file === undefined ? { kind: "file" } : { kind: "file", file };
  }

  /** The folder at `names`, which has no index. */
  #folderAt(names: readonly string[], folder: Entered, view: View): Eventual<Looked> {
    return whenReady(this.#exists(names, folder, view), (exists) => {
      if (exists instanceof StoreFailure) return failedOutcome(exists);
      if (!exists) return absent;
      return this.#mayList(names, folder.mode)
        ? directory
        : this.#refusal(names, folder.mode, "read");
    });
  }

  /** What a path without a slash is that no object has: a folder, or nothing. */
  #slashless(path: ContainedPath, view: View): Eventual<Looked> {
    const { objects } = this.#parts;
    const { segments: names } = path;
    return whenReady(objects.find(this.#keyOf(names, true), "below", view), (below) => {
      if (below instanceof StoreFailure) return failedOutcome(below);
      if (below.found.facts === undefined) return absent;
      return whenReady(this.#enter(names, view), (folder) => {
        if (!("kind" in folder)) return redirect;
        if (!isOf(names, folder)) return folder;
        // With the slash, it is asked whether there is an index.
        const found = this.#find(folderPath(path), view, "facts");
        return whenReady(found, (shut) => (shut.kind === "forbidden" ? shut : folder));
      });
    });
  }

  /** Whether the folder at `names` is there. */
  #exists(
    names: readonly string[],
    { object }: Entered,
    view: View,
  ): Eventual<boolean | StoreFailure> {
    if (names.length === 0 || object?.found.facts !== undefined) return true;
    const below = this.#parts.objects.find(this.#keyOf(names, true), "below", view);
    return whenReady(below, (found) =>
      found instanceof StoreFailure ? found : found.found.facts !== undefined,
    );
  }

  /**
   * The mode of the folder that `names` lead to, or why a stranger may not pass on the way to it.
   * The root is granted by being named, and a folder without an object has a mode by default.
   */
  #enter(names: readonly string[], view: View): Eventual<Entered | Refusal> {
    const { hidden, mode, objects, permissions } = this.#parts;
    if (!hidden && names.some((name, depth) => isHiddenName(name, depth))) return hiddenName;
    const plain = { mode: defaultMode(mode, "directory"), object: undefined };
    if (!this.#mayBeKey(names)) return absent;
    if (permissions === "process" || names.length === 0) return plain;
    const asked = names.map((_, depth) =>
      objects.find(this.#keyOf(names.slice(0, depth + 1), true), "facts", view),
    );
    return whenReady(all<Answer>(asked), (answers) => {
      let entered: Entered = plain;
      for (const [depth, answer] of answers.entries()) {
        if (answer instanceof StoreFailure) return failedOutcome(answer);
        const { facts } = answer.found;
        entered = facts === undefined ? plain : { mode: facts.mode, object: answer };
        if (this.#permits(entered.mode, "search")) continue;
        return this.#refusal(names.slice(0, depth + 1), entered.mode, "search");
      }
      return entered;
    });
  }

  /** The names that lead to the index of the folder at `names`; undefined when it has none. */
  #indexIn(names: readonly string[]): readonly string[] | undefined {
    const { hidden, index } = this.#parts;
    if (index === "" || (!hidden && isHiddenName(index, names.length))) return undefined;
    return [...names, index];
  }

  /** Whether `names` can be in a key, and aren't in more folders than are asked for. */
  #mayBeKey(names: readonly string[]): boolean {
    if (names.length > depthMax) return false;
    const key = this.#keyOf(names, true);
    // Names that aren't UTF-8 are in no key.
    return key.isWellFormed() && Buffer.byteLength(key) <= keyBytesMax;
  }

  #permits(mode: number, need: Need): boolean {
    return this.#parts.permissions === "process" || permits(mode, need);
  }

  #mayList(names: readonly string[], mode: number): boolean {
    return names.length === 0 || this.#permits(mode, "read");
  }

  /** The outcome when the *other* of `mode` lacks what `need` asks for. */
  #refusal(names: readonly string[], mode: number, need: Need): Refusal {
    return { kind: "forbidden", denial: this.#marked(names, deny(names.join("/"), mode, need)) };
  }

  /** `denial`, of what `names` lead to, with what its metadata belong to. */
  #marked(names: readonly string[], denial: Denial): Denial {
    const isUploaded = this.#parts.isUploaded?.(this.#keyOf(names, false)) === true;
    return { ...denial, object: isUploaded ? "upload" : "other" };
  }

  /** The steps of a listing of the folder at `names`, with each denial in them marked. */
  async *#markAll(
    names: readonly string[],
    steps: AsyncIterable<ListingStep>,
  ): AsyncGenerator<ListingStep, void> {
    const mark = (entry: DirectoryEntry): DirectoryEntry => {
      const { denial, name } = entry;
      if (denial === undefined) return entry;
      return { ...entry, denial: this.#marked([...names, name], denial) };
    };
    for await (const step of steps) {
      const { part } = step;
      const entries = step.entries.map(mark);
      if (part === undefined) yield { ...step, entries };
      else yield { ...step, entries, part: { ...part, read: () => markEach(part.read(), mark) } };
    }
  }

  #keyOf(names: readonly string[], isFolder: boolean): string {
    const end = isFolder && names.length > 0 ? "/" : "";
    return this.#parts.prefix + names.join("/") + end;
  }
}

/** A folder that a stranger may pass into, and the object that stands for it. */
interface Entered {
  readonly mode: number;
  readonly object: KnownObject | undefined;
}

/** Whether `refusal` is that of what `names` lead to, and not of a folder above. */
function isOf(names: readonly string[], refusal: Refusal): boolean {
  return refusal.kind === "forbidden" && refusal.denial.path === names.join("/");
}

/** `refusal`, where the folder at `names` has no index. */
function listless(names: readonly string[], refusal: Refusal): Refusal {
  if (refusal.kind !== "forbidden" || !isOf(names, refusal)) return refusal;
  return { kind: "forbidden", denial: unlisted(refusal.denial, () => false) };
}

/** `steps`, with each of their entries as `mark` has it. */
function* markEach(
  steps: Iterator<ListingStep, void, void>,
  mark: (entry: DirectoryEntry) => DirectoryEntry,
): Generator<ListingStep, void, void> {
  for (let next = steps.next(); next.done !== true; next = steps.next()) {
    yield { ...next.value, entries: next.value.entries.map(mark) };
  }
}
