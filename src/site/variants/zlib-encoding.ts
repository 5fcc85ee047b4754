/**
 * The content codings that the runtime offers only in node:zlib. Loading node:zlib blocks its
 * thread for 5 to 8 ms, so a worker thread does it; see `zlib-encoder.ts`.
 */

import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** A content coding that node:zlib implements. */
export type ZlibCoding = "br" | "gzip";

/**
 * Compresses `octets` on the runtime's thread pool. The levels favour speed, because a client is
 * waiting. The result has its own buffer of the exact size.
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
