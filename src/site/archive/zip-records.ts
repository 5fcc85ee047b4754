/**
 * The records of a zip archive (PKWARE's APPNOTE.TXT 6.3.10, ISO/IEC 21320-1).
 *
 * A size or an offset that doesn't fit in 32 bits goes into the extra field of ZIP64 (§4.5.3). An
 * entry whose checksum is known only at its end has a data descriptor behind its content (§4.3.9).
 * Whether the sizes there have 64 bits is decided before, by the size of the file: a reader learns
 * it from the extra field in the local header.
 */

import { concatBytes } from "../../http/octets/bytes.ts";
import type { EntryName } from "./entry-name.ts";

/** The methods of compression (§4.4.5). */
export const zipMethods = { stored: 0, deflated: 8 } as const;

/** An entry of the archive. */
export interface ZipEntry {
  readonly name: EntryName;
  readonly kind: "file" | "folder";
  readonly permissionBits: number;
  /** In milliseconds since 1970; undefined when the file has no date. */
  readonly mtimeMs: number | undefined;
  readonly method: (typeof zipMethods)[keyof typeof zipMethods];
  /** Whether checksum and sizes follow the content. Then they are 0 in the local header. */
  readonly isStreamed: boolean;
  /** Whether its sizes may need 64 bits. */
  readonly isLarge: boolean;
}

/** What is known of an entry's content at its end. */
export interface ZipContent {
  readonly checksum: number;
  readonly packedOctets: number;
  readonly octets: number;
}

export const noContent: ZipContent = { checksum: 0, packedOctets: 0, octets: 0 };

/** In a field of 32 or 16 bits: the value is in a record of ZIP64. */
const elsewhere = 0xffff_ffff;
const manyElsewhere = 0xffff;

/** The version of the format that a reader must know: 2.0 for folders, 4.5 for ZIP64 (§4.4.3). */
const versions = { usual: 20, zip64: 45 } as const;

/** The attributes are those of Unix (§4.4.2.2). */
const madeOnUnix = 3 << 8;

const flags = { streamed: 1 << 3, utf8: 1 << 11 } as const;

/** Types in st_mode, which stands in the upper half of the external attributes. */
const typeBits = { file: 0o100000, folder: 0o040000 } as const;

/** The attribute of MS-DOS that marks a folder. */
const dosFolder = 0x10;

/** A record of little-endian numbers, one behind the other. */
class RecordWriter {
  readonly #view: DataView<ArrayBuffer>;
  #at = 0;

  constructor(octets: number) {
    this.#view = new DataView(new ArrayBuffer(octets));
  }

  /** Adds numbers of 16 bits. */
  short(...values: readonly number[]): this {
    for (const value of values) {
      this.#view.setUint16(this.#at, value, true);
      this.#at += 2;
    }
    return this;
  }

  /** Adds numbers of 32 bits. */
  long(...values: readonly number[]): this {
    for (const value of values) {
      this.#view.setUint32(this.#at, value, true);
      this.#at += 4;
    }
    return this;
  }

  /** Adds numbers of 64 bits. */
  double(...values: readonly number[]): this {
    for (const value of values) {
      this.#view.setBigUint64(this.#at, BigInt(value), true);
      this.#at += 8;
    }
    return this;
  }

