import { describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";

import { concatBytes, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { gzipped, inBlocks, zstdFrames } from "../../../src/site/archive/coded-octets.ts";
import { encodeWithZlib } from "../../../src/site/variants/zlib-encoding.ts";

/** `parts`, in one buffer that is written to again for each of them. */
async function* reused(...parts: readonly string[]): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const buffer = new Uint8Array(1000);
  for (const part of parts) {
    await Promise.resolve();
    yield buffer.subarray(0, copy(part, buffer));
    buffer.fill(0);
  }
}

function copy(part: string, buffer: Uint8Array): number {
  const octets = utf8Bytes(part);
  buffer.set(octets);
  return octets.length;
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(new Uint8Array(chunk));
  return concatBytes(all);
}

const texts = async (chunks: AsyncIterable<Uint8Array>): Promise<string[]> => {
  const all: string[] = [];
  for await (const chunk of chunks) all.push(new TextDecoder().decode(chunk));
  return all;
};

describe("octets in blocks", () => {
  test("are gathered and divided, and the last block is shorter", async () => {
    expect(await texts(inBlocks(reused("a", "bcdefghijk", "l"), 5))).toEqual([
      "abcde",
      "fghij",
      "kl",
    ]);
    expect(await texts(inBlocks(reused("abcde"), 5))).toEqual(["abcde"]);
    expect(await texts(inBlocks(reused(), 5))).toEqual([]);
  });

  test("are shorter before an empty chunk, which asks for what there is", async () => {
    expect(await texts(inBlocks(reused("", "ab", "", "", "cdefg", "", "h"), 5))).toEqual([
      "ab",
      "cdefg",
      "h",
    ]);
  });

  test("end what they come from when they are left early", async () => {
    let isEnded = false;
    const source = (async function* (): AsyncGenerator<Uint8Array, void> {
      try {
        await Promise.resolve();
        for (;;) yield utf8Bytes("abc");
      } finally {
        isEnded = true;
      }
    })();
    const blocks = inBlocks(source, 5);
    await blocks.next();
    await blocks.return();
    expect(isEnded).toBe(true);
  });
});

const words = "some words that come again and again, ".repeat(20);

describe("coded octets", () => {
  test("gzip is one member (RFC 1952 §2.2)", async () => {
    const coded = await whole(
      gzipped(reused(words, "x", words), (octets) => encodeWithZlib("deflate", octets)),
    );
    expect([...coded.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    expect(gunzipSync(coded).toString()).toBe(`${words}x${words}`);
    expect(coded.length).toBeLessThan(words.length / 4);
  });

  test("of nothing is a member with nothing in it", async () => {
    const coded = await whole(gzipped(reused(), (octets) => encodeWithZlib("deflate", octets)));
    expect(gunzipSync(coded)).toHaveLength(0);
  });

  test("zstd is a frame for each block (RFC 8878 §3)", async () => {
    const coded = await whole(zstdFrames(reused(words, "x", words)));
    expect(Bun.zstdDecompressSync(coded).toString()).toBe(`${words}x${words}`);
  });
});
