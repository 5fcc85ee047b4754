/**
 * A tree of files in memory. Path, permission, index and listing follow the rules of a tree on disk
 * to the letter; there are no symbolic links, no special files, and nothing that could fail.
 *
 * The server's process may read everything here, so `permissions: "process"` shows everything.
 */

import type { Limits } from "../../base/limits.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { EntryFacts, NamedEntry } from "../../system/file-system.ts";
import type { EntryReader } from "../listing/entry-reader.ts";
import type { EntriesBeside } from "../listing/entries-beside.ts";
import { withEntries } from "../listing/entries-beside.ts";
import type { ListingContext } from "../listing/list-folder.ts";
import { listFolder } from "../listing/list-folder.ts";
import type { SharedSteps } from "../listing/shared-listings.ts";
import { SharedListings } from "../listing/shared-listings.ts";
import type { ContainedPath } from "../path.ts";
import { displayName, isHidden, isHiddenName, isNameable } from "../path.ts";
import type { Need, Permissions } from "../permission.ts";
import { deny, permissionBitsOf, permits, unlisted } from "../permission.ts";
import type { FolderOutcome, Kind, ListingOrder, Outcome, Tree } from "../tree.ts";
import type { View } from "../view.ts";
import { Edition } from "./edition.ts";
import type { FileNode, FolderNode, MemoryBody, MemoryEntry, MemoryFiles } from "./memory-files.ts";
import { changeMode, copyFolder, readFiles, removeEntry, writeEntry } from "./memory-files.ts";

/** What files there are, and what of them is shown. */
interface MemoryTreeOptions {
  /** The files; of a tree, those that it has now. */
  readonly files: MemoryFiles | MemoryTree;
  readonly permissions: Permissions;
  /** Whether names that begin with "." are shown. */
  readonly hidden: boolean;
  /** The file that stands for its folder, "index.html"; "" for none. */
  readonly index: string;
  /** What listings have besides the entries of the folders. */
  readonly beside?: EntriesBeside | undefined;
  /** They bound what depends on lookups, and not the files. */
  readonly limits: Pick<Limits, "fileCacheBytesMax">;
  /** When the tree is made, in milliseconds since 1970: the date of what has no date of its own. */
  readonly madeMs: number;
}

type Rules = Pick<MemoryTreeOptions, "permissions" | "hidden" | "index" | "limits" | "beside">;

type Forbidden = Extract<FolderOutcome, { kind: "forbidden" }>;
type Refusal = Extract<FolderOutcome, { kind: "absent" }> | Forbidden;

const absent: Refusal = { kind: "absent" };
const hiddenName: Refusal = { kind: "absent", cause: "hidden" };
const directory: Outcome = { kind: "directory" };
const redirect: Outcome = { kind: "redirect" };

/** Entries that are read at a time. */
const entriesAtOnce = 1024;

/** The tree of `options.files`, or a line that says why there is none. */
export function openMemoryTree(options: MemoryTreeOptions): Result<MemoryTree, string> {
  const { index, files, madeMs } = options;
  if (index !== "" && !isNameable(index))
    return failure(`not a file's name: ${displayName(index)}`);
  if (files instanceof MemoryTree) return success(files.copy(options));
  const root = readFiles(files, madeMs);
  return root.ok ? success(new MemoryTree(options, root.value)) : root;
}

/** Files in memory, as a tree. */
export class MemoryTree implements Tree {
  readonly index: string;
  readonly #rules: Rules;
  readonly #root: FolderNode;
  #edition: Edition;
  readonly #listings = new SharedListings();

  /** `root` is what was made of the files; `openMemoryTree` does it. */
  constructor(options: Rules, root: FolderNode) {
    this.index = options.index;
    this.#rules = options;
    this.#root = root;
    this.#edition = new Edition(options.limits.fileCacheBytesMax);
  }

