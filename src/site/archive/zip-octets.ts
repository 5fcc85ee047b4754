/**
 * A zip archive as a stream of octets, which is never gone back in.
 *
 * A short file is read and deflated before its header is written, so that the header says
 * everything. A longer one is deflated while it is sent, and what isn't known before follows it.
 */

import { concatBytes } from "../../http/octets/bytes.ts";
import type { Deflate } from "./deflate-stream.ts";
import { DeflateStream, isPackedType, lastDeflateBlock } from "./deflate-stream.ts";
import { entryName } from "./entry-name.ts";
import type { FileOctets } from "./file-octets.ts";
import type { ArchiveEntry, FileEntry } from "./folder-entries.ts";
import type { ZipContent, ZipEntry } from "./zip-records.ts";
import {
  centralHeader,
  dataDescriptor,
  endRecords,
  localHeader,
  noContent,
  zipMethods,
} from "./zip-records.ts";

/** What files without a mode get. */
const filePermissionBits = 0o644;

/**
 * From this size on an entry has sizes of 64 bits. Deflated content may be longer than the file: by
 * 5 octets for each stored block of 64 KiB, and less than that for a run.
 */
const largeOctetsMin = 0xf000_0000;

const nothing = new Uint8Array(0);

/** How much of the central directory is in one chunk. */
const directoryChunkOctets = 64 * 1024;

/** The central directory, which is sent when all entries have been. */
class CentralDirectory {
  readonly #chunks: Uint8Array[] = [];
  #headers: Uint8Array[] = [];
  #pending = 0;
  #octets = 0;
  #count = 0;

  /** Adds an entry. Headers are joined, because many small arrays take far more memory. */
  add(entry: ZipEntry, content: ZipContent, offset: number): void {
    const header = centralHeader(entry, content, offset);
    this.#headers.push(header);
    this.#pending += header.length;
    this.#octets += header.length;
    this.#count++;
    if (this.#pending >= directoryChunkOctets) this.#join();
  }

  #join(): void {
    this.#chunks.push(concatBytes(this.#headers));
    this.#headers = [];
    this.#pending = 0;
  }

  /** The directory, which begins at `offset`, and the end of the archive. */
  *from(offset: number): Generator<Uint8Array, void> {
    this.#join();
    yield* this.#chunks;
    yield endRecords(this.#count, this.#octets, offset);
  }
}

/**
 * `name` as a zip archive may have it. Programs for Windows take a backslash for a slash, and so a
 * file that is called "..\\a" for one in the folder above.
 */
function zipName(name: string): string {
  return name.replaceAll("\\", "_");
}

/** Makes one archive. */
class ZipStream {
  readonly #files: FileOctets;
  readonly #deflate: Deflate;
  readonly #octetsMin: number;
  readonly #directory = new CentralDirectory();
  #offset = 0;

  /** A file of fewer than `octetsMin` octets isn't deflated. */
  constructor(files: FileOctets, deflate: Deflate, octetsMin: number) {
    this.#files = files;
    this.#deflate = deflate;
    this.#octetsMin = octetsMin;
  }

  async *of(entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<Uint8Array, void> {
    for await (const entry of entries) {
      const name = entryName(entry.names.map(zipName), entry.kind);
      if (entry.kind === "folder") {
        const { kind, permissionBits, mtimeMs } = entry;
        const what = { name, kind, permissionBits, mtimeMs };
        yield this.#whole(what, zipMethods.stored, noContent);
        continue;
      }
      const { kind, file } = entry;
      const { permissionBits = filePermissionBits, mtimeMs } = file;
      const what = { name, kind, permissionBits, mtimeMs };
      try {
        if (file.size <= this.#files.pieceOctets) yield* this.#short(what, entry);
        else yield* this.#long(what, entry);
      } finally {
        file.close();
      }
    }
    yield* this.#directory.from(this.#offset);
  }

  /** The local header of an entry of which everything is known. */
  #whole(what: EntryFacts, method: ZipEntry["method"], content: ZipContent): Uint8Array {
    const entry: ZipEntry = { ...what, method, isStreamed: false, isLarge: false };
    const header = localHeader(entry, content);
    this.#directory.add(entry, content, this.#offset);
    this.#offset += header.length + content.packedOctets;
    return header;
  }

  async *#short(what: EntryFacts, from: FileEntry): AsyncGenerator<Uint8Array, void> {
    const { file } = from;
    const octets = await this.#files.whole(from);
    const checksum = Bun.hash.crc32(octets);
    const { length } = octets;
    if (length >= this.#octetsMin && !isPackedType(file.mediaType)) {
      const run = await this.#deflate(new Uint8Array(octets));
      const packed = concatBytes([run, lastDeflateBlock]);
      if (packed.length < length) {
        const content = { checksum, packedOctets: packed.length, octets: length };
        yield this.#whole(what, zipMethods.deflated, content);
        yield packed;
        return;
      }
    }
    yield this.#whole(what, zipMethods.stored, { checksum, packedOctets: length, octets: length });
    if (length > 0) yield octets;
  }

  async *#long(what: EntryFacts, from: FileEntry): AsyncGenerator<Uint8Array, void> {
    const { file } = from;
    const isLarge = file.size >= largeOctetsMin;
    const entry: ZipEntry = { ...what, method: zipMethods.deflated, isStreamed: true, isLarge };
    const header = localHeader(entry, noContent);
    yield header;
    const content = isPackedType(file.mediaType) ? "packed" : "one";
    const stream = new DeflateStream(this.#deflate, content);
    let checksum = 0;
    let packedOctets = 0;
    for await (const piece of this.#files.of(from)) {
      checksum = Bun.hash.crc32(piece, checksum);
      const run = await stream.run(piece);
      packedOctets += run.length;
      yield run;
      // A run may be a few octets. A client that has left is noticed only when it is sent some.
      yield nothing;
    }
    packedOctets += lastDeflateBlock.length;
    const found = { checksum, packedOctets, octets: file.size };
    const descriptor = dataDescriptor(entry, found);
    this.#directory.add(entry, found, this.#offset);
    this.#offset += header.length + packedOctets + descriptor.length;
    yield lastDeflateBlock;
    yield descriptor;
  }
}

type EntryFacts = Pick<ZipEntry, "name" | "kind" | "permissionBits" | "mtimeMs">;

/**
 * The archive of `entries`; `files` reads them and `deflate` compresses those of `octetsMin` octets
 * or more. A chunk is valid until the next is asked for.
 */
export function zipOctets(
  entries: AsyncIterable<ArchiveEntry>,
  files: FileOctets,
  deflate: Deflate,
  octetsMin: number,
): AsyncGenerator<Uint8Array, void> {
  return new ZipStream(files, deflate, octetsMin).of(entries);
}
