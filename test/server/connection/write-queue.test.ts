import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { concatBytes, latin1Bytes } from "../../../src/http/octets/bytes.ts";
import { bytes } from "../../../src/base/units.ts";
import { MemoryTotal } from "../../../src/server/connection/memory-total.ts";
import type { QueuedMemory } from "../../../src/server/connection/write-queue.ts";
import { WriteQueue } from "../../../src/server/connection/write-queue.ts";
import { FakeTransport } from "../fake-transport.ts";

const gatherBytes = 128 * 1024;

/** Flushes once more, as after a drain. */
function drain(outbox: WriteQueue): string {
  outbox.drained();
  return outbox.flush();
}

function filled(length: number, octet: number): Uint8Array {
  return new Uint8Array(length).fill(octet);
}

describe("ordered output", () => {
  test("has nothing to write at first, and does not write it", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    expect(outbox.pending).toBe(0);
    expect(outbox.flush()).toBe("sent");
    expect(transport.attempts).toBe(0);
  });

  test("writes all that one turn has queued in one write", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    outbox.addText("HTTP/1.1 200 OK\r\n\r\n");
    outbox.addBytes(latin1Bytes("one"));
    outbox.addText("HTTP/1.1 204 No Content\r\n\r\n");
    outbox.addBytes(latin1Bytes("two"));
    expect(outbox.pending).toBe(52);
    expect(outbox.flush()).toBe("sent");
    expect(transport.writes.length).toBe(1);
    expect(transport.text).toBe("HTTP/1.1 200 OK\r\n\r\noneHTTP/1.1 204 No Content\r\n\r\ntwo");
    expect(outbox.pending).toBe(0);
  });

  test("writes text as Latin-1, one octet for each code unit", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    outbox.addText("\u0000é\u00ff");
    outbox.flush();
    expect([...transport.octets]).toEqual([0x00, 0xe9, 0xff]);
  });

  test("gathers up to its buffer's size into one write, and not an octet more", () => {
    for (const [second, writes] of [
      [gatherBytes - 10, 1],
      [gatherBytes - 9, 2],
    ] as const) {
      const transport = new FakeTransport();
      const outbox = new WriteQueue(transport);
      outbox.addText("0123456789");
      outbox.addBytes(filled(second, 0x61));
      expect(outbox.flush()).toBe("sent");
      expect(transport.writes.length).toBe(writes);
      expect(transport.taken).toBe(10 + second);
    }
  });

  test("writes a text that is longer than the gathering buffer", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    const text = "é".repeat(gatherBytes + 1);
    outbox.addText(text);
    outbox.addText("!");
    expect(outbox.flush()).toBe("sent");
    expect(transport.text).toBe(`${text}!`);
  });

  test("says that more follows when it is told so, and only then", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    outbox.addText("head");
    outbox.flush(true);
    expect(transport.heldBack).toBe(1);
    outbox.addText("last");
    outbox.flush();
    expect(transport.heldBack).toBe(1);
    expect(transport.text).toBe("headlast");
  });

  test("ignores a piece without octets", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    outbox.addBytes(new Uint8Array(0));
    expect(outbox.pending).toBe(0);
    expect(outbox.flush()).toBe("sent");
    expect(transport.attempts).toBe(0);
  });
});

describe("back-pressure", () => {
  test("keeps what the socket did not take, and sends it after the drain", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    outbox.addText("abc");
    outbox.addText("defgh");
    transport.room = 4;
    expect(outbox.flush()).toBe("blocked");
    expect(outbox.pending).toBe(4);
    outbox.addText("ij");
    transport.room = Infinity;
    expect(drain(outbox)).toBe("sent");
    expect(transport.text).toBe("abcdefghij");
  });

  test("keeps everything when the socket takes nothing", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    outbox.addText("abc");
    transport.room = 0;
    expect(outbox.flush()).toBe("blocked");
    expect(outbox.pending).toBe(3);
    transport.room = Infinity;
    expect(drain(outbox)).toBe("sent");
    expect(transport.text).toBe("abc");
  });

  test("keeps its own octets while other connections write theirs", () => {
    const [mine, other] = [new FakeTransport(), new FakeTransport()];
    const outbox = new WriteQueue(mine);
    outbox.addText("private: ");
    outbox.addText("the answer for one client");
    mine.room = 3;
    expect(outbox.flush()).toBe("blocked");
    const elsewhere = new WriteQueue(other);
    elsewhere.addText("XXXXXXXXXXXXXXXXXXXX");
    elsewhere.addText("YYYYYYYYYYYYYYYYYYYY");
    expect(elsewhere.flush()).toBe("sent");
    mine.room = Infinity;
    expect(drain(outbox)).toBe("sent");
    expect(mine.text).toBe("private: the answer for one client");
  });

  test("copies what has to wait, so that what was lent may change", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    const lent = latin1Bytes("at 08:49:37.");
    transport.room = 3;
    outbox.addBytes(lent);
    expect(outbox.flush()).toBe("blocked");
    outbox.addBytes(lent);
    lent.set(latin1Bytes("at 09:50:48."));
    transport.room = Infinity;
    expect(drain(outbox)).toBe("sent");
    expect(transport.text).toBe("at 08:49:37.at 08:49:37.");
  });

  test("drops everything when the client is gone, and says so ever after", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    outbox.addText("abc");
    transport.broken = true;
    expect(outbox.flush()).toBe("gone");
    expect(outbox.pending).toBe(0);
    outbox.addText("d");
    expect(drain(outbox)).toBe("gone");
    expect(transport.writes).toEqual([]);
  });

  test("is removed, too, when the client disconnects after half of the octets", () => {
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport);
    outbox.addText("abcd");
    transport.room = 2;
    expect(outbox.flush()).toBe("blocked");
    transport.broken = true;
    expect(drain(outbox)).toBe("gone");
    expect(transport.text).toBe("ab");
  });
});