  open(path: ContainedPath, view: View): Outcome {
    // An answer is often made of several lookups; one mention of the edition is enough.
    if (view.dependencies?.at(-1) !== this.#edition) view.depend(this.#edition);
    return this.#find(path);
  }

  /** Opening is no more than looking. */
  peek(path: ContainedPath, view: View): Kind {
    return this.open(path, view).kind;
  }

  list(path: ContainedPath, limit: number, view: View, order?: ListingOrder): SharedSteps {
    view.depend(this.#edition);
    const context: ListingContext = {
      path,
      hidden: this.#rules.hidden,
      open: () => readerOf(this.#listable(path)),
      lookAt: (names) => {
        const folder = this.#listable(path);
        return names.map((name) => factsOf(folder?.children.get(name)));
      },
      describeLink: () => undefined,
      holdsIndex: (name) => {
        const child = this.#listable(path)?.children.get(name);
        const depth = path.segments.length + 1;
        return child?.kind === "directory" && this.#indexOf(depth, child)?.kind === "file";
      },
      kindOf: this.#rules.permissions === "process" ? undefined : (child) => this.#find(child).kind,
    };
    const beside = this.#rules.beside?.(path);
    const whole = beside === undefined ? context : withEntries(context, beside);
    const key = `${limit} ${JSON.stringify(order)} ${path.text}`;
    return this.#listings.list(key, () => listFolder(whole, limit, order));
  }

  /** The entries of the folder at `path` by name; undefined if it may not be listed, or is none. */
  entriesAt(path: ContainedPath): ReadonlyMap<string, EntryFacts> | undefined {
    const children = this.#listable(path)?.children;
    if (children === undefined || children.size === 0) return undefined;
    const entries = new Map<string, EntryFacts>();
    for (const [name, node] of children) {
      const facts = factsOf(node);
      if (facts !== undefined) entries.set(name, facts);
    }
    return entries;
  }

  describe({ segments, text }: ContainedPath, view: View): FolderOutcome {
    view.depend(this.#edition);
    const folder = this.#enter(segments);
    if (folder.kind === "forbidden" && folder.denial.path === segments.join("/")) {
      // Where there is an index, an archive has the other files as well.
      return { kind: "forbidden", denial: unlisted(folder.denial, () => false) };
    }
    if (folder.kind !== "directory") return folder;
    if (!this.#mayList(folder)) return refusal(segments, folder, "read");
    const { mode, mtimeMs } = folder;
    return { kind: "folder", permissionBits: permissionBitsOf(mode), mtimeMs, identity: text };
  }

  /** Drops what depends on lookups. The files stay, for answers that are still being made. */
  close(): void {
    this.#edition.end();
  }

  /**
   * Writes a file, or makes a folder; see `writeEntry`. The next lookup sees it. Answers with the
   * path, or with what is wrong.
   */
  put(path: string, value: MemoryBody | MemoryEntry, nowMs: number): Result<ContainedPath, string> {
    return this.#change(writeEntry(this.#root, path, value, nowMs));
  }

  /** Changes the permission bits of a file or a folder. Answers as `put` does. */
  chmod(path: string, mode: number): Result<ContainedPath, string> {
    return this.#change(changeMode(this.#root, path, mode));
  }

  /** Removes a file, or a folder with all in it. Answers as `put` does. */
  remove(path: string, nowMs: number): Result<ContainedPath, string> {
    return this.#change(removeEntry(this.#root, path, nowMs));
  }

  /** The tree may have changed: what depended on it is dropped. */
  #change(result: Result<ContainedPath, string>): Result<ContainedPath, string> {
    const before = this.#edition;
    this.#edition = new Edition(this.#rules.limits.fileCacheBytesMax);
    before.end();
    return result;
  }

  /** A tree of the same files, by other rules. */
  copy(rules: Rules): MemoryTree {
    return new MemoryTree(rules, copyFolder(this.#root));
  }

  #find(path: ContainedPath): Outcome {
    if (!this.#rules.hidden && isHidden(path)) return hiddenName;
    const { segments, trailingSlash } = path;
    let folder = this.#root;
    for (let depth = 0; depth < segments.length; depth++) {
      const child = folder.children.get(segments[depth] ?? "");
      if (child === undefined) return absent;
      if (child.kind === "file") {
        const isEnd = depth === segments.length - 1 && !trailingSlash;
        return isEnd ? this.#fileAt(segments, child) : absent;
      }
      if (!this.#permits(child, "search")) {
        const refused = refusal(segments.slice(0, depth + 1), child, "search");
        return depth < segments.length - 1 ? refused : this.#unlisted(refused, depth + 1, child);
      }
      folder = child;
    }
    return trailingSlash ? this.#folderAt(segments, folder) : redirect;
  }

  #fileAt(names: readonly string[], node: FileNode): Outcome {
    return this.#permits(node, "read") ? node.outcome : refusal(names, node, "read");
  }

  /** The folder's index where there is one, even one that isn't shown, and else the folder. */
  #folderAt(names: readonly string[], folder: FolderNode): Outcome {
    const index = this.#indexOf(names.length, folder);
    if (index?.kind === "file") return this.#fileAt([...names, this.index], index);
    // A folder by the index's name is no index. One that is shut is refused before that shows.
    if (index !== undefined && !this.#permits(index, "search")) {
      return refusal([...names, this.index], index, "search");
    }
    return this.#mayList(folder) ? directory : refusal(names, folder, "read");
  }

  /** What has the index's name in `folder`, which is `depth` folders below the root. */
  #indexOf(depth: number, folder: FolderNode): FileNode | FolderNode | undefined {
    const { index, hidden } = this.#rules;
    if (index === "" || (!hidden && isHiddenName(index, depth))) return undefined;
    return folder.children.get(index);
  }

  /** `refused`, of `folder`, which is asked for itself and is `depth` folders below the root. */
  #unlisted({ kind, denial }: Forbidden, depth: number, folder: FolderNode): Outcome {
    const hasIndex = (): boolean => this.#indexOf(depth, folder)?.kind === "file";
    return { kind, denial: unlisted(denial, hasIndex) };
  }

  #permits({ mode }: FileNode | FolderNode, need: Need): boolean {
    return this.#rules.permissions === "process" || permits(mode, need);
  }

  /** The root is granted by being named. */
  #mayList(folder: FolderNode): boolean {
    return folder === this.#root || this.#permits(folder, "read");
  }

