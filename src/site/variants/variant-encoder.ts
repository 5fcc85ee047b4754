/**
 * Makes a coded variant of a content: read in shares of a turn, coded off the event loop.
 */

import { Slot } from "../../base/slot.ts";
import type { Limits } from "../../base/limits.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { OpenFile } from "../../tree/tree.ts";
import { tagOfBytes } from "../content/file-representation.ts";
import type { MadeVariant } from "./variant-cache.ts";

/** A content coding that variants are made in (RFC 9110 §8.4.1; RFC 7932, RFC 8878). */
export type Coding = "br" | "zstd" | "gzip";

/** Codes `octets` off the event loop, and takes them over: they may be gone after that. */
async function encode(
  coding: Coding,
  octets: Uint8Array<ArrayBuffer>,
  limits: Limits,
  scheduler: Scheduler,
): Promise<Uint8Array> {
  if (coding === "zstd") return Bun.zstdCompress(octets, { level: 3 });
  const { zlibEncoder } = await import("./zlib-encoder.ts");
  // Its first order starts a thread, which takes 2 ms, and loading it has taken 1 ms of this turn.
  await scheduler.nextTurn();
  return zlibEncoder.encode(coding, octets, limits);
}

/** Reads a file in turns, and closes it; fewer octets than it had when it has shrunk meanwhile. */
async function readInTurns(
  file: OpenFile,
  { sendPieceBytes }: Limits,
  scheduler: Scheduler,
): Promise<{ readonly octets: Uint8Array<ArrayBuffer>; readonly unchanged: boolean }> {
  try {
    const content = new Uint8Array(file.size);
    let length = 0;
    for (let count = -1; count !== 0 && length < content.length; length += count) {
      if (length > 0) await scheduler.nextTurn();
      count = file.read(content.subarray(length, length + sendPieceBytes), length);
    }
    const unchanged = file.isUnchanged();
    if (unchanged && length < content.length) throw new Error(`${file.name} can't be read`);
    return { octets: content.subarray(0, length), unchanged };
  } finally {
    file.close();
  }
}

/** Makes a variant of `content`, which is released. */
export async function makeVariant(
  content: Uint8Array | OpenFile,
  coding: Coding,
  limits: Limits,
  scheduler: Scheduler,
): Promise<MadeVariant> {
  let octets: Uint8Array<ArrayBuffer>;
  let lasting = true;
  if (content instanceof Uint8Array) {
    // The content stays with its other users. (A Buffer's own `slice` would be a view.)
    octets = new Uint8Array(content);
  } else {
    // What can't be told from a later version, or was no version at all, is answered once.
    const read = await readInTurns(content, limits, scheduler);
    octets = read.octets;
    lasting = content.version !== undefined && read.unchanged;
  }
  const made = await encode(coding, octets, limits, scheduler);
  // A view into something larger would keep all of that.
  const exact = made.byteLength === made.buffer.byteLength ? made : new Uint8Array(made);
  const variant = { octets: exact, entityTag: tagOfBytes(exact), slot: new Slot() };
  return { variant, lasting };
}
