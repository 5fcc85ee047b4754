import { describe, expect, test } from "bun:test";
import { inflateRawSync } from "node:zlib";

import { concatBytes, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import {
  DeflateStream,
  isPackedType,
  lastDeflateBlock,
} from "../../../src/site/archive/deflate-stream.ts";
import { encodeWithZlib } from "../../../src/site/variants/zlib-encoding.ts";

const text = utf8Bytes("so many words. ".repeat(5000));
const noise = new Uint8Array(100_000);
for (let i = 0; i < noise.length; i += 50_000)
  crypto.getRandomValues(noise.subarray(i, i + 50_000));

/** What `deflate` was given, and the runs that came of it. */
function counting(): { readonly calls: number[]; readonly deflate: DeflateArgument } {
  const calls: number[] = [];
  const deflate: DeflateArgument = (octets) => {
    calls.push(octets.length);
    return encodeWithZlib("deflate", octets);
  };
  return { calls, deflate };
}

type DeflateArgument = ConstructorParameters<typeof DeflateStream>[0];

describe("a deflated stream that is made of runs (RFC 1951)", () => {
  test("holds the pieces one after the other", async () => {
    const { calls, deflate } = counting();
    const stream = new DeflateStream(deflate, "many");
    const runs = [text, noise, text, Uint8Array.of(7)];
    const made: Uint8Array[] = [];
    for (const piece of runs) made.push(await stream.run(piece));
    const whole = concatBytes([...made, lastDeflateBlock]);
    expect(Buffer.compare(inflateRawSync(whole), concatBytes(runs))).toBe(0);
    expect(calls).toHaveLength(4);
    expect(made[0]?.length).toBeLessThan(text.length / 50);
    expect(made[1]?.length).toBeLessThan(noise.length + 20);
  });

  test("leaves the caller its octets", async () => {
    const { deflate } = counting();
    const piece = new Uint8Array(text);
    await new DeflateStream(deflate, "one").run(piece);
    expect(Buffer.compare(piece, text)).toBe(0);
  });

  test("tries a file that doesn't shrink again in every sixteenth piece", async () => {
    const { calls, deflate } = counting();
    const stream = new DeflateStream(deflate, "one");
    const made: Uint8Array[] = [];
    for (let i = 0; i < 17; i++) made.push(await stream.run(noise));
    expect(calls).toHaveLength(2);
    made.push(await stream.run(text), lastDeflateBlock);
    expect(calls).toHaveLength(2);
    expect(inflateRawSync(concatBytes(made))).toHaveLength(17 * noise.length + text.length);
  });

  test("tries nothing that is known to be compressed", async () => {
    const { calls, deflate } = counting();
    const run = await new DeflateStream(deflate, "packed").run(text);
    expect([run.length, calls.length]).toEqual([text.length + 10, 0]);
  });

  test("stores in blocks of 65,535 octets (RFC 1951 §3.2.4)", async () => {
    const { deflate } = counting();
    const stored = (octets: Uint8Array): Promise<Uint8Array> =>
      new DeflateStream(deflate, "packed").run(octets);
    expect([...(await stored(Uint8Array.of(1, 2, 3)))]).toEqual([0, 3, 0, 0xfc, 0xff, 1, 2, 3]);
    expect(await stored(new Uint8Array(0))).toHaveLength(0);
    for (const length of [0xffff, 0x10000, 200_000]) {
      const octets = concatBytes([noise, noise]).subarray(0, length);
      const whole = concatBytes([await stored(octets), lastDeflateBlock]);
      expect(Buffer.compare(inflateRawSync(whole), octets)).toBe(0);
    }
  });
});

test("types of content that is compressed already", () => {
  const packed = [
    "image/jpeg",
    "image/webp",
    "video/mp4",
    "audio/mpeg",
    "audio/flac",
    "font/woff2",
    "application/zip",
    "application/gzip",
    "application/pdf",
    "application/epub+zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  ];
  const others = [
    "image/svg+xml; charset=utf-8",
    "image/bmp",
    "image/tiff",
    "image/vnd.microsoft.icon",
    "audio/wav",
    "audio/x-wav",
    "font/ttf",
    "text/html",
    "application/wasm",
    "application/octet-stream",
    undefined,
  ];
  expect(packed.filter((type) => !isPackedType(type))).toEqual([]);
  expect(others.filter(isPackedType)).toEqual([]);
});