/** What can be done to some outboxes that share a process. */
type Step =
  | { readonly kind: "text" | "bytes"; readonly box: number; readonly length: number }
  | { readonly kind: "flush"; readonly box: number; readonly room: number };

const boxCount = 3;
const box = fc.nat({ max: boxCount - 1 });
const lengths = fc.oneof(
  fc.nat({ max: 40 }),
  fc.integer({ min: gatherBytes - 20, max: gatherBytes + 20 }),
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom("text", "bytes"), box, length: lengths }),
    fc.record({ kind: fc.constant("flush"), box, room: lengths }),
  ),
  { maxLength: 40 },
);

test("keeps order and octets of each connection, however much a socket takes at a time", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const transports = Array.from({ length: boxCount }, () => new FakeTransport());
      const outboxes = transports.map((transport) => new WriteQueue(transport));
      const expected: Uint8Array[][] = transports.map(() => []);
      let octet = 0;
      for (const step of all) {
        const outbox = outboxes[step.box];
        const transport = transports[step.box];
        if (outbox === undefined || transport === undefined) throw new Error("no such box");
        if (step.kind === "flush") {
          transport.room = step.room;
          const fits = outbox.pending <= step.room;
          expect(drain(outbox)).toBe(fits ? "sent" : "blocked");
          continue;
        }
        const content = filled(step.length, (octet = (octet + 1) % 256));
        expected[step.box]?.push(content);
        if (step.kind === "bytes") outbox.addBytes(content);
        else outbox.addText(String.fromCharCode(octet).repeat(step.length));
      }
      for (const [index, outbox] of outboxes.entries()) {
        const transport = transports[index];
        if (transport === undefined) throw new Error("no such box");
        transport.room = Infinity;
        expect(drain(outbox)).toBe("sent");
        const wanted = concatBytes(expected[index] ?? []);
        expect(Buffer.compare(transport.octets, wanted)).toBe(0);
      }
    }),
    { numRuns: 200 },
  );
});

/** A total of `octetsMax`, and what of it is taken. */
function total(octetsMax: number) {
  const memory = new MemoryTotal();
  const queued: QueuedMemory = {
    take: (octets) => memory.take(octets, 0, bytes(octetsMax)),
    release: (octets) => memory.release(octets),
  };
  return { memory, queued };
}

describe("the memory of output that waits", () => {
  test("is taken while the socket is full, and given back with what the client reads", () => {
    const { memory, queued } = total(2 * gatherBytes);
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport, queued);
    outbox.addBytes(filled(100_000, 0x61));
    transport.room = 10_000;
    expect(outbox.flush()).toBe("blocked");
    expect(memory.octets).toBe(90_000);
    transport.room = 40_000;
    outbox.drained();
    expect(outbox.flush()).toBe("blocked");
    expect(memory.octets).toBe(50_000);
    transport.room = Infinity;
    outbox.drained();
    expect(outbox.flush()).toBe("sent");
    expect(memory.octets).toBe(0);
    expect(transport.octets).toEqual(filled(100_000, 0x61));
  });

  test("is given back when the connection is over", () => {
    const { memory, queued } = total(2 * gatherBytes);
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport, queued);
    outbox.addBytes(filled(100_000, 0x61));
    transport.room = 0;
    expect(outbox.flush()).toBe("blocked");
    outbox.release();
    expect(memory.octets).toBe(0);
  });

  test("is not enough for one connection more, which is given up with nothing wrong sent", () => {
    const { memory, queued } = total(250_000);
    const transports = Array.from({ length: 3 }, () => new FakeTransport());
    const outcomes = transports.map((transport) => {
      const outbox = new WriteQueue(transport, queued);
      outbox.addBytes(filled(100_000, 0x61));
      transport.room = 0;
      return outbox.flush();
    });
    expect(outcomes).toEqual(["blocked", "blocked", "gone"]);
    expect(memory.octets).toBe(200_000);
    expect(transports.map(({ octets }) => octets.length)).toEqual([0, 0, 0]);
    // A small response is kept all the same.
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport, queued);
    outbox.addBytes(filled(16_384, 0x61));
    transport.room = 0;
    expect(outbox.flush()).toBe("blocked");
    expect(memory.octets).toBe(200_000);
  });

  test("isn't taken for what is kept elsewhere, however little of it is left", () => {
    const { memory, queued } = total(1);
    const transport = new FakeTransport();
    const outbox = new WriteQueue(transport, queued);
    const content = filled(3 * gatherBytes, 0x61);
    content.fill(0x62, gatherBytes);
    outbox.addBytes(content);
    for (const room of [gatherBytes, 2 * gatherBytes - 100_000, 50_000]) {
      transport.room = room;
      outbox.drained();
      expect(outbox.flush()).toBe("blocked");
      expect(memory.octets).toBe(0);
    }
    transport.room = Infinity;
    outbox.drained();
    expect(outbox.flush()).toBe("sent");
    expect(transport.octets).toEqual(content);
  });
});
