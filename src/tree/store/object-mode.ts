/**
 * The mode of an object, as clients that mount or copy file trees write it to its metadata
 * (`x-amz-meta-mode`): s3fs in decimal, "33188", rclone in octal, "100644". Both are a whole
 * st_mode with the type of the file.
 *
 * The type tells them apart. A text is read both ways, and a reading counts when the type in it is
 * that of the object: a folder for a key that ends in "/", else a regular file. For a regular file
 * that is 32768 to 36863 in decimal and 100000 to 107777 in octal, for a folder 16384 to 20479 and
 * 40000 to 47777: no text is both. Octal permission bits with a zero in front, "0644", count, too.
 * Everything else is doubtful, and a stranger gets nothing of the object.
 */

const typeMask = 0o170000;
const regularFile = 0o100000;
const directory = 0o040000;

/**
 * The mode that `text` means for an object that is a folder or a file. Undefined when it is
 * doubtful.
 */
export function readMode(text: string, kind: "file" | "directory"): number | undefined {
  const type = kind === "file" ? regularFile : directory;
  const trimmed = text.trim();
  if (/^0[0-7]{3,4}$/.test(trimmed)) return type | Number.parseInt(trimmed, 8);
  const readings = [
    /^[1-9]\d{4}$/.test(trimmed) ? Number(trimmed) : 0,
    /^0?[0-7]{5,6}$/.test(trimmed) ? Number.parseInt(trimmed, 8) : 0,
  ];
  const fitting = readings.filter((mode) => (mode & ~0o7777) === type && mode <= typeMask + 0o7777);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** The mode of what is refused because its mode is doubtful: no bit is set. */
export function doubtfulMode(kind: "file" | "directory"): number {
  return kind === "file" ? regularFile : directory;
}

/**
 * The mode of what has none in its metadata, by the permission bits that files get then. A folder
 * may be passed through, since what is in it has modes of its own, and be listed where a file may
 * be read.
 */
export function defaultMode(bits: number, kind: "file" | "directory"): number {
  if (kind === "file") return regularFile | bits;
  return directory | (bits & 0o444) | 0o711;
}
