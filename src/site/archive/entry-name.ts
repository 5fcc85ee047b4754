/**
 * The path of an entry as octets: the one place where the names of an archive are encoded.
 *
 * A name is UTF-8, or octets that aren't; then the format has to say so, because its readers expect
 * UTF-8.
 */

import { nameOctets } from "../../base/file-name.ts";

/** The path of an entry. */
export interface EntryName {
  readonly octets: Uint8Array;
  readonly isUtf8: boolean;
}

/** The path of an entry: `names` from the archive's own folder down, with "/" after a folder. */
export function entryName(names: readonly string[], kind: "file" | "folder"): EntryName {
  const path = kind === "folder" ? `${names.join("/")}/` : names.join("/");
  return { octets: nameOctets(path), isUtf8: path.isWellFormed() };
}
