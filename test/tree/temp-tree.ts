/**
 * A folder in the temporary directory for one test file, with a served root in it, so that there
 * is an outside to escape to. Modes are set by chmod, whatever the umask.
 */

import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { defaultLimits } from "../../src/base/limits.ts";
import { EventLoop } from "../../src/schedule/event-loop.ts";
import { LogicalClock } from "../../src/schedule/logical-clock.ts";
import type { FolderOpener } from "../../src/system/folder.ts";
import type { DiskTreeOptions } from "../../src/tree/disk/disk-tree.ts";
import { DiskTree, openDiskTree } from "../../src/tree/disk/disk-tree.ts";
import type { ContainedPath } from "../../src/tree/path.ts";
import { containPath } from "../../src/tree/path.ts";
import type { SharedSteps } from "../../src/tree/listing/shared-listings.ts";
import type { DirectoryEntry, ListingStep, OpenFile, Outcome } from "../../src/tree/tree.ts";
import { View } from "../../src/tree/view.ts";

/** What stands in the tests' `outside/canary.txt`. */
export const canary = "nobody may read this";

export class TempTree {
  readonly base: string;
  readonly root: string;

  constructor() {
    this.base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "postern-files-")));
    fs.chmodSync(this.base, 0o755);
    this.root = join(this.base, "site");
    this.folder(".", 0o755);
    this.file("../outside/canary.txt", canary);
  }

  /** The path of `name` on disk. */
  at(name: string): string {
    return join(this.root, name);
  }

  folder(name: string, mode = 0o755): void {
    fs.mkdirSync(this.at(name), { recursive: true });
    fs.chmodSync(this.at(name), mode);
  }

  file(name: string, content = name, mode = 0o644): void {
    if (!fs.existsSync(dirname(this.at(name)))) this.folder(dirname(name));
    fs.writeFileSync(this.at(name), content);
    fs.chmodSync(this.at(name), mode);
  }

  link(name: string, target: string): void {
    if (!fs.existsSync(dirname(this.at(name)))) this.folder(dirname(name));
    fs.symlinkSync(target, this.at(name));
  }

  options(changes: Partial<DiskTreeOptions> = {}): DiskTreeOptions {
    return {
      root: this.root,
      permissions: "other",
      hidden: false,
      symlinks: "inside",
      index: "index.html",
      limits: defaultLimits,
      clock: new LogicalClock(),
      scheduler: new EventLoop(),
      ...changes,
    };
  }

  /** The tree; with `openFolder` it goes by that way of opening folders. */
  open(changes: Partial<DiskTreeOptions> = {}, openFolder?: FolderOpener): DiskTree {
    const options = this.options(changes);
    const tree = openDiskTree(options);
    if (!tree.ok) throw new Error(tree.error);
    return openFolder === undefined
      ? tree.value
      : new DiskTree(options, tree.value.root, openFolder);
  }

  remove(): void {
    const open = (folder: Buffer): void => {
      fs.chmodSync(folder, 0o755);
      for (const name of fs.readdirSync(folder, { encoding: "buffer" })) {
        const path = Buffer.concat([folder, Buffer.from("/"), name]);
        if (fs.lstatSync(path).isDirectory()) open(path);
      }
    };
    open(Buffer.from(this.base));
    fs.rmSync(this.base, { recursive: true });
  }
}

/** The path that a target spells; it has to be one. */
export function pathOf(rawPath: string): ContainedPath {
  const path = containPath(rawPath);
  if (!path.ok) throw new Error(`${rawPath}: ${path.error}`);
  return path.value;
}

/** A view whose looks are all made anew, and whose outcomes are never cached. */
export const uncachedView = (): View => View.anew(-Infinity);

function* flatten(steps: SharedSteps): Generator<ListingStep, void> {
  for (const step of steps) {
    if (step.part === undefined) yield step;
    const read = step.part?.read();
    for (let some = read?.next(); some?.done === false; some = read?.next()) yield some.value;
  }
}

/** The same steps, those of the parts in place of the parts. */
export function flatSteps(steps: SharedSteps): SharedSteps {
  const flat = flatten(steps);
  return {
    next: () => flat.next(),
    return() {
      flat.return();
      return steps.return();
    },
    [Symbol.iterator]() {
      return this;
    },
  };
}

/** What `tree` lists at `path` with this `limit`, and how many entries it leaves out. */
export function listed(
  tree: DiskTree,
  path: ContainedPath,
  limit: number,
): { readonly entries: readonly DirectoryEntry[]; readonly left: number } {
  const entries: DirectoryEntry[] = [];
  let left = 0;
  for (const step of flatSteps(tree.list(path, limit, uncachedView()))) {
    entries.push(...step.entries);
    left = Math.max(0, step.found - limit);
  }
  return { entries, left };
}

/** What `rawPath` comes to, in one line: "file a.txt", "forbidden private o+x", "absent". */
export function outcome(tree: DiskTree, rawPath: string): string {
  return describeOutcome(tree.open(pathOf(rawPath), uncachedView()));
}

/** The same for an outcome that is there; of a file its content. The file is closed. */
export function describeOutcome(found: Outcome): string {
  switch (found.kind) {
    case "file":
      return `file ${contentOf(found.file)}`;
    case "forbidden":
      return `forbidden ${found.denial.path} ${found.denial.lacks}`;
    case "failed":
      return `failed ${found.code}`;
    case "directory":
    case "redirect":
    case "absent":
    case "exhausted":
      return found.kind;
  }
}

/** The file that `rawPath` leads to; it has to be one. The caller closes it. */
export function fileAt(tree: DiskTree, rawPath: string, view = uncachedView()): OpenFile {
  const found = tree.open(pathOf(rawPath), view);
  if (found.kind !== "file") throw new Error(`${rawPath}: ${found.kind}`);
  return found.file;
}

/** The content of an open file as text; closes it. */
export function contentOf(file: OpenFile): string {
  try {
    return new TextDecoder().decode(file.readAll());
  } finally {
    file.close();
  }
}
