import { describe, expect, test } from "bun:test";

import { bodyOctets } from "../../src/http/response.ts";

describe("bodyOctets", () => {
  test("is known for everything but a stream", () => {
    const file = { read: () => 0, close: () => undefined };
    expect(bodyOctets({ kind: "none" })).toBe(0);
    expect(bodyOctets({ kind: "bytes", bytes: new Uint8Array(3) })).toBe(3);
    const region = { start: 5, octets: 7 };
    expect(bodyOctets({ kind: "file", file, pieces: [region] })).toBe(7);
    const pieces = [
      new Uint8Array(3),
      region,
      new Uint8Array(0),
      { start: 2 ** 33, octets: 2 ** 33 },
    ];
    expect(bodyOctets({ kind: "file", file, pieces })).toBe(2 ** 33 + 10);
    expect(bodyOctets({ kind: "file", file, pieces: [] })).toBe(0);
    const chunks: AsyncIterable<Uint8Array> = new ReadableStream<Uint8Array>();
    expect(bodyOctets({ kind: "stream", chunks })).toBeUndefined();
  });
});
