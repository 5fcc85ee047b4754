/**
 * Streams of octets for archives: gathered into blocks, and coded block by block.
 */

import { DeflateStream, lastDeflateBlock } from "./deflate-stream.ts";
import type { Deflate } from "./deflate-stream.ts";

/**
 * The octets of `chunks` in blocks of `blockOctets`; the last one is shorter, and so is the one
 * before an empty chunk, which asks for what there is. A block is valid until the next one is asked
 * for.
 */
export async function* inBlocks(
  chunks: AsyncIterable<Uint8Array>,
  blockOctets: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const block = new Uint8Array(blockOctets);
  let length = 0;
  for await (const chunk of chunks) {
    if (chunk.length === 0 && length > 0) {
      yield block.subarray(0, length);
      length = 0;
    }
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + blockOctets - length);
      block.set(part, length);
      length += part.length;
      at += part.length;
      if (length < blockOctets) continue;
      yield block;
      length = 0;
    }
  }
  if (length > 0) yield block.subarray(0, length);
}

/** Without a name and a time, from Unix (RFC 1952 §2.3). */
const gzipHeader = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);

/** `blocks` as one gzip member (RFC 1952). */
export async function* gzipped(
  blocks: AsyncIterable<Uint8Array>,
  deflate: Deflate,
): AsyncGenerator<Uint8Array, void> {
  yield gzipHeader;
  const stream = new DeflateStream(deflate, "many");
  let checksum = 0;
  let octets = 0;
  for await (const block of blocks) {
    checksum = Bun.hash.crc32(block, checksum);
    octets += block.length;
    yield await stream.run(block);
  }
  yield lastDeflateBlock;
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, checksum, true);
  trailer.setUint32(4, octets % 2 ** 32, true);
  yield new Uint8Array(trailer.buffer);
}

/** Each of `blocks` as a frame of zstd; readers take any number of frames (RFC 8878 §3). */
export async function* zstdFrames(
  blocks: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array, void> {
  for await (const block of blocks) yield await Bun.zstdCompress(block, { level: 3 });
}
