import { describe, expect, test } from "bun:test";

import { encodeFrame, encodeText, opcodes } from "../../src/websocket/frame.ts";
import { octetsOf, serverFrame } from "./client-frames.ts";

describe("frames of a server (RFC 6455 §5.7)", () => {
  test("an unmasked text message", () => {
    expect([...encodeText("Hello")]).toEqual([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
  });

  test("an unmasked Ping", () => {
    const ping = encodeFrame(opcodes.ping, octetsOf("Hello"));
    expect([...ping]).toEqual([0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
  });

  test("256 octets of binary data", () => {
    const data = new Uint8Array(256).fill(3);
    expect([...encodeFrame(opcodes.binary, data)]).toEqual([0x82, 0x7e, 0x01, 0x00, ...data]);
  });

  test("64 KiB of binary data", () => {
    const frame = encodeFrame(opcodes.binary, new Uint8Array(65_536).fill(3));
    expect([...frame.subarray(0, 10)]).toEqual([0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
    expect(frame.length).toBe(65_546);
    expect(frame.subarray(10).every((octet) => octet === 3)).toBe(true);
  });
});

describe("the length (RFC 6455 §5.2)", () => {
  test.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])("of %i octets", (length) => {
    const data = new Uint8Array(length).fill(0x61);
    expect(encodeFrame(opcodes.binary, data)).toEqual(Buffer.from(serverFrame(2, data)));
    expect(encodeText("a".repeat(length))).toEqual(Buffer.from(serverFrame(1, data)));
  });
});

describe("a text", () => {
  test("is UTF-8, and what can't be is U+FFFD", () => {
    expect([...encodeText("é€😀")]).toEqual([...serverFrame(1, "é€😀")]);
    expect([...encodeText("a\ud800b")]).toEqual([...serverFrame(1, "a\ufffdb")]);
  });
});

describe("a control frame (RFC 6455 §5.5)", () => {
  test("has at most 125 octets", () => {
    expect(encodeFrame(opcodes.pong, new Uint8Array(125)).length).toBe(127);
    expect(() => encodeFrame(opcodes.pong, new Uint8Array(126))).toThrow(
      new RangeError("126 octets are too many for a control frame"),
    );
  });
});
