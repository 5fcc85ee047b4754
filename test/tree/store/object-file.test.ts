import { describe, expect, test } from "bun:test";

import { ObjectFile, StoredContent } from "../../../src/tree/store/object-file.ts";
import { objectBytesMax, StoredTree } from "./stored-tree.ts";

const size = objectBytesMax * 3;
const content = new Uint8Array(size).map((_, i) => (i * 7 + (i >> 8)) & 0xff);

/** The large file of `stored`. */
async function largeFile(stored: StoredTree): Promise<ObjectFile> {
  stored.stub.put("big.bin", content);
  const found = await stored.ask("/big.bin");
  if (found.kind !== "file" || !(found.file instanceof ObjectFile)) throw new Error(found.kind);
  return found.file;
}

async function octetsOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(chunks)));
}

describe("a large object", () => {
  test("has its beginning at once, and nothing else", async () => {
    await using stored = await StoredTree.open();
    const file = await largeFile(stored);
    const into = new Uint8Array(10);
    expect(file.read(into, 5)).toBe(10);
    expect(into).toEqual(content.slice(5, 15));
    expect(file.read(into, objectBytesMax)).toBe(-1);
    expect(file.read(into, size)).toBe(0);
    expect(file.readAll()).toBeUndefined();
  });

  test.each([
    [0, size],
    [0, 10],
    [objectBytesMax - 5, 10],
    [objectBytesMax, 10],
    [size - 1, 1],
    [0, 0],
  ])("sends the region from %d, of %d octets", async (start, octets) => {
    await using stored = await StoredTree.open();
    const file = await largeFile(stored);
    const sent = await octetsOf(file.streamed([{ start, octets }]));
    expect(sent).toEqual(content.subarray(start, start + octets));
  });

  test("sends several regions, and what stands between them", async () => {
    await using stored = await StoredTree.open();
    const file = await largeFile(stored);
    const pieces = [
      new Uint8Array([1, 2]),
      { start: size - 3, octets: 3 },
      new Uint8Array([3]),
      { start: 1, octets: 2 },
    ];
    const sent = await octetsOf(file.streamed(pieces));
    expect([...sent]).toEqual([1, 2, ...content.slice(-3), 3, ...content.slice(1, 3)]);
  });

  test("is the same version for every replica", async () => {
    await using first = await StoredTree.open();
    await using second = await StoredTree.open();
    expect((await largeFile(first)).version).toBe((await largeFile(second)).version);
  });
});

test("a small object is in memory", () => {
  const facts = { etag: '"e"', modified: "", isSettled: true, size: 2, mtimeMs: 5, mode: 0o100640 };
  const file = new StoredContent("a.css", new Uint8Array([1, 2]), { ...facts, coding: "br" });
  expect(file).toMatchObject({
    name: "a.css",
    size: 2,
    mtimeMs: 5,
    permissionBits: 0o640,
    coding: "br",
  });
});
