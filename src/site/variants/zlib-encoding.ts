/**
 * The codings that the runtime has in node:zlib alone. Loading that holds up whoever does it for
 * 15 ms, so that it is done in a thread of its own; see `zlib-encoder.ts`.
 */

import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** A coding that node:zlib makes. */
export type ZlibCoding = "br" | "gzip";

/**
 * Codes `octets` on threads of the runtime's own; quick levels, for what is made while one waits.
 * What comes of it has a buffer of its own, of the exact size.
 */
export async function encodeWithZlib(
  coding: ZlibCoding,
  octets: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  if (coding === "gzip") return new Uint8Array(await promisify(gzip)(octets, { level: 6 }));
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 5,
    [constants.BROTLI_PARAM_SIZE_HINT]: octets.length,
  };
  return new Uint8Array(await promisify(brotliCompress)(octets, { params }));
}
