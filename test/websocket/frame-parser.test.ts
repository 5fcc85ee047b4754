import { describe, expect, test } from "bun:test";

import { concatBytes, latin1Text } from "../../src/http/octets/bytes.ts";
import type { FrameEvent } from "../../src/websocket/frame-parser.ts";
import { FrameParser } from "../../src/websocket/frame-parser.ts";
import { clientFrame } from "./client-frames.ts";

const limits = { webSocketMessageBytesMax: 100_000, webSocketFragmentsMax: 4 };

/** An event as a text. */
function say(event: FrameEvent): string {
  switch (event.kind) {
    case "need-data":
      return "…";
    case "data":
      return `${event.opcode} ${latin1Text(event.octets)}${event.isLast ? "." : ""}`;
    case "control":
      return `${event.opcode} ${latin1Text(event.payload)}`;
    case "error":
      return `${event.fault.code} ${event.fault.text}`;
  }
}

/** All events for `pieces`, up to the one that waits or fails. */
function events(...pieces: readonly Uint8Array[]): string[] {
  const parser = new FrameParser(limits);
  const said: string[] = [];
  for (const piece of pieces) {
    // A copy: payloads are unmasked in place.
    parser.push(piece.slice());
    for (let event = parser.next(); event.kind !== "need-data"; event = parser.next()) {
      said.push(say(event));
      if (event.kind === "error") return said;
    }
  }
  return said;
}

describe("the RFC's examples (RFC 6455 §5.7)", () => {
  test("a masked text message", () => {
    const octets = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    expect(events(Uint8Array.from(octets))).toEqual(["1 Hello."]);
  });

  test("a masked Pong", () => {
    const octets = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    expect(events(Uint8Array.from(octets))).toEqual(["10 Hello"]);
  });

  test("a text message in two fragments, masked here", () => {
    const first = clientFrame(1, "Hel", { fin: false });
    expect(events(first, clientFrame(0, "lo"))).toEqual(["1 Hel", "1 lo."]);
  });
});

describe("pieces", () => {
  test("of a data frame are told as they come, of a control frame when it is whole", () => {
    const frames = [clientFrame(2, "abcdef"), clientFrame(9, "ping")];
    const octets = concatBytes(frames);
    expect(events(octets)).toEqual(["2 abcdef.", "9 ping"]);
    expect(events(octets.subarray(0, 8), octets.subarray(8))).toEqual([
      "2 ab",
      "2 cdef.",
      "9 ping",
    ]);
    expect(events(octets.subarray(0, 20), octets.subarray(20))).toEqual(["2 abcdef.", "9 ping"]);
  });

  test("may have a control frame between them", () => {
    const first = clientFrame(1, "a", { fin: false });
    expect(events(first, clientFrame(9), clientFrame(0, "b"))).toEqual(["1 a", "9 ", "1 b."]);
  });

  test("of a message that has begun are known, and of a frame", () => {
    const parser = new FrameParser(limits);
    expect(parser.isWithin).toBe(false);
    parser.push(clientFrame(1, "a", { fin: false }));
    parser.next();
    expect(parser.next().kind).toBe("need-data");
    expect(parser.isWithin).toBe(true);
    parser.push(clientFrame(0, "b"));
    parser.next();
    expect(parser.isWithin).toBe(false);
    parser.push(Uint8Array.of(0x89));
    parser.next();
    expect(parser.isWithin).toBe(true);
  });
});

describe("an error", () => {
  test("is told with the first octet that can't be right, and then for good", () => {
    const parser = new FrameParser(limits);
    parser.push(Uint8Array.of(0xc1));
    const error = "1002 a reserved bit is set (RFC 6455 §5.2)";
    expect(say(parser.next())).toBe(error);
    parser.push(clientFrame(1, "a"));
    expect(say(parser.next())).toBe(error);
  });

  test.each([
    [[0x83], "1002 opcode 3 is reserved (RFC 6455 §5.2)"],
    [[0x09], "1002 a control frame in fragments (RFC 6455 §5.5)"],
    [[0x80], "1002 a continuation of no message (RFC 6455 §5.4)"],
    [[0x81, 0x01], "1002 a frame that isn't masked (RFC 6455 §5.1)"],
    [[0x89, 0xfe], "1002 a control frame of more than 125 octets (RFC 6455 §5.5)"],
    [[0x81, 0xff, 0x80], "1002 a length of 64 bits (RFC 6455 §5.2)"],
    [[0x81, 0xfe, 0, 125], "1002 a length that isn't in its shortest form (RFC 6455 §5.2)"],
    [
      [0x81, 0xff, 0, 0, 0, 0, 0, 0, 255, 255],
      "1002 a length that isn't in its shortest form (RFC 6455 §5.2)",
    ],
    [[0x81, 0xff, 0, 0, 0, 0, 0, 1, 0x86, 0xa1], "1009 a message has at most 100000 octets"],
  ])("of %j", (octets, error) => {
    expect(events(Uint8Array.from(octets))).toEqual([error]);
    // All octets but the last are right so far.
    expect(events(Uint8Array.from(octets.slice(0, -1)))).toEqual([]);
  });

  test("is a message in more fragments than there may be", () => {
    const piece = clientFrame(0, "", { fin: false });
    const first = clientFrame(1, "", { fin: false });
    expect(events(first, piece, piece, clientFrame(0))).toEqual(["1 ", "1 ", "1 ", "1 ."]);
    expect(events(first, piece, piece, piece, piece).at(-1)).toBe(
      "1008 a message has at most 4 fragments",
    );
  });

  test("is a message that is too long with its fragments together", () => {
    const half = new Uint8Array(50_001);
    const first = clientFrame(2, half, { fin: false });
    // The second header is enough.
    expect(events(first, clientFrame(0, half).subarray(0, 4)).at(-1)).toBe(
      "1009 a message has at most 100000 octets",
    );
  });
});
