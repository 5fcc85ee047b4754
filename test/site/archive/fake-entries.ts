/**
 * Entries of an archive and files for them, without a tree.
 */

import type { ArchiveEntry } from "../../../src/site/archive/folder-entries.ts";
import { FakeFile } from "../fake-file.ts";

/** A folder entry. */
export function folder(...names: readonly string[]): ArchiveEntry {
  return { kind: "folder", names, permissionBits: 0o755, mtimeMs: Date.UTC(2024, 1, 29, 12) };
}

/** A file entry with `content`. */
export function file(content: string | FakeFile, ...names: readonly string[]): ArchiveEntry {
  const mtimeMs = Date.UTC(2024, 1, 29, 12, 0, 1);
  const open = typeof content === "string" ? new FakeFile(content, { mtimeMs }) : content;
  return { kind: "file", names, file: open };
}

/** `entries`, each a moment later; `returned` counts how often the iteration was ended early. */
export class FakeEntries implements AsyncIterable<ArchiveEntry> {
  readonly #entries: readonly ArchiveEntry[];
  returned = 0;

  constructor(...entries: readonly ArchiveEntry[]) {
    this.#entries = entries;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ArchiveEntry, void> {
    let isWhole = false;
    try {
      for (const entry of this.#entries) {
        await Promise.resolve();
        yield entry;
      }
      isWhole = true;
    } finally {
      if (!isWhole) this.returned++;
    }
  }
}

/** No pace at all. */
export const atOnce = (): undefined => undefined;