  /** The folder at `path` whose entries may be shown; undefined if there is none. */
  #listable({ segments }: ContainedPath): FolderNode | undefined {
    const folder = this.#enter(segments);
    return folder.kind === "directory" && this.#mayList(folder) ? folder : undefined;
  }

  /** The folder that `names` lead to, or why a stranger may not pass on the way to it. */
  #enter(names: readonly string[]): FolderNode | Refusal {
    let folder = this.#root;
    for (const [depth, name] of names.entries()) {
      if (!this.#rules.hidden && isHiddenName(name, depth)) return hiddenName;
      const child = folder.children.get(name);
      if (child?.kind !== "directory") return absent;
      if (!this.#permits(child, "search")) {
        return refusal(names.slice(0, depth + 1), child, "search");
      }
      folder = child;
    }
    return folder;
  }
}

/** The outcome when the *other* of `node` lacks what `need` asks for. */
function refusal(names: readonly string[], { mode }: FileNode | FolderNode, need: Need): Forbidden {
  return { kind: "forbidden", denial: deny(names.join("/"), mode, need) };
}

/** The entries of `folder`, some at a time. */
function readerOf(folder: FolderNode | undefined): Result<EntryReader, string> {
  if (folder === undefined) return failure("ENOENT");
  const children = folder.children.entries();
  return success({
    next() {
      const entries: NamedEntry[] = [];
      while (entries.length < entriesAtOnce) {
        const { done, value } = children.next();
        if (done === true) break;
        entries.push({ name: value[0], type: value[1].kind });
      }
      return success(entries);
    },
    close() {
      // It holds nothing.
    },
  });
}

function factsOf(node: FileNode | FolderNode | undefined): EntryFacts | undefined {
  if (node === undefined) return undefined;
  const { mode } = node;
  if (node.kind === "directory") return { type: "directory", size: 0, mtimeMs: node.mtimeMs, mode };
  const { size, mtimeMs } = node.outcome.file;
  return { type: "file", size, mtimeMs, mode };
}
