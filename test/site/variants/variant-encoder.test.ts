import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import * as zlib from "node:zlib";

import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { tagOfBytes } from "../../../src/site/content/file-representation.ts";
import type { MadeVariant } from "../../../src/site/variants/variant-cache.ts";
import type { Coding } from "../../../src/site/variants/variant-encoder.ts";
import { makeVariant } from "../../../src/site/variants/variant-encoder.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { FakeFile } from "../fake-file.ts";

afterEach(() => mock.restore());

const large = Array.from({ length: 37_500 }, (_, i) => `${(i * 7919) % 1000} line`.padEnd(7))
  .join("\n")
  .slice(0, 300_000);
const limits = limitsWith({ sendPieceBytes: 65_536 });
const scheduler = new EventLoop();

const make = (content: Uint8Array | FakeFile, coding: Coding = "zstd"): Promise<MadeVariant> =>
  makeVariant(content, coding, limits, scheduler);

const decoders = {
  br: (octets: Uint8Array) => zlib.brotliDecompressSync(octets),
  zstd: (octets: Uint8Array) => Bun.zstdDecompressSync(octets),
  gzip: (octets: Uint8Array) => zlib.gunzipSync(octets),
} as const;
const codings = Object.keys(decoders) as Coding[];

describe("a variant", () => {
  test.each(codings)(
    "%s decodes to what it is of, and has the tag of its octets",
    async (coding) => {
      const { variant, lasting } = await make(new FakeFile(large), coding);
      expect(decoders[coding](variant.octets).toString()).toBe(large);
      expect(variant.entityTag).toEqual(tagOfBytes(variant.octets));
      expect(lasting).toBe(true);
    },
  );

  test("is made of a large file a piece a turn, which is closed before it is coded", async () => {
    const file = new FakeFile(large);
    await make(file);
    expect(file.reads.map(([, octets]) => octets)).toEqual([
      65_536, 65_536, 65_536, 65_536, 37_856,
    ]);
    const turns = file.reads.map(([turn]) => turn);
    expect(new Set(turns).size).toBe(turns.length);
    expect(file.closed).toBe(1);
  });

  test("has octets of the exact size, whatever the compressor hands out", async () => {
    const pool = Buffer.alloc(65_536);
    spyOn(Bun, "zstdCompress").mockResolvedValue(pool.subarray(8, 108));
    const { variant } = await make(new FakeFile(large));
    expect(variant.octets.buffer.byteLength).toBe(100);
  });

  test.each(codings)("%s of content in memory leaves that as it was", async (coding) => {
    const whole = Buffer.from(large);
    const content = whole.subarray(1, 5001);
    const { variant, lasting } = await make(content, coding);
    expect(decoders[coding](variant.octets).toString()).toBe(large.slice(1, 5001));
    expect(lasting).toBe(true);
    expect(whole.toString()).toBe(large);
    expect(content).toHaveLength(5000);
  });
});

describe("a variant doesn't last", () => {
  test("of a file that has changed while it was read", async () => {
    const file = new FakeFile(large);
    file.onRead = (): void => {
      file.unchanged = false;
    };
    expect((await make(file)).lasting).toBe(false);
    expect(file.closed).toBe(1);
  });

  test("of a file that has shrunk, and is of what there was", async () => {
    const file = new FakeFile(large.slice(0, 70_000), { size: 300_000 });
    file.unchanged = false;
    const { variant, lasting } = await make(file);
    expect(lasting).toBe(false);
    expect(Bun.zstdDecompressSync(variant.octets)).toHaveLength(70_000);
  });

  test("of a file that was changed just now, for it may change unseen", async () => {
    expect((await make(new FakeFile(large, { isSettled: false }))).lasting).toBe(false);
  });
});

test("a file that can't be read to its end is closed, and the variant fails", async () => {
  const short = new FakeFile(large.slice(0, 70_000), { size: 300_000 });
  const throwing = new FakeFile(large);
  throwing.onRead = (): void => {
    throw new Error("fault");
  };
  for (const [file, message] of [
    [short, "fake.txt can't be read"],
    [throwing, "fault"],
  ] as const) {
    expect(await make(file).catch((error: Error) => error.message)).toBe(message);
    expect(file.closed).toBe(1);
  }
});
