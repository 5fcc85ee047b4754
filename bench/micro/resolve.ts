/** From a request's path to an open file, its permission decided, and closed again. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { defaultLimits } from "../../src/base/limits.ts";
import { containPath } from "../../src/files/path.ts";
import { openTree } from "../../src/files/resolve.ts";
import { writeFiles } from "../site.ts";
import type { Part } from "./part.ts";

const paths = { "at the root": "1k.txt", "three folders deep": "a/b/c/1k.txt" } as const;

/** The parts, and their tree, which is removed with them. */
export function resolveParts(): Disposable & { readonly parts: readonly Part[] } {
  const root = mkdtempSync(join(tmpdir(), "postern-micro-"));
  writeFiles(
    root,
    Object.values(paths).map((path) => ({ path, bytes: 1024 })),
  );
  const opened = openTree({
    root,
    permissions: "other",
    hidden: false,
    symlinks: "inside",
    index: "index.html",
    symlinkHopsMax: defaultLimits.symlinkHopsMax,
  });
  if (!opened.ok) throw new Error(opened.error);
  const tree = opened.value;
  const parts = Object.entries(paths).map(([where, path]) => ({
    name: `resolve: a file ${where}`,
    run: () => {
      const contained = containPath(`/${path}`);
      if (!contained.ok) throw new Error(contained.error);
      const found = tree.resolve(contained.value);
      if (found.kind !== "file") throw new Error(found.kind);
      found.file.close();
    },
  }));
  return {
    parts,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
