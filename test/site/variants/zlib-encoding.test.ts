import { describe, expect, test } from "bun:test";
import * as zlib from "node:zlib";

import { concatBytes, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { encodeWithZlib } from "../../../src/site/variants/zlib-encoding.ts";

describe("octets that node:zlib codes", () => {
  const text = "the same line again\n".repeat(5000);

  test.each(["br", "gzip"] as const)("as %s decode to what they were", async (coding) => {
    const coded = await encodeWithZlib(coding, utf8Bytes(text));
    const decoded = coding === "br" ? zlib.brotliDecompressSync(coded) : zlib.gunzipSync(coded);
    expect(decoded.toString()).toBe(text);
    expect(coded.length).toBeLessThan(text.length / 10);
  });

  test("as deflate are a run that others may follow (RFC 1951)", async () => {
    const runs = await Promise.all(
      ["one", text, "two"].map((part) => encodeWithZlib("deflate", utf8Bytes(part))),
    );
    for (const run of runs) expect([...run.subarray(-4)]).toEqual([0, 0, 0xff, 0xff]);
    const end = Uint8Array.of(3, 0);
    expect(zlib.inflateRawSync(concatBytes([...runs, end])).toString()).toBe(`one${text}two`);
  });

  test.each(["br", "gzip"] as const)("as %s have a buffer of their own size", async (coding) => {
    for (const octets of [utf8Bytes(text), new Uint8Array(0)]) {
      const coded = await encodeWithZlib(coding, octets);
      expect(coded.buffer.byteLength).toBe(coded.length);
    }
  });
});
