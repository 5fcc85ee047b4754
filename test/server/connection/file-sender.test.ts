import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { concatBytes, latin1Bytes } from "../../../src/http/octets/bytes.ts";
import type { FileHandle, FileSource } from "../../../src/http/message/response.ts";
import { FileSample } from "../../../src/http/message/file-sample.ts";
import { FileSender } from "../../../src/server/connection/file-sender.ts";
import type { WriteOutcome } from "../../../src/server/connection/write-outcome.ts";
import { FakeTransport } from "../fake-transport.ts";

/** A file of any size which holds, at each position, the position's lowest octet. */
class PatternFile implements FileSource {
  size: number;
  closed = 0;
  readonly reads: number[] = [];
  /** The most that one read answers with. */
  readonly readMax: number;
  readonly handle = 7 as unknown as FileHandle;
  /** Whether it has not been written to, and how often that was asked. */
  intact = true;
  grown = false;
  looks = 0;
  onRead = (_position: number): void => {};
  /** The position of an octet that isn't what it was. */
  edited = -1;

  constructor(size: number, readMax = Infinity) {
    this.size = size;
    this.readMax = readMax;
  }

  read(into: Uint8Array, position: number): number {
    this.reads.push(position);
    this.onRead(position);
    const count = Math.max(0, Math.min(into.length, this.size - position, this.readMax));
    for (let i = 0; i < count; i++) into[i] = (position + i) % 256;
    const edited = this.edited - position;
    if (edited >= 0 && edited < count) into[edited] = (this.edited + 1) % 256;
    return count;
  }

  isIntact(): boolean {
    this.looks++;
    return this.intact;
  }

  hasGrown(): boolean {
    return this.grown;
  }

  close(): void {
    this.closed++;
  }
}

/** A share of `file`. */
function shareOf(file: PatternFile): FileSource {
  return {
    handle: file.handle,
    read: (into, position) => file.read(into, position),
    isIntact: () => file.isIntact(),
    hasGrown: () => file.hasGrown(),
    close: () => file.close(),
  };
}

/** What a `PatternFile` holds in `[start, start + octets)`. */
function pattern(start: number, octets: number): Uint8Array {
  return Uint8Array.from({ length: octets }, (_, i) => (start + i) % 256);
}

const sizes = { sendPieceBytes: 100, sendBurstBytes: 250 };

const ways = [
  ["a transport that carries files", true],
  ["a transport that can only write", false],
] as const;

function transportOf(carries: boolean): FakeTransport {
  const transport = new FakeTransport();
  transport.carries = carries;
  return transport;
}

/** A sender that waits for its client, when half of the file's 1000 octets are sent. */
function parked(file: PatternFile, transport: FakeTransport): FileSender {
  const sender = new FileSender(file, [{ start: 0, octets: 1000 }], {
    ...sizes,
    sendBurstBytes: 5000,
  });
  transport.room = 500;
  expect(sender.pump(transport)).toBe("blocked");
  transport.room = Infinity;
  return sender;
}