  /** The octets so far. */
  get octets(): Uint8Array {
    return new Uint8Array(this.#view.buffer, 0, this.#at);
  }
}

/** The years that a date of MS-DOS can have. */
const dosYears = { first: 1980, last: 2107 } as const;

/** Date and time of MS-DOS (§4.4.6), in UTC because the client's time zone isn't known. */
function dosTime(mtimeMs: number | undefined): readonly [time: number, date: number] {
  const date = new Date(mtimeMs ?? NaN);
  const year = date.getUTCFullYear();
  if (!(year >= dosYears.first)) return [0, (1 << 5) | 1];
  if (year > dosYears.last) return [0xbf7d, 0xff9f];
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5);
  return [
    time | (date.getUTCSeconds() >> 1),
    ((year - dosYears.first) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate(),
  ];
}

/** The modification time as Info-ZIP's extended timestamp; nothing if 32 bits can't hold it. */
function timestamp(mtimeMs: number | undefined): Uint8Array {
  const seconds = Math.floor((mtimeMs ?? NaN) / 1000);
  if ((seconds | 0) !== seconds) return new Uint8Array(0);
  const field = new DataView(new ArrayBuffer(9));
  field.setUint16(0, 0x5455, true);
  field.setUint16(2, 5, true);
  field.setUint8(4, 1);
  field.setInt32(5, seconds, true);
  return new Uint8Array(field.buffer);
}

function zip64Extra(values: readonly number[]): Uint8Array {
  if (values.length === 0) return new Uint8Array(0);
  const octets = 8 * values.length;
  return new RecordWriter(4 + octets).short(1, octets).double(...values).octets;
}

/** What stands for `value` in a field of 32 bits. */
function inLong(value: number): number {
  return Math.min(value, elsewhere);
}

function flagsOf({ name, isStreamed }: ZipEntry): number {
  return (name.isUtf8 ? flags.utf8 : 0) | (isStreamed ? flags.streamed : 0);
}

/** The local header, in front of the content (§4.3.7). */
export function localHeader(entry: ZipEntry, content: ZipContent): Uint8Array {
  const { name, method, mtimeMs, isStreamed, isLarge } = entry;
  const { checksum, packedOctets, octets } = isStreamed ? noContent : content;
  const large = isLarge ? zip64Extra([octets, packedOctets]) : new Uint8Array(0);
  const extra = concatBytes([large, timestamp(mtimeMs)]);
  const header = new RecordWriter(30)
    .long(0x04034b50)
    .short(isLarge ? versions.zip64 : versions.usual, flagsOf(entry), method, ...dosTime(mtimeMs))
    .long(checksum, isLarge ? elsewhere : packedOctets, isLarge ? elsewhere : octets)
    .short(name.octets.length, extra.length);
  return concatBytes([header.octets, name.octets, extra]);
}

/** The data descriptor, behind the content of a streamed entry (§4.3.9). */
export function dataDescriptor({ isLarge }: ZipEntry, content: ZipContent): Uint8Array {
  const { checksum, packedOctets, octets } = content;
  const record = new RecordWriter(24).long(0x08074b50, checksum);
  return isLarge
    ? record.double(packedOctets, octets).octets
    : record.long(packedOctets, octets).octets;
}

/** The header in the central directory of an entry whose local header is at `offset` (§4.3.12). */
export function centralHeader(entry: ZipEntry, content: ZipContent, offset: number): Uint8Array {
  const { name, kind, permissionBits, method, mtimeMs, isLarge } = entry;
  const { checksum, packedOctets, octets } = content;
  const fields = [octets, packedOctets, offset];
  const large = zip64Extra(fields.filter((value) => value >= elsewhere));
  const extra = concatBytes([large, timestamp(mtimeMs)]);
  const isZip64 = isLarge || large.length > 0;
  const mode = typeBits[kind] | permissionBits;
  const header = new RecordWriter(46)
    .long(0x02014b50)
    .short(madeOnUnix | versions.zip64, isZip64 ? versions.zip64 : versions.usual)
    .short(flagsOf(entry), method, ...dosTime(mtimeMs))
    .long(checksum, inLong(packedOctets), inLong(octets))
    .short(name.octets.length, extra.length, 0, 0, 0)
    .long(mode * 0x1_0000 + (kind === "folder" ? dosFolder : 0), inLong(offset));
  return concatBytes([header.octets, name.octets, extra]);
}

/**
 * The records behind a central directory of `count` headers, which takes `octets` from `offset` on
 * (§4.3.14 to §4.3.16).
 */
export function endRecords(count: number, octets: number, offset: number): Uint8Array {
  const isZip64 = count >= manyElsewhere || octets >= elsewhere || offset >= elsewhere;
  const entries = Math.min(count, manyElsewhere);
  const end = new RecordWriter(22)
    .long(0x06054b50)
    .short(0, 0, entries, entries)
    .long(inLong(octets), inLong(offset))
    .short(0).octets;
  if (!isZip64) return end;
  const zip64End = new RecordWriter(56)
    .long(0x06064b50)
    .double(44)
    .short(madeOnUnix | versions.zip64, versions.zip64)
    .long(0, 0)
    .double(count, count, octets, offset);
  const locator = new RecordWriter(20)
    .long(0x07064b50, 0)
    .double(offset + octets)
    .long(1);
  return concatBytes([zip64End.octets, locator.octets, end]);
}
