/**
 * The headers of a tar archive: ustar, and in front of it a pax header where a value doesn't fit
 * (POSIX.1-2024 pax, "ustar Interchange Format" and "pax Header Block").
 *
 * There are no owners: user and group are 0 and have no names, so an archive tells nothing about
 * the accounts of this machine.
 */

import { concatBytes, latin1Into, utf8Bytes } from "../../http/octets/bytes.ts";
import { entryName } from "./entry-name.ts";

/** What a header says of an entry. */
interface TarEntry {
  readonly kind: "file" | "folder";
  /** From the archive's own folder down. */
  readonly names: readonly string[];
  readonly permissionBits: number;
  /** In milliseconds since 1970; undefined when the file has no date. */
  readonly mtimeMs: number | undefined;
  /** The octets that follow, without padding. 0 for a folder. */
  readonly size: number;
}

/** The size of a block. Headers and contents fill whole ones. */
export const tarBlockOctets = 512;

/** Where the fields of a ustar header are. */
const at = {
  name: 0,
  mode: 100,
  uid: 108,
  gid: 116,
  size: 124,
  mtime: 136,
  checksum: 148,
  type: 156,
  magic: 257,
  major: 329,
  minor: 337,
  prefix: 345,
} as const;

const nameOctetsMax = 100;
const prefixOctetsMax = 155;

/** The largest number of eleven octal digits: a size, or a time in seconds. */
const elevenDigitsMax = 0o77777777777;

const slash = 0x2f;

/** `value` as octal digits that fill a field of `width` octets but for the NUL at its end. */
function octal(value: number, width: number): string {
  return value.toString(8).padStart(width - 1, "0");
}

/** A block with all fields of a ustar header but the path. */
function headerBlock(type: string, mode: number, size: number, seconds: number): Uint8Array {
  const block = new Uint8Array(tarBlockOctets);
  latin1Into(block, octal(mode, 8), at.mode);
  latin1Into(block, octal(0, 8), at.uid);
  latin1Into(block, octal(0, 8), at.gid);
  latin1Into(block, octal(size, 12), at.size);
  latin1Into(block, octal(seconds, 12), at.mtime);
  latin1Into(block, type, at.type);
  latin1Into(block, "ustar\x0000", at.magic);
  latin1Into(block, octal(0, 8), at.major);
  latin1Into(block, octal(0, 8), at.minor);
  return block;
}

/** Adds the checksum: the sum of all octets, its own field taken as spaces. */
function seal(block: Uint8Array): Uint8Array {
  latin1Into(block, " ".repeat(8), at.checksum);
  let sum = 0;
  for (const octet of block) sum += octet;
  latin1Into(block, `${octal(sum, 7)}\0 `, at.checksum);
  return block;
}

/** Where `path` is divided into the fields prefix and name; undefined if it doesn't fit. */
function divisionOf(path: Uint8Array): number | undefined {
  if (path.length <= nameOctetsMax) return 0;
  // The slash between both is in neither. The name may end with a slash, and isn't empty.
  for (let i = path.length - nameOctetsMax - 1; i <= prefixOctetsMax && i < path.length - 1; i++) {
    if (i > 0 && path[i] === slash) return i;
  }
  return undefined;
}

/** A record of a pax header: its length in decimal, which counts itself, the keyword, the value. */
function paxRecord(keyword: string, value: Uint8Array): Uint8Array {
  const rest = keyword.length + value.length + 3;
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return concatBytes([utf8Bytes(`${length} ${keyword}=`), value, utf8Bytes("\n")]);
}

/** `content` in whole blocks. */
function padded(content: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(content.length + tarPadding(content.length));
  blocks.set(content);
  return blocks;
}

/** How many zero octets follow a content of `size` octets. */
export function tarPadding(size: number): number {
  return (tarBlockOctets - (size % tarBlockOctets)) % tarBlockOctets;
}

/** The end of an archive: two blocks of zeros. */
export const tarEnd: Uint8Array = new Uint8Array(2 * tarBlockOctets);

/** The header of `entry`, in whole blocks; its content and padding follow. */
export function tarHeader({ kind, names, permissionBits, mtimeMs, size }: TarEntry): Uint8Array {
  const path = entryName(names, kind);
  const seconds = Math.floor((mtimeMs ?? 0) / 1000);
  const division = divisionOf(path.octets);
  const isAscii = path.octets.every((octet) => octet < 0x80);
  const records: Uint8Array[] = [];
  // Only pax says that a path is UTF-8. Mere octets are as good in ustar, where they fit.
  if (division === undefined || (path.isUtf8 && !isAscii)) {
    if (!path.isUtf8) records.push(paxRecord("hdrcharset", utf8Bytes("BINARY")));
    records.push(paxRecord("path", path.octets));
  }
  if (size > elevenDigitsMax) records.push(paxRecord("size", utf8Bytes(String(size))));
  const isTimeInRange = seconds >= 0 && seconds <= elevenDigitsMax;
  if (!isTimeInRange) records.push(paxRecord("mtime", utf8Bytes(String(seconds))));

  const block = headerBlock(
    kind === "folder" ? "5" : "0",
    permissionBits,
    size > elevenDigitsMax ? 0 : size,
    isTimeInRange ? seconds : 0,
  );
  // A reader that doesn't know pax gets the beginning of a path that is too long.
  const start = division === undefined || division === 0 ? 0 : division + 1;
  block.set(path.octets.subarray(start, start + nameOctetsMax), at.name);
  if (start > 0) block.set(path.octets.subarray(0, start - 1), at.prefix);
  if (records.length === 0) return seal(block);

  const pax = concatBytes(records);
  const before = headerBlock("x", 0o644, pax.length, isTimeInRange ? seconds : 0);
  latin1Into(before, "PaxHeader", at.name);
  return concatBytes([seal(before), padded(pax), seal(block)]);
}
