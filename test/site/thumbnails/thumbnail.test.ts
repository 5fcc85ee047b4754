import { describe, expect, test } from "bun:test";

import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { isImage, makeThumbnail } from "../../../src/site/thumbnails/thumbnail.ts";
import { WorkGate } from "../../../src/site/preview/work-gate.ts";
import { gif, picture, pngOf } from "./media.ts";

const thumbnailPixelsMax = 1_000_000;

function make(octets: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const pixels = new WorkGate(thumbnailPixelsMax);
  return makeThumbnail(octets, {
    limits: { thumbnailPixelsMax },
    scheduler: new EventLoop(),
    pixels,
  });
}

const sizeOf = async (octets: Uint8Array): Promise<unknown[]> => {
  const { width, height, format } = await new Bun.Image(octets).metadata();
  return [width, height, format];
};

const refusal = (octets: Uint8Array<ArrayBuffer>): Promise<string> =>
  make(octets).then(
    () => "made",
    (error: Error) => error.message,
  );

describe("a thumbnail", () => {
  test.each([
    [800, 600, 320, 240],
    [600, 800, 240, 320],
    [900, 3, 320, 1],
    [320, 320, 320, 320],
    [32, 20, 32, 20],
    [1, 1, 1, 1],
  ])("of %i × %i pixels has %i × %i", async (width, height, ...size) => {
    expect(await sizeOf(await make(picture(width, height)))).toEqual([...size, "webp"]);
  });

  test("is made of JPEG, WebP and GIF as well", async () => {
    const source = picture(640, 320);
    const jpeg = await new Bun.Image(source).jpeg().bytes();
    const webp = await new Bun.Image(source).webp().bytes();
    for (const octets of [jpeg, webp]) {
      expect(await sizeOf(await make(new Uint8Array(octets)))).toEqual([320, 160, "webp"]);
    }
    expect(await sizeOf(await make(gif))).toEqual([1, 1, "webp"]);
  });
});

const of = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, "latin1"));

describe("no thumbnail", () => {
  test.each([
    ["text", "hello, world, hello"],
    ["nothing", ""],
    ["SVG", "<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ["TIFF", "II*\0aaaaaaaaaaaaaaaaaaaa"],
    ["HEIC", "\0\0\0\x18ftypheic\0\0\0\0mif1heic"],
    ["AVIF", "\0\0\0\x18ftypavif\0\0\0\0mif1avif"],
    ["WAV", "RIFF\0\0\0\0WAVEfmt "],
  ])("is made of %s", async (_, text) => {
    expect(isImage(of(text))).toBe(false);
    expect(await refusal(of(text))).toBe("not an image that has a thumbnail");
  });

  test("is made of an image that is damaged", async () => {
    expect(await refusal(picture(100, 100).slice(0, 200))).toBe("the image can't be decoded");
    expect(await refusal(of("\xff\xd8\xffnothing"))).toBe("the image can't be decoded");
    expect(await refusal(of("BM"))).toBe("the image can't be decoded");
  });

  test("is made of one whose header says that it is too large, and nothing is decoded", async () => {
    const tooLarge = `the image has more pixels than thumbnailPixelsMax: ${thumbnailPixelsMax}`;
    expect(await refusal(pngOf(60_000, 60_000, new Uint8Array(10)))).toBe(tooLarge);
    expect(await refusal(pngOf(1001, 1000, new Uint8Array(10)))).toBe(tooLarge);
    const frame = gif.slice();
    const at = gif.indexOf(0x2c);
    new DataView(frame.buffer).setUint16(at + 5, 65_535, true);
    new DataView(frame.buffer).setUint16(at + 7, 65_535, true);
    expect(await refusal(frame)).toBe(tooLarge);
    const bitmap = Buffer.alloc(54);
    bitmap.write("BM");
    bitmap.writeUInt32LE(54, 10);
    bitmap.writeUInt32LE(40, 14);
    bitmap.writeInt32LE(60_000, 18);
    bitmap.writeInt32LE(60_000, 22);
    bitmap.writeUInt16LE(1, 26);
    bitmap.writeUInt16LE(24, 28);
    expect(await refusal(new Uint8Array(bitmap))).toBe(tooLarge);
  });

  test("is made of a JPEG with many scans, each of which would go over all of it", async () => {
    const octets = await new Bun.Image(picture(64, 64)).jpeg().bytes();
    const [start, rest] = [octets.subarray(0, 2), octets.subarray(2)];
    const scan = Buffer.from("\xff\xda\0\x08\x01\x01\0\0\x3f\0", "latin1");
    const many = Array.from({ length: 101 }, () => scan);
    const bomb = new Uint8Array(Buffer.concat([start, ...many, rest]));
    expect(await refusal(bomb)).toBe("the image has more than 100 scans");
  });
});

test("octets that are changed anywhere never do worse than to be refused", async () => {
  const jpeg = new Uint8Array(await new Bun.Image(picture(60, 40)).jpeg().bytes());
  const webp = new Uint8Array(await new Bun.Image(picture(60, 40)).webp().bytes());
  for (const source of [jpeg, webp, picture(60, 40), gif]) {
    for (let i = 0; i < 64; i++) {
      const octets = source.slice();
      for (let k = 1; k <= 4; k++) octets[(i * k * 7919) % octets.length] = (i * 31 * k) % 256;
      expect(await refusal(octets)).toMatch(/^(?:made|the image|not an image)/);
    }
  }
});
