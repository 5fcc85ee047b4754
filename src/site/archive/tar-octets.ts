/**
 * A tar archive as a stream of octets.
 */

import type { FileOctets } from "./file-octets.ts";
import type { ArchiveEntry } from "./folder-entries.ts";
import { tarBlockOctets, tarEnd, tarHeader, tarPadding } from "./tar-header.ts";

/** What files without a mode get. */
const filePermissionBits = 0o644;

const zeros = new Uint8Array(tarBlockOctets);

/** The archive of `entries`; `files` reads them. A chunk is valid until the next is asked for. */
export async function* tarOctets(
  entries: AsyncIterable<ArchiveEntry>,
  files: FileOctets,
): AsyncGenerator<Uint8Array, void> {
  for await (const entry of entries) {
    if (entry.kind === "folder") {
      yield tarHeader({ ...entry, size: 0 });
      continue;
    }
    const { kind, names, file } = entry;
    const { permissionBits = filePermissionBits, mtimeMs, size } = file;
    try {
      yield tarHeader({ kind, names, permissionBits, mtimeMs, size });
      yield* files.of(entry);
      if (tarPadding(size) > 0) yield zeros.subarray(0, tarPadding(size));
    } finally {
      file.close();
    }
  }
  yield tarEnd;
}
