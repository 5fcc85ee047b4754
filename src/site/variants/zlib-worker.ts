/**
 * The program of the thread that encodes: it says that it is ready, then answers each order with
 * what was made of it, or with what went wrong. It works on several at once.
 */

import type { ZlibMessage, ZlibOrder } from "./zlib-encoder.ts";
import { encodeWithZlib } from "./zlib-encoding.ts";

declare const self: Worker;

function say(message: ZlibMessage, handedOver: ArrayBuffer[] = []): void {
  self.postMessage(message, handedOver);
}

async function fill({ id, coding, octets }: ZlibOrder): Promise<void> {
  try {
    const made = await encodeWithZlib(coding, octets);
    say({ kind: "made", id, octets: made }, [made.buffer]);
  } catch (error) {
    say({ kind: "failed", id, reason: String(error) });
  }
}

self.addEventListener("message", ({ data }: MessageEvent<ZlibOrder>) => void fill(data));
say({ kind: "ready" });
