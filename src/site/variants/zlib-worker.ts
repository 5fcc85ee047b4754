/**
 * The program of the worker thread that compresses. It reports that it is ready, then answers each
 * job with the compressed octets or with an error. Several jobs can run at once.
 */

import type { ZlibJob, ZlibMessage } from "./zlib-encoder.ts";
import { encodeWithZlib } from "./zlib-encoding.ts";

declare const self: Worker;

function send(message: ZlibMessage, transferred: ArrayBuffer[] = []): void {
  self.postMessage(message, transferred);
}

async function run({ id, coding, octets }: ZlibJob): Promise<void> {
  try {
    const made = await encodeWithZlib(coding, octets);
    send({ kind: "made", id, octets: made }, [made.buffer]);
  } catch (error) {
    send({ kind: "failed", id, reason: String(error) });
  }
}

self.addEventListener("message", ({ data }: MessageEvent<ZlibJob>) => void run(data));
send({ kind: "ready" });
