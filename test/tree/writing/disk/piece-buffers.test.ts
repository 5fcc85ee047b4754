import { expect, test } from "bun:test";

import { gatheredBytes, PieceBuffers } from "../../../../src/tree/writing/disk/piece-buffers.ts";

/** All that there are. */
function takeAll(buffers: PieceBuffers): Uint8Array[] {
  const taken: Uint8Array[] = [];
  for (let next = buffers.take(); next !== undefined; next = buffers.take()) taken.push(next);
  return taken;
}

test("there are as many as fill 16 MiB, each lent once at a time", () => {
  const buffers = new PieceBuffers();
  const taken = takeAll(buffers);
  expect(new Set(taken).size * gatheredBytes).toBe(16 * 1024 * 1024);
  const [first] = taken;
  if (first === undefined) throw new Error("there is none");
  buffers.give(first);
  expect(buffers.take()).toBe(first);
  expect(buffers.take()).toBeUndefined();
});

test("one that the system may still read is not lent again, and another one is in its place", () => {
  const buffers = new PieceBuffers();
  const [first] = takeAll(buffers);
  if (first === undefined) throw new Error("there is none");
  buffers.give(first, true);
  const next = buffers.take();
  expect(next).toBeDefined();
  expect(next).not.toBe(first);
  expect(buffers.take()).toBeUndefined();
});
