/**
 * Makes a coded variant of content: reads it over several turns, and codes it on another thread.
 */

import { Slot } from "../../base/slot.ts";
import type { Limits } from "../../base/limits.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { OpenFile } from "../../tree/tree.ts";
import { tagOfBytes } from "../content/file-representation.ts";
import type { MadeVariant } from "./variant-cache.ts";

/** A content coding that variants are made in (RFC 9110 §8.4.1; RFC 7932, RFC 8878). */
export type Coding = "br" | "zstd" | "gzip";

/**
 * Codes `octets` on another thread. Their buffer may be transferred, so the caller must not use it
 * again.
 */
async function encode(
  coding: Coding,
  octets: Uint8Array<ArrayBuffer>,
  limits: Limits,
  scheduler: Scheduler,
): Promise<Uint8Array> {
  if (coding === "zstd") return Bun.zstdCompress(octets, { level: 3 });
  const { zlibEncoder } = await import("./zlib-encoder.ts");
  // Starting the thread takes 2 ms. Loading the module has taken 1 ms of this turn, so wait.
  await scheduler.nextTurn();
  return zlibEncoder.encode(coding, octets, limits);
}

/**
 * Reads a file over several turns and closes it. Returns fewer octets if it has shrunk meanwhile.
 */
export async function readInTurns(
  file: OpenFile,
  { sendPieceBytes }: Pick<Limits, "sendPieceBytes">,
  scheduler: Scheduler,
): Promise<{ readonly octets: Uint8Array<ArrayBuffer>; readonly unchanged: boolean }> {
  // A share keeps the file open while others may replace it.
  const source = file.share?.() ?? file;
  try {
    const content = new Uint8Array(file.size);
    let length = 0;
    while (length < content.length) {
      if (length > 0) await scheduler.nextTurn();
      const count = source.read(content.subarray(length, length + sendPieceBytes), length);
      if (count < 0) throw new Error(`${file.name} can't be read`);
      if (count === 0) break;
      length += count;
    }
    const unchanged = file.isUnchanged();
    if (unchanged && length < content.length) throw new Error(`${file.name} can't be read`);
    return { octets: content.subarray(0, length), unchanged };
  } finally {
    source.close();
  }
}

/** Makes a variant of `content`; a file is closed. */
export async function makeVariant(
  content: Uint8Array | OpenFile,
  coding: Coding,
  limits: Limits,
  scheduler: Scheduler,
): Promise<MadeVariant> {
  let octets: Uint8Array<ArrayBuffer>;
  let lasting = true;
  if (content instanceof Uint8Array) {
    // Copied, because the cached content must stay intact. (`slice` of a Buffer would be a view.)
    octets = new Uint8Array(content);
  } else {
    // A variant of a file that has no version, or has changed while it was read, is not cached.
    const read = await readInTurns(content, limits, scheduler);
    octets = read.octets;
    lasting = content.version !== undefined && read.unchanged;
  }
  const made = await encode(coding, octets, limits, scheduler);
  // A view would keep its whole, larger buffer in memory.
  const exact = made.byteLength === made.buffer.byteLength ? made : new Uint8Array(made);
  const variant = { octets: exact, entityTag: tagOfBytes(exact), slot: new Slot() };
  return { variant, lasting };
}
