/**
 * Reads a zip archive by its central directory, and compares each entry's local header, content and
 * data descriptor with it (APPNOTE.TXT 6.3.10). A reader of our own, so that the tests need no
 * program; those that compare with programs are in `zip-octets.test.ts`.
 */

import { inflateRawSync } from "node:zlib";

/** An entry as the archive describes it. */
export interface ReadEntry {
  readonly name: string;
  readonly content: Uint8Array;
  /** st_mode, from the external attributes. */
  readonly mode: number;
  readonly method: number;
  readonly flags: number;
  /** In seconds since 1970, from the extended timestamp. */
  readonly mtime: number | undefined;
}

function fail(what: string): never {
  throw new Error(`not a zip archive: ${what}`);
}

/** The extra fields by their numbers. */
function extrasIn(octets: Uint8Array): ReadonlyMap<number, DataView> {
  const fields = new Map<number, DataView>();
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  for (let at = 0; at < octets.length; at += 4 + view.getUint16(at + 2, true)) {
    const length = view.getUint16(at + 2, true);
    fields.set(
      view.getUint16(at, true),
      new DataView(octets.buffer, octets.byteOffset + at + 4, length),
    );
  }
  return fields;
}

/** All entries of `archive`, which has fewer than 65,535 and no more than 4 GiB. */
export function readZip(archive: Uint8Array): readonly ReadEntry[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.length);
  const end = archive.length - 22;
  if (view.getUint32(end, true) !== 0x06054b50) fail("no end");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  let expected = 0;
  const entries: ReadEntry[] = [];
  for (let i = 0; i < count; i++) {
    if (view.getUint32(at, true) !== 0x02014b50) fail("no central header");
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const crc = view.getUint32(at + 16, true);
    const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const [nameOctets, extraOctets] = [
      view.getUint16(at + 28, true),
      view.getUint16(at + 30, true),
    ];
    const offset = view.getUint32(at + 42, true);
    if (offset !== expected) fail(`an entry begins at ${offset} and not at ${expected}`);
    const nameBytes = archive.subarray(at + 46, at + 46 + nameOctets);
    const extra = extrasIn(
      archive.subarray(at + 46 + nameOctets, at + 46 + nameOctets + extraOctets),
    );

    if (view.getUint32(offset, true) !== 0x04034b50) fail("no local header");
    const localName = archive.subarray(
      offset + 30,
      offset + 30 + view.getUint16(offset + 26, true),
    );
    if (Buffer.compare(localName, nameBytes) !== 0) fail("two names");
    if (view.getUint16(offset + 6, true) !== flags) fail("two sets of flags");
    const begin = offset + 30 + nameOctets + view.getUint16(offset + 28, true);
    const data = archive.subarray(begin, begin + packed);
    const content = method === 8 ? new Uint8Array(inflateRawSync(data)) : data;
    if (content.length !== size) fail(`${content.length} octets and not ${size}`);
    if (Bun.hash.crc32(content) !== crc) fail("a wrong checksum");
    expected = begin + packed;
    if ((flags & 8) !== 0) {
      if (view.getUint32(expected, true) !== 0x08074b50) fail("no data descriptor");
      const told = [4, 8, 12].map((from) => view.getUint32(expected + from, true));
      if (told.join() !== [crc, packed, size].join()) fail("a descriptor that differs");
      expected += 16;
    } else if (view.getUint32(offset + 18, true) !== packed) fail("a local size that differs");

    entries.push({
      name: new TextDecoder("utf-8", { fatal: true }).decode(nameBytes),
      content,
      mode: view.getUint16(at + 40, true),
      method,
      flags,
      mtime: extra.get(0x5455)?.getInt32(1, true),
    });
    at += 46 + nameOctets + extraOctets + view.getUint16(at + 32, true);
  }
  if (at !== end) fail("octets between directory and end");
  if (expected !== view.getUint32(end + 16, true)) fail("octets before the directory");
  return entries;
}
