/**
 * From a request's path to a file, its permission decided, and closed again: when nothing of it is
 * remembered, when what is remembered has to be looked at again, and when another request of the
 * same turn has just had it looked at.
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

/** So far ahead of the clock, what was just written has settled. */
const AHEAD_MS = 60_000;

/** How a file is found: what may be remembered, and the moment since which a look counts. */
const ways = {
  "from the disk": { limits: { ...defaultLimits, fileCacheBytesMax: bytes(0) }, since: Infinity },
  "looked at again": { limits: defaultLimits, since: Infinity },
  "just looked at": { limits: defaultLimits, since: 0 },
} as const;

const paths = { "at the root": "1k.txt", "three folders deep": "a/b/c/1k.txt" } as const;

/** The parts, and their tree, which is removed with them. */
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