describe.each(ways)("over %s, a sender", (_, carries) => {
  test("sends a region from its start to before its end, and no octet beside it", () => {
    const transport = transportOf(carries);
    const sender = new FileSender(new PatternFile(1000), [{ start: 7, octets: 150 }], sizes);
    expect(sender.left).toBe(150);
    expect(sender.pump(transport)).toBe("sent");
    expect(transport.octets).toEqual(pattern(7, 150));
    expect(sender.left).toBe(0);
  });

  test("has sent an empty region without reading or writing", () => {
    const transport = transportOf(carries);
    const file = new PatternFile(10);
    expect(new FileSender(file, [{ start: 0, octets: 0 }], sizes).pump(transport)).toBe("sent");
    expect(file.reads).toEqual([]);
    expect(transport.attempts).toBe(0);
  });

  test("stops after a turn's share, and goes on from there", () => {
    const transport = transportOf(carries);
    const sender = new FileSender(new PatternFile(1000), [{ start: 0, octets: 700 }], sizes);
    expect(sender.pump(transport)).toBe("later");
    // What is read in pieces ends with a whole one.
    const share = carries ? 250 : 300;
    expect(transport.taken).toBe(share);
    expect(sender.pump(transport)).toBe("later");
    expect(transport.taken).toBe(2 * share);
    expect(sender.pump(transport)).toBe("sent");
    expect(transport.octets).toEqual(pattern(0, 700));
  });

  test("reads again from where the socket stopped taking", () => {
    const transport = transportOf(carries);
    const file = new PatternFile(1000);
    const sender = new FileSender(file, [{ start: 0, octets: 120 }], sizes);
    transport.room = 33;
    expect(sender.pump(transport)).toBe("blocked");
    expect(sender.left).toBe(87);
    transport.room = 0;
    expect(sender.pump(transport)).toBe("blocked");
    expect(sender.left).toBe(87);
    transport.room = Infinity;
    expect(sender.pump(transport)).toBe("sent");
    // The kernel's reads, and an octet each time it stops, to learn when the socket has drained.
    // The first time a sample of the file is read as well.
    const sample = [0, 0, 56, 56, 56];
    expect(file.reads).toEqual(carries ? [0, 33, ...sample, 33, 33] : [0, ...sample, 33, 33]);
    expect(transport.octets).toEqual(pattern(0, 120));
  });

  test("goes on when a read answers with less than was asked for", () => {
    const transport = transportOf(carries);
    const file = new PatternFile(1000, 7);
    const sender = new FileSender(file, [{ start: 1, octets: 50 }], sizes);
    expect(sender.pump(transport)).toBe("sent");
    expect(transport.octets).toEqual(pattern(1, 50));
  });

  test("breaks off, and never pads, when the file has shrunk", () => {
    const transport = transportOf(carries);
    const file = new PatternFile(130);
    const sender = new FileSender(file, [{ start: 0, octets: 200 }], sizes);
    expect(sender.pump(transport)).toBe("short");
    expect(transport.octets).toEqual(pattern(0, 130));
    expect(sender.left).toBe(70);
  });

  test("sends no octet that the file has grown by", () => {
    const transport = transportOf(carries);
    const file = new PatternFile(50);
    const sender = new FileSender(file, [{ start: 0, octets: 50 }], sizes);
    file.size = 5000;
    expect(sender.pump(transport)).toBe("sent");
    expect(transport.octets).toEqual(pattern(0, 50));
  });

  test("says that the client is gone", () => {
    const transport = transportOf(carries);
    transport.broken = true;
    const sender = new FileSender(new PatternFile(50), [{ start: 0, octets: 50 }], sizes);
    expect(sender.pump(transport)).toBe("gone");
  });

  test("closes its file when it is told to", () => {
    const file = new PatternFile(50);
    const sender = new FileSender(file, [{ start: 0, octets: 50 }], sizes);
    expect(file.closed).toBe(0);
    sender.close();
    expect(file.closed).toBe(1);
  });

  describe("positions past 4 GB", () => {
    const gigabyte = 2 ** 30;

    test("are read as they are, without a lap at 2^31 or 2^32", () => {
      for (const start of [2 * gigabyte - 50, 4 * gigabyte - 50, 9000 * gigabyte + 3]) {
        const transport = transportOf(carries);
        const file = new PatternFile(Number.MAX_SAFE_INTEGER);
        const sender = new FileSender(file, [{ start, octets: 180 }], sizes);
        expect(sender.pump(transport)).toBe("sent");
        expect(file.reads).toEqual(carries ? [start] : [start, start + 100]);
        expect(transport.octets).toEqual(pattern(start, 180));
      }
    });

    test("are counted in what is left", () => {
      const file = new PatternFile(Number.MAX_SAFE_INTEGER);
      const sender = new FileSender(file, [{ start: 0, octets: 6 * gigabyte }], sizes);
      expect(sender.pump(transportOf(carries))).toBe("later");
      expect(sender.left).toBe(6 * gigabyte - (carries ? 250 : 300));
    });
  });

  test("senders that take turns don't mix their octets, however much each socket takes", () => {
    const turns = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 400 })), { maxLength: 40 });
    fc.assert(
      fc.property(turns, fc.integer({ min: 1, max: 300 }), (all, readMax) => {
        const regions = [
          { start: 0, octets: 900 },
          { start: 85, octets: 401 },
          { start: 3_000_000_000, octets: 260 },
        ];
        const transports = regions.map(() => transportOf(carries));
        const senders = regions.map(
          (region) => new FileSender(new PatternFile(2 ** 40, readMax), [region], sizes),
        );
        const pump = (index: number, room: number): WriteOutcome => {
          const [sender, transport] = [senders[index], transports[index]];
          if (sender === undefined || transport === undefined) throw new Error("no such sender");
          transport.room = room;
          return sender.pump(transport);
        };
        for (const [index, room] of all) pump(index, room);
        for (const [index, region] of regions.entries()) {
          let outcome = pump(index, Infinity);
          while (outcome === "later") outcome = pump(index, Infinity);
          expect(outcome).toBe("sent");
          const octets = concatBytes(transports[index]?.writes ?? []);
          expect(Buffer.compare(octets, pattern(region.start, region.octets))).toBe(0);
        }
      }),
      { numRuns: 100 },
    );
  });

  describe("regions and octets between them", () => {
    const head = latin1Bytes("--x\r\n");
    const tail = latin1Bytes("\r\n--x--\r\n");

    test("are sent in their order", () => {
      const transport = transportOf(carries);
      const pieces = [head, { start: 300, octets: 120 }, head, { start: 7, octets: 3 }, tail];
      const sender = new FileSender(new PatternFile(1000), pieces, {
        ...sizes,
        sendBurstBytes: 500,
      });
      expect(sender.left).toBe(142);
      expect(sender.pump(transport)).toBe("sent");
      expect(transport.octets).toEqual(
        concatBytes([head, pattern(300, 120), head, pattern(7, 3), tail]),
      );
      expect(sender.left).toBe(0);
    });

    test("may be empty, or none, and are passed over", () => {
      const transport = transportOf(carries);
      const empty = new Uint8Array(0);
      const file = new PatternFile(10);
      const pieces = [empty, { start: 5, octets: 0 }, head, empty, { start: 10, octets: 0 }, empty];
      expect(new FileSender(file, pieces, sizes).pump(transport)).toBe("sent");
      expect(transport.octets).toEqual(head);
      expect(file.reads).toEqual([]);
      expect(new FileSender(file, [], sizes).pump(transport)).toBe("sent");
    });

    test("break off where the file ends too early, and what comes after it isn't sent", () => {
      const transport = transportOf(carries);
      const pieces = [head, { start: 0, octets: 20 }, tail];
      const sender = new FileSender(new PatternFile(15), pieces, sizes);
      expect(sender.pump(transport)).toBe("short");
      expect(transport.octets).toEqual(concatBytes([head, pattern(0, 15)]));
    });

    test("arrive whole and in order, however much the socket and the file give at a time", () => {
      const octets = fc.uint8Array({ maxLength: 150 });
      const region = fc.record({
        start: fc.oneof(fc.nat({ max: 1000 }), fc.constant(2 ** 32 - 60)),
        octets: fc.nat({ max: 400 }),
      });
      const rooms = fc.array(fc.nat({ max: 300 }), { maxLength: 30 });
      const lists = fc.array(fc.oneof(octets, region), { maxLength: 8 });
      fc.assert(
        fc.property(lists, rooms, fc.integer({ min: 1, max: 200 }), (pieces, all, readMax) => {
          const transport = transportOf(carries);
          const sender = new FileSender(new PatternFile(2 ** 40, readMax), pieces, sizes);
          const wanted = concatBytes(
            pieces.map((piece) =>
              piece instanceof Uint8Array ? piece : pattern(piece.start, piece.octets),
            ),
          );
          expect(sender.left).toBe(wanted.length);
          for (const room of [...all, ...Array<number>(40).fill(Infinity)]) {
            transport.room = room;
            const taken = transport.taken;
            const outcome = sender.pump(transport);
            expect(sender.left).toBe(wanted.length - transport.taken);
            expect(outcome === "sent").toBe(sender.left === 0);
            // A turn sends its share, and at most a write more.
            expect(transport.taken - taken).toBeLessThan(sizes.sendBurstBytes + 150);
          }
          expect(Buffer.compare(transport.octets, wanted)).toBe(0);
        }),
        { numRuns: 300 },
      );
    });
  });

  describe("of a file that grows", () => {
    test("goes on when it grew before the first turn ended", () => {
      const transport = transportOf(carries);
      const file = new PatternFile(1000);
      const sender = new FileSender(file, [{ start: 0, octets: 600 }], sizes);
      file.onRead = () => {
        file.intact = false;
        file.grown = true;
      };
      if (carries) file.onRead(0);
      let outcome = sender.pump(transport);
      expect(outcome).toBe("later");
      while (outcome === "later") outcome = sender.pump(transport);
      expect(outcome).toBe("sent");
      expect(transport.octets).toEqual(pattern(0, 600));
    });

    test("begins when it grew before that, and was open already", () => {
      const transport = transportOf(carries);
      const file = new PatternFile(1000);
      file.intact = false;
      const shared = { ...shareOf(file), share: () => shareOf(file) };
      const begin = (): WriteOutcome =>
        new FileSender(shared, [{ start: 0, octets: 200 }], sizes).pump(transport);
      expect(begin()).toBe("changed");
      file.grown = true;
      expect(begin()).toBe("sent");
      expect(transport.octets).toEqual(pattern(0, 200));
    });

    test("begins after a wait when it holds what it held before it", () => {
      for (const edited of [-1, 0]) {
        const transport = transportOf(carries);
        const file = new PatternFile(1000);
        const pieces = [{ start: 0, octets: 200 }];
        const sender = new FileSender(file, pieces, sizes, FileSample.ofWhole(file, pieces));
        file.intact = false;
        file.edited = edited;
        expect(sender.pump(transport)).toBe(edited === -1 ? "sent" : "changed");
        expect(transport.octets).toEqual(edited === -1 ? pattern(0, 200) : new Uint8Array(0));
      }
    });
  });

  describe("of a file that is written to meanwhile", () => {
    test("breaks off in the next turn, and sends nothing more", () => {
      const transport = transportOf(carries);
      const file = new PatternFile(1000);
      const sender = new FileSender(file, [{ start: 0, octets: 1000 }], sizes);
      expect(sender.pump(transport)).toBe("later");
      const { taken } = transport;
      file.intact = false;
      file.edited = 999;
      expect(sender.pump(transport)).toBe("changed");
      expect(transport.taken).toBe(taken);
    });

    test("breaks off before the octets that would make it whole", () => {
      const transport = transportOf(carries);
      const file = new PatternFile(1000, 60);
      const sender = new FileSender(file, [{ start: 0, octets: 200 }], sizes);
      file.onRead = (position) => {
        if (position >= 120) file.intact = false;
      };
      expect(sender.pump(transport)).toBe("changed");
      expect(transport.octets).toEqual(pattern(0, carries ? 122 : 180));
    });

    test("breaks off before the octets after its last region, too", () => {
      const transport = transportOf(carries);
      const file = new PatternFile(1000);
      const pieces = [{ start: 0, octets: 40 }, latin1Bytes("--end--")];
      const sender = new FileSender(file, pieces, sizes);
      file.onRead = () => {
        file.intact = false;
      };
      expect(sender.pump(transport)).toBe("changed");
      expect(transport.octets).toEqual(pattern(0, 40));
    });

    test("goes on when the file has grown or was touched while the client paused", () => {
      const transport = transportOf(carries);
      const file = new PatternFile(1000);
      const sender = parked(file, transport);
      file.intact = false;
      file.size = 5000;
      expect(sender.pump(transport)).toBe("sent");
      expect(transport.octets).toEqual(pattern(0, 1000));
    });

    test.each([0, 499, 700, 999])("breaks off when octet %d is another one then", (changed) => {
      const transport = transportOf(carries);
      const file = new PatternFile(1000);
      const sender = parked(file, transport);
      file.intact = false;
      file.edited = changed;
      expect(sender.pump(transport)).toBe("changed");
      expect(transport.taken).toBe(500);
    });

    test("breaks off when the file has shrunk meanwhile", () => {
      const transport = transportOf(carries);
      const file = new PatternFile(1000);
      const sender = parked(file, transport);
      file.intact = false;
      file.size = 999;
      expect(sender.pump(transport)).toBe("changed");
    });

    test("breaks off when it was written to before the client paused", () => {
      const transport = transportOf(carries);
      const file = new PatternFile(1000);
      file.onRead = () => {
        file.intact = false;
      };
      expect(parked(file, transport).pump(transport)).toBe("changed");
    });

    test("takes one sample, however often the client pauses", () => {
      const transport = transportOf(carries);
      const file = new PatternFile(1000);
      const sender = parked(file, transport);
      const reads = file.reads.length;
      transport.room = 0;
      expect(sender.pump(transport)).toBe("blocked");
      expect(file.reads.length).toBe(reads + 1);
    });

    test("looks once in a turn, and not at all when all leaves at once", () => {
      const file = new PatternFile(1000);
      const whole = new FileSender(file, [{ start: 0, octets: 90 }], sizes);
      expect(whole.pump(transportOf(carries))).toBe("sent");
      expect(file.looks).toBe(0);
      const transport = transportOf(carries);
      const sender = new FileSender(file, [{ start: 0, octets: 700 }], sizes);
      // The sample is of the file as it was opened, which takes a look.
      expect(sender.pump(transport)).toBe("later");
      expect(file.looks).toBe(1);
      expect(sender.pump(transport)).toBe("later");
      expect(file.looks).toBe(2);
    });
  });

  describe("of a file that is open for others, too", () => {
    /** A file of which all have shares. */
    class SharedFile extends PatternFile {
      shares = 0;

      share(): PatternFile {
        this.shares++;
        return this;
      }
    }

    test("has a share of it, from the beginning to the end", () => {
      const file = new SharedFile(1000);
      const sender = new FileSender(file, [{ start: 0, octets: 90 }], sizes);
      expect([file.shares, file.closed]).toEqual([1, 0]);
      expect(sender.pump(transportOf(carries))).toBe("sent");
      sender.close();
      expect([file.shares, file.closed]).toEqual([1, 1]);
    });

    test("looks at it before the first octet", () => {
      const transport = transportOf(carries);
      const file = new SharedFile(1000);
      const pieces = [{ start: 0, octets: 90 }];
      expect(new FileSender(file, pieces, sizes).pump(transport)).toBe("sent");
      expect(file.looks).toBe(1);
      file.intact = false;
      expect(new FileSender(file, pieces, sizes).pump(transport)).toBe("changed");
      expect(transport.taken).toBe(90);
    });
  });

  test("takes a file that can't say whether it has changed at its word", () => {
    const transport = transportOf(carries);
    const content = new PatternFile(1000);
    const file = {
      read: (into: Uint8Array, position: number) => content.read(into, position),
      close() {},
    };
    const sender = new FileSender(file, [{ start: 0, octets: 600 }], sizes);
    while (sender.pump(transport) === "later");
    expect(transport.octets).toEqual(pattern(0, 600));
  });
});

test("a file that the kernel won't carry is read, and the kernel isn't asked again", () => {
  const transport = transportOf(true);
  let asked = 0;
  transport.sendFile = () => {
    asked++;
    return undefined;
  };
  const sender = new FileSender(new PatternFile(1000), [{ start: 5, octets: 400 }], sizes);
  expect(sender.pump(transport)).toBe("later");
  expect(sender.pump(transport)).toBe("sent");
  expect(transport.octets).toEqual(pattern(5, 400));
  expect(asked).toBe(1);
});

test("a file without a descriptor is read", () => {
  const transport = transportOf(true);
  const file = new PatternFile(1000);
  const { handle: _, ...rest } = file;
  const bare = { ...rest, read: file.read.bind(file), close() {} };
  expect(new FileSender(bare, [{ start: 5, octets: 200 }], sizes).pump(transport)).toBe("sent");
  expect(file.reads).toEqual([5, 105]);
});
