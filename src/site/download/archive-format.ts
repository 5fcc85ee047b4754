/**
 * The formats of archives, by the extension of their names.
 */

/** An archive's format, which is also the extension of its name and the value in a query. */
export type ArchiveFormat = "zip" | "tar" | "tar.gz" | "tar.zst";

/** Their media types (RFC 6713 for gzip, RFC 8878 §7.1 for zstd, IANA's registry for zip). */
export const archiveTypes: Readonly<Record<ArchiveFormat, string>> = {
  zip: "application/zip",
  tar: "application/x-tar",
  "tar.gz": "application/gzip",
  "tar.zst": "application/zstd",
};

/** All formats, the one that most people can open first. */
export const archiveFormats = Object.keys(archiveTypes) as readonly ArchiveFormat[];
