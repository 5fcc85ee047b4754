/**
 * The codings that the runtime offers only in node:zlib. Loading node:zlib blocks its
 * thread for 5 to 8 ms, so a worker thread does it; see `zlib-encoder.ts`.
 */

import { promisify } from "node:util";
import { brotliCompress, constants, deflateRaw, gzip } from "node:zlib";

/**
 * What node:zlib makes: a content coding, or "deflate", a run of blocks (RFC 1951) that ends at the
 * border of an octet and isn't the end of its stream, so that others may follow.
 */
export type ZlibCoding = "br" | "gzip" | "deflate";

/**
 * Compresses `octets` on the runtime's thread pool. The levels favour speed, because a client is
 * waiting. The result has its own buffer of the exact size.
 */
export async function encodeWithZlib(
  coding: ZlibCoding,
  octets: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  if (coding === "gzip") return new Uint8Array(await promisify(gzip)(octets, { level: 6 }));
  if (coding === "deflate") {
    const options = { level: 6, finishFlush: constants.Z_SYNC_FLUSH };
    return new Uint8Array(await promisify(deflateRaw)(octets, options));
  }
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 5,
    [constants.BROTLI_PARAM_SIZE_HINT]: octets.length,
  };
  return new Uint8Array(await promisify(brotliCompress)(octets, { params }));
}
