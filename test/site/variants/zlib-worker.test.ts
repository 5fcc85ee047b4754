import { afterAll, describe, expect, test } from "bun:test";
import * as zlib from "node:zlib";

import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import type { ZlibJob, ZlibMessage } from "../../../src/site/variants/zlib-encoder.ts";

const program = new URL("../../../src/site/variants/zlib-worker.ts", import.meta.url);
const worker = new Worker(program);
afterAll(() => worker.terminate());

const messages: ZlibMessage[] = [];
let heard = Promise.withResolvers<void>();
worker.addEventListener("message", ({ data }: MessageEvent<ZlibMessage>) => {
  messages.push(data);
  heard.resolve();
});

/** The next message from the thread. */
async function next(): Promise<ZlibMessage> {
  while (messages.length === 0) {
    await heard.promise;
    heard = Promise.withResolvers();
  }
  return messages.shift() as ZlibMessage;
}

describe("the worker", () => {
  test("says that it is ready, and codes each job", async () => {
    expect(await next()).toEqual({ kind: "ready" });
    for (const [id, coding] of [
      [1, "br"],
      [2, "gzip"],
    ] as const) {
      const job: ZlibJob = { id, coding, octets: utf8Bytes("text") };
      worker.postMessage(job, []);
      const made = await next();
      if (made.kind !== "made") throw new Error(made.kind);
      expect(made.id).toBe(id);
      const decode = coding === "br" ? zlib.brotliDecompressSync : zlib.gunzipSync;
      expect(decode(made.octets).toString()).toBe("text");
    }
  });

  test("says which job has failed, and goes on", async () => {
    worker.postMessage({ id: 3, coding: "gzip", octets: 5 }, []);
    expect(await next()).toMatchObject({ kind: "failed", id: 3 });
    worker.postMessage({ id: 4, coding: "gzip", octets: utf8Bytes("") }, []);
    expect(await next()).toMatchObject({ kind: "made", id: 4 });
  });
});
