/**
 * The names that files have while they are written: hidden ones, so that no visitor is told of
 * them, and none that would be chosen for another file.
 *
 * The file of a resumable upload is named by a digest of its ID. A client that learns the name, on
 * a server that shows hidden files, doesn't learn the ID, without which nothing is appended. Beside
 * the file lies its record.
 */

const prefix = ".postern-upload-";
const pattern = /^\.postern-upload-[\da-f]{32}$/;
const recordSuffix = ".json";

/** A name that nothing has. */
export function temporaryName(): string {
  return prefix + crypto.randomUUID().replaceAll("-", "");
}

/** Whether `name` is such a name, or that of a resumable upload's file. */
export function isTemporaryName(name: string): boolean {
  return pattern.test(name);
}

/** The name of the file of the resumable upload `id`. */
export function nameOfUpload(id: string): string {
  return prefix + new Bun.CryptoHasher("sha256").update(id).digest("hex").slice(0, 32);
}

/** The name of the record of the file `name`. */
export function recordName(name: string): string {
  return name + recordSuffix;
}

/** The name of the file whose record is called `name`; undefined when `name` is no record's. */
export function recordedName(name: string): string | undefined {
  if (!name.endsWith(recordSuffix)) return undefined;
  const recorded = name.slice(0, -recordSuffix.length);
  return isTemporaryName(recorded) ? recorded : undefined;
}
