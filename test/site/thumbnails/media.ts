/** Pictures and sounds for tests, made here: small files whose content is known. */

import { deflateSync } from "node:zlib";

/** A chunk of a PNG (PNG Third Edition §5.3). */
function chunk(type: string, data: Uint8Array): Buffer {
  const octets = Buffer.alloc(12 + data.length);
  octets.writeUInt32BE(data.length, 0);
  octets.write(type, 4, "latin1");
  octets.set(data, 8);
  octets.writeUInt32BE(Bun.hash.crc32(octets.subarray(4, 8 + data.length)), 8 + data.length);
  return octets;
}

/** A PNG whose header says that it is so large, with `rows`, or with nothing in it. */
export function pngOf(width: number, height: number, rows: Uint8Array): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = 2;
  const parts = [
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array(0)),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

/** A picture of so many pixels: a gradient of colours from a corner to the other. */
export function picture(width: number, height: number, hue = 0): Uint8Array<ArrayBuffer> {
  const rows = Buffer.alloc((3 * width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (3 * width + 1) + 1 + 3 * x;
      rows[at + (hue % 3)] = Math.floor((255 * x) / width);
      rows[at + ((hue + 1) % 3)] = Math.floor((255 * y) / height);
      rows[at + ((hue + 2) % 3)] = 128;
    }
  }
  return pngOf(width, height, rows);
}

/** The least GIF: one pixel. */
export const gif = Uint8Array.from(
  Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64"),
);

/** Half a second of a tone, as WAV. */
export function tone(): Uint8Array {
  const samples = 4000;
  const octets = Buffer.alloc(44 + samples);
  octets.write("RIFF", 0, "latin1");
  octets.writeUInt32LE(36 + samples, 4);
  octets.write("WAVEfmt ", 8, "latin1");
  octets.writeUInt32LE(16, 16);
  octets.writeUInt16LE(1, 20);
  octets.writeUInt16LE(1, 22);
  octets.writeUInt32LE(8000, 24);
  octets.writeUInt32LE(8000, 28);
  octets.writeUInt16LE(1, 32);
  octets.writeUInt16LE(8, 34);
  octets.write("data", 36, "latin1");
  octets.writeUInt32LE(samples, 40);
  for (let i = 0; i < samples; i++) octets[44 + i] = 128 + 60 * Math.sin(i / 3);
  return octets;
}
