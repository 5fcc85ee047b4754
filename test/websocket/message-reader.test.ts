import { describe, expect, test } from "bun:test";

import { concatBytes } from "../../src/http/octets/bytes.ts";
import { MessageReader } from "../../src/websocket/message-reader.ts";
import { clientFrame } from "./client-frames.ts";
import { cutTexts, invalidTexts, validTexts } from "./utf8-texts.ts";

const limits = { webSocketMessageBytesMax: 10_000, webSocketFragmentsMax: 100 };

/** A reader, and the memory that it holds. */
class Reading {
  readonly reader: MessageReader;
  heldMax = Infinity;
  held = 0;

  constructor() {
    this.reader = new MessageReader(limits, (octets, before) => {
      if (this.held - before + octets > this.heldMax) return false;
      this.held += octets - before;
      return true;
    });
  }

  /** Messages, and codes of faults, that come of `pieces`. */
  read(...pieces: readonly Uint8Array[]): unknown[] {
    const all: unknown[] = [];
    for (const piece of pieces) {
      this.reader.push(piece.slice());
      for (;;) {
        const event = this.reader.next();
        if (event.kind === "need-data") break;
        if (event.kind === "message") all.push(event.message);
        if (event.kind !== "error") continue;
        all.push(event.fault.code);
        return all;
      }
    }
    return all;
  }
}

/** `octets` as a text message in fragments of one octet. */
const inFragments = (octets: Uint8Array): Uint8Array[] => [
  clientFrame(1, "", { fin: false }),
  ...Array.from(octets, (octet) => clientFrame(0, Uint8Array.of(octet), { fin: false })),
  clientFrame(0),
];

describe("text messages (RFC 6455 §5.6, §8.1)", () => {
  test.each(Object.entries(validTexts))("of %s", (_name, octets) => {
    const text = Buffer.from(octets).toString();
    expect(new Reading().read(clientFrame(1, octets))).toEqual([text]);
    const fragments = inFragments(octets);
    expect(new Reading().read(...fragments)).toEqual([text]);
    expect(new Reading().read(concatBytes(fragments))).toEqual([text]);
  });

  test.each(Object.entries(invalidTexts))("are refused: %s", (_name, [octets, wrongAt]) => {
    expect(new Reading().read(clientFrame(1, octets))).toEqual([1007]);
    const fragments = inFragments(octets);
    // The fragment with the octet that can't be is enough.
    expect(new Reading().read(...fragments.slice(0, 1 + wrongAt))).toEqual([1007]);
    expect(new Reading().read(...fragments.slice(0, wrongAt))).toEqual([]);
  });

  test.each(Object.entries(cutTexts))("are refused at their end: %s", (_name, octets) => {
    expect(new Reading().read(clientFrame(1, octets))).toEqual([1007]);
    const fragments = inFragments(octets);
    expect(new Reading().read(...fragments.slice(0, -1))).toEqual([]);
    expect(new Reading().read(...fragments)).toEqual([1007]);
  });

  test("are refused within a frame that hasn't all come", () => {
    const frame = clientFrame(1, Uint8Array.of(0x61, 0xff, 0x61, 0x61));
    expect(new Reading().read(frame.subarray(0, 7))).toEqual([]);
    expect(new Reading().read(frame.subarray(0, 7), frame.subarray(7, 8))).toEqual([1007]);
  });
});

describe("binary messages", () => {
  test("are any octets, whole or in pieces", () => {
    const octets = Uint8Array.of(0xff, 0, 0x80, 0xc0);
    const frame = clientFrame(2, octets);
    for (let cut = 0; cut <= frame.length; cut++) {
      expect(new Reading().read(frame.subarray(0, cut), frame.subarray(cut))).toEqual([octets]);
    }
  });

  test("that are short don't keep what came with them", () => {
    const [message] = new Reading().read(
      concatBytes([clientFrame(2, "abc"), clientFrame(2, new Uint8Array(5000))]),
    );
    expect((message as Uint8Array).buffer.byteLength).toBe(3);
  });
});

describe("the memory of a message", () => {
  test("grows with what has come, and is given back with the message", () => {
    const reading = new Reading();
    const frame = clientFrame(2, new Uint8Array(9000));
    expect(reading.read(frame.subarray(0, 100))).toEqual([]);
    expect(reading.held).toBe(1024);
    expect(reading.read(frame.subarray(100, 4000))).toEqual([]);
    expect(reading.held).toBe(2 * (4000 - 8));
    expect((reading.read(frame.subarray(4000))[0] as Uint8Array).length).toBe(9000);
    expect(reading.held).toBe(0);
  });

  test("is given back when no more is read", () => {
    const reading = new Reading();
    reading.read(clientFrame(2, "abc", { fin: false }));
    expect(reading.held).toBe(1024);
    reading.reader.release();
    expect(reading.held).toBe(0);
  });

  test("that can't be had closes with 1013", () => {
    const reading = new Reading();
    reading.heldMax = 1024;
    const first = clientFrame(2, new Uint8Array(1000), { fin: false });
    expect(reading.read(first, clientFrame(0, new Uint8Array(25)))).toEqual([1013]);
  });
});
