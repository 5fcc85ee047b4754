import { describe, expect, test } from "bun:test";

import { unmask } from "../../src/websocket/mask.ts";

const key = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

describe("the mask (RFC 6455 §5.3)", () => {
  test("of the RFC's example", () => {
    const octets = Uint8Array.of(0x7f, 0x9f, 0x4d, 0x51, 0x58);
    unmask(octets, key, 0);
    expect(Buffer.from(octets).toString()).toBe("Hello");
  });

  test("changes octet i by octet i mod 4, wherever the payload lies and is cut", () => {
    for (let length = 0; length < 200; length++) {
      for (let offset = 0; offset < 4; offset++) {
        for (let start = 0; start < 4; start++) {
          const memory = new Uint8Array(210).fill(0xaa);
          unmask(memory.subarray(offset, offset + length), key, start);
          const expected = memory.map((_, at) => {
            const i = at - offset;
            return i < 0 || i >= length ? 0xaa : 0xaa ^ (key[(start + i) % 4] as number);
          });
          expect(memory).toEqual(expected);
        }
      }
    }
  });
});
