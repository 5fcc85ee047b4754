/** A folder on the disk as files for a tree in memory: contents, modes and dates. No links. */

import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { MemoryFiles } from "../src/tree/memory/memory-files.ts";

/** What is in the folder `root`, by paths; symbolic links are left out. */
export function memoryFilesOf(root: string): MemoryFiles {
  const files: Record<string, MemoryFiles[string]> = {};
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(root, folder))) {
      const path = `${folder}/${name}`;
      const stat = lstatSync(join(root, path));
      const key = encodeURI(path);
      const attributes = { mode: stat.mode & 0o7777, mtime: stat.mtimeMs };
      if (stat.isFile()) files[key] = { body: readFileSync(join(root, path)), ...attributes };
      if (!stat.isDirectory()) continue;
      files[`${key}/`] = attributes;
      visit(path);
    }
  };
  visit("");
  return files;
}
