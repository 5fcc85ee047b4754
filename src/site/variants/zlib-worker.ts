/**
 * The program of the worker thread that compresses. It reports that it is ready, then answers each
 * order with the compressed octets or with an error. Several orders can be in work at once.
 */

import type { ZlibMessage, ZlibOrder } from "./zlib-encoder.ts";
import { encodeWithZlib } from "./zlib-encoding.ts";

declare const self: Worker;

function send(message: ZlibMessage, transferred: ArrayBuffer[] = []): void {
  self.postMessage(message, transferred);
}

async function fill({ id, coding, octets }: ZlibOrder): Promise<void> {
  try {
    const made = await encodeWithZlib(coding, octets);
    send({ kind: "made", id, octets: made }, [made.buffer]);
  } catch (error) {
    send({ kind: "failed", id, reason: String(error) });
  }
}

self.addEventListener("message", ({ data }: MessageEvent<ZlibOrder>) => void fill(data));
send({ kind: "ready" });
