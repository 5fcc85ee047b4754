import { describe, expect, test } from "bun:test";

import { concatBytes } from "../../../src/http/octets/bytes.ts";
import { Outbox } from "../../../src/server/connection/outbox.ts";

/** Takes all out of `outbox`. */
function takeAll(outbox: Outbox): Uint8Array[] {
  const taken: Uint8Array[] = [];
  for (let piece = outbox.take(); piece !== undefined; piece = outbox.take()) taken.push(piece);
  return taken;
}

describe("an outbox", () => {
  test("gives octets out in their order, short pieces joined", () => {
    const outbox = new Outbox();
    const long = new Uint8Array(10_000).fill(2);
    for (let i = 0; i < 100; i++) outbox.add(Uint8Array.of(i));
    outbox.add(long);
    outbox.add(Uint8Array.of(7));
    outbox.add(Uint8Array.of(8));
    expect(outbox.octets).toBe(10_102);
    const taken = takeAll(outbox);
    expect(taken.map(({ length }) => length)).toEqual([100, 10_000, 2]);
    expect(taken[1]).toBe(long);
    expect([...concatBytes(taken).subarray(0, 100)]).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
    expect([...(taken[2] as Uint8Array)]).toEqual([7, 8]);
    expect(outbox.octets).toBe(0);
  });

  test("joins as many as one buffer takes", () => {
    const outbox = new Outbox();
    for (let i = 0; i < 9; i++) outbox.add(new Uint8Array(8000));
    expect(takeAll(outbox).map(({ length }) => length)).toEqual([32_000, 32_000, 8000]);
  });

  test("doesn't add to a piece that was given out", () => {
    const outbox = new Outbox();
    outbox.add(Uint8Array.of(1));
    expect(outbox.take()).toEqual(Uint8Array.of(1));
    outbox.add(Uint8Array.of(2));
    expect(outbox.octets).toBe(1);
    expect(outbox.take()).toEqual(Uint8Array.of(2));
    expect(outbox.take()).toBeUndefined();
  });

  test("can be emptied", () => {
    const outbox = new Outbox();
    outbox.add(Uint8Array.of(1));
    outbox.add(new Uint8Array(10_000));
    outbox.clear();
    expect([outbox.octets, outbox.take()]).toEqual([0, undefined]);
  });
});
