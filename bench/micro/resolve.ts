/**
 * Resolves a request's path to an open file, with the check of its permission, and closes it: if
 * nothing is cached, if the cached entry must be validated, and if another request of the same turn
 * of the event loop has just validated it.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { defaultLimits } from "../../src/base/limits.ts";
import { bytes } from "../../src/base/units.ts";
import { EventLoop } from "../../src/schedule/event-loop.ts";
import { LogicalClock } from "../../src/schedule/logical-clock.ts";
import type { DiskTree } from "../../src/tree/disk/disk-tree.ts";
import { openDiskTree } from "../../src/tree/disk/disk-tree.ts";
import { containPath } from "../../src/tree/path.ts";
import { View } from "../../src/tree/view.ts";
import { writeFiles } from "../site.ts";
import type { Part } from "./part.ts";

/** This far in the future, files that were just written count as settled. */
const AHEAD_MS = 60_000;

/** The limits of the cache, and the moment since which a validation counts. */
const ways = {
  "from the disk": { limits: { ...defaultLimits, fileCacheBytesMax: bytes(0) }, since: Infinity },
  "looked at again": { limits: defaultLimits, since: Infinity },
  "just looked at": { limits: defaultLimits, since: 0 },
} as const;

const paths = { "at the root": "1k.txt", "three folders deep": "a/b/c/1k.txt" } as const;

/** The parts. Their tree is removed when they are disposed of. */
export function resolveParts(): Disposable & { readonly parts: readonly Part[] } {
  const root = mkdtempSync(join(tmpdir(), "postern-micro-"));
  writeFiles(
    root,
    Object.values(paths).map((path) => ({ path, bytes: 1024 })),
  );
  const parts = Object.entries(ways).flatMap(([way, { limits, since }]) => {
    const opened = openDiskTree({
      root,
      permissions: "other",
      hidden: false,
      symlinks: "inside",
      index: "index.html",
      limits,
      clock: new LogicalClock(),
      scheduler: new EventLoop(),
    });
    if (!opened.ok) throw new Error(opened.error);
    const tree = opened.value;
    return Object.entries(paths).map(([where, path]): Part => {
      const run = (): void => resolve(tree, path, since);
      return { name: `resolve: a file ${where}, ${way}`, run };
    });
  });
  return {
    parts,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

function resolve(tree: DiskTree, path: string, since: number): void {
  const contained = containPath(`/${path}`);
  if (!contained.ok) throw new Error(contained.error);
  const found = tree.open(contained.value, new View(since, Date.now() + AHEAD_MS));
  if (found.kind !== "file") throw new Error(found.kind);
  found.file.close();
}
