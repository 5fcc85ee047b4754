import { expect, test } from "bun:test";

import type { FileSource } from "../../../src/http/message/response.ts";
import { FileSample } from "../../../src/http/message/file-sample.ts";

/** A file that holds `content`, and counts what is read of it. */
function fileOf(content: Uint8Array): FileSource & { read: FileSource["read"]; octets: number } {
  return {
    octets: 0,
    read(into, position) {
      const part = content.subarray(position, position + into.length);
      into.set(part);
      this.octets += part.length;
      return part.length;
    },
    close() {},
  };
}

function contentOf(octets: number): Uint8Array {
  return Uint8Array.from({ length: octets }, (_, i) => (i * 7) % 251);
}

test("a sample is of five spots, however long the file is", () => {
  const file = fileOf(contentOf(100_000));
  expect(FileSample.of(file, 50_000, 100_000)?.holds(file)).toBe(true);
  expect(file.octets).toBe(2 * 5 * 64);
});

test("holds for a file with more behind the end, and not for one with less", () => {
  const sample = FileSample.of(fileOf(contentOf(1000)), 500, 1000);
  expect(sample?.holds(fileOf(contentOf(5000)))).toBe(true);
  expect(sample?.holds(fileOf(contentOf(999)))).toBe(false);
});

test.each([0, 63, 436, 499, 666, 833, 999])("sees that octet %d is another one", (changed) => {
  const sample = FileSample.of(fileOf(contentOf(1000)), 500, 1000);
  const edited = contentOf(1000);
  edited[changed] = 255;
  expect(sample?.holds(fileOf(edited))).toBe(false);
});

test("is of all octets where there are fewer than a spot has", () => {
  for (const position of [0, 5, 9]) {
    const sample = FileSample.of(fileOf(contentOf(10)), position, 10);
    expect(sample?.holds(fileOf(contentOf(10)))).toBe(true);
    expect(sample?.holds(fileOf(contentOf(10).fill(1, 9)))).toBe(false);
  }
});

test("there is one of a file that has grown before", () => {
  const grown = { ...fileOf(contentOf(2000)), isIntact: () => false, hasGrown: () => true };
  expect(FileSample.of(grown, 500, 1000)?.holds(fileOf(contentOf(3000)))).toBe(true);
  expect(FileSample.of({ ...grown, hasGrown: () => false }, 500, 1000)).toBeUndefined();
});

test("is of the regions that a response sends, from the first to the last", () => {
  const file = fileOf(contentOf(1000));
  const octets = new Uint8Array(5);
  const pieces = [octets, { start: 600, octets: 100 }, octets, { start: 200, octets: 80 }, octets];
  const sample = FileSample.ofWhole(file, pieces);
  const edited = (at: number): Uint8Array => contentOf(1000).fill(255, at, at + 1);
  expect(sample?.holds(fileOf(edited(150)))).toBe(false);
  expect(sample?.holds(fileOf(edited(699)))).toBe(false);
  expect(sample?.holds(fileOf(edited(700)))).toBe(true);
  expect(FileSample.ofWhole(file, [octets])).toBeUndefined();
});

test("there is none of a file that has been cut, or written to, before", () => {
  expect(FileSample.of(fileOf(contentOf(999)), 500, 1000)).toBeUndefined();
  expect(FileSample.of({ ...fileOf(contentOf(1000)), isIntact: () => false }, 500, 1000)).toBe(
    undefined,
  );
});
