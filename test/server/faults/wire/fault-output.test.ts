/**
 * A response on its way through a fault, with a socket, a clock and an event loop that do what the
 * test says.
 */

import { describe, expect, test } from "bun:test";

import { latin1Bytes, latin1Text } from "../../../../src/http/octets/bytes.ts";
import type { FaultScript } from "../../../../src/server/faults/wire/fault-output.ts";
import { FaultOutput } from "../../../../src/server/faults/wire/fault-output.ts";
import type { FaultStep } from "../../../../src/server/faults/wire/fault-step.ts";
import { limitsWith } from "../../../http1/transcript.ts";
import { FakeClock } from "../../../schedule/fake-clock.ts";
import { FakeScheduler } from "../../../schedule/fake-scheduler.ts";
import { FakeTransport } from "../../fake-transport.ts";

const bytes = (text: string): Uint8Array => latin1Bytes(text);
const octets = (text: string): FaultStep => ({ kind: "octets", octets: bytes(text) });

/** An output, and what is around it. */
class Bench {
  readonly transport = new FakeTransport();
  readonly clock = new FakeClock();
  readonly scheduler = new FakeScheduler();
  readonly surroundings = {
    limits: () => limitsWith({ faultWaitTimeMs: 1000, lingerTimeMs: 50 }),
    scheduler: this.scheduler,
    open: new Set<FaultOutput>(),
    isStopping: false,
  };
  readonly output: FaultOutput;
  wentOn = 0;

  constructor(
    steps: (octets: Uint8Array) => Iterable<FaultStep>,
    { isEndless = false, octetsBefore = 0 } = {},
  ) {
    this.scheduler.alarm = () => this.clock;
    const script: FaultScript = {
      isEndless,
      steps: (piece) => steps(piece)[Symbol.iterator]() as Iterator<FaultStep, void>,
    };
    const goOn = (): void => void this.wentOn++;
    this.output = new FaultOutput(
      this.transport,
      script,
      { octetsBefore, goOn },
      this.surroundings,
    );
  }

  get open(): number {
    return this.surroundings.open.size;
  }
}

/** Each piece as it is. */
const proper = (piece: Uint8Array): FaultStep[] => [
  { kind: "octets", octets: piece, isContent: true },
];

describe("octets", () => {
  test("count as taken when what was made of them has been written, and not before", () => {
    const bench = new Bench((piece) => [octets("<"), ...proper(piece), octets(">")]);
    bench.transport.room = 3;
    expect(bench.output.write(bytes("abcd"))).toBe(0);
    expect(bench.transport.text).toBe("<ab");
    bench.transport.room = Infinity;
    // The connection presents again what wasn't taken, with what has come behind it.
    expect(bench.output.write(bytes("abcdef"))).toBe(6);
    expect(bench.transport.text).toBe("<abcd><ef>");
    expect(bench.output.contentOctets).toBe(6);
    expect(bench.output.isWaiting).toBe(false);
  });

  test("may be overwritten by their owner while they wait", () => {
    const bench = new Bench(proper);
    bench.transport.room = 1;
    const buffer = bytes("abc");
    expect(bench.output.write(buffer)).toBe(0);
    buffer.fill(0x78);
    bench.transport.room = Infinity;
    expect(bench.output.write(bytes("abc"))).toBe(3);
    expect(bench.transport.text).toBe("abc");
  });

  test("of earlier responses go before, as they are", () => {
    for (const room of [1, 2, 3, 4, 5, 6, 7]) {
      const bench = new Bench((piece) => [octets("<"), ...proper(piece), octets(">")], {
        octetsBefore: 3,
      });
      bench.transport.room = room;
      const first = bench.output.write(bytes("xyzab"));
      bench.transport.room = Infinity;
      const rest = bytes("xyzab".slice(first));
      expect(rest.length === 0 ? 0 : bench.output.write(rest)).toBe(rest.length);
      expect(bench.transport.text).toBe("xyz<ab>");
      expect(bench.output.contentOctets).toBe(2);
    }
  });

  test("come in pieces of any size, and a large one isn't turned into steps at once", () => {
    const sizes: number[] = [];
    const bench = new Bench((piece) => {
      sizes.push(piece.length);
      return proper(piece);
    });
    expect(bench.output.write(new Uint8Array(200_000))).toBe(200_000);
    expect(sizes).toEqual([65_536, 65_536, 65_536, 3392]);
    expect(bench.output.sendFile()).toBeUndefined();
  });

  test("go to a socket that is closed no more", () => {
    const bench = new Bench(proper);
    bench.transport.broken = true;
    expect(bench.output.write(bytes("abc"))).toBe(-1);
    expect(bench.output.write(bytes("abc"))).toBe(-1);
    bench.output.release();
    bench.output.terminate();
    expect([bench.transport.ending, bench.open]).toEqual(["terminate", 0]);
  });
});

describe("a wait", () => {
  test("holds octets back, and then the connection is asked to go on", () => {
    const bench = new Bench((piece) => [{ kind: "wait", ms: 100 }, ...proper(piece)]);
    expect(bench.output.write(bytes("abc"))).toBe(0);
    expect([bench.output.isWaiting, bench.output.isStalled]).toEqual([true, false]);
    bench.clock.advance(99);
    expect(bench.output.write(bytes("abc"))).toBe(0);
    expect([bench.transport.text, bench.wentOn]).toEqual(["", 0]);
    bench.clock.advance(1);
    expect([bench.output.isWaiting, bench.wentOn]).toEqual([false, 1]);
    expect(bench.output.write(bytes("abc"))).toBe(3);
    expect(bench.transport.text).toBe("abc");
  });

  test("that makes all waits together too long ends in a reset", () => {
    const bench = new Bench(() => [
      { kind: "wait", ms: 600 },
      { kind: "wait", ms: 600 },
    ]);
    expect(bench.output.write(bytes("a"))).toBe(0);
    bench.clock.advance(600);
    expect(bench.output.write(bytes("a"))).toBe(-1);
    bench.output.release();
    bench.output.terminate();
    expect(bench.transport.ending).toBe("terminate");
  });

  test("is over with the connection, and leaves no timer", () => {
    const bench = new Bench(() => [{ kind: "wait", ms: 100 }]);
    bench.output.write(bytes("a"));
    expect(bench.open).toBe(1);
    expect(bench.output.release()).toBe(bench.transport);
    expect([bench.clock.alarmMs, bench.open, bench.output.isWaiting]).toEqual([Infinity, 0, false]);
  });
});

describe("a rate", () => {
  test("lets so many octets go in a second, twenty times in each", () => {
    const bench = new Bench((piece) => [
      { kind: "octets", octets: piece, bytesPerSecond: 100, isContent: true },
    ]);
    const text = "0123456789".repeat(3);
    let sent = bench.output.write(bytes(text));
    const counts: number[] = [];
    while (sent === 0) {
      counts.push(bench.output.contentOctets);
      bench.clock.advance(50);
      sent = bench.output.write(bytes(text));
    }
    expect(counts).toEqual([5, 10, 15, 20, 25, 30]);
    expect([sent, bench.transport.text]).toEqual([30, text]);
  });

  test("of less than that has one octet at a time", () => {
    const bench = new Bench((piece) => [{ kind: "octets", octets: piece, bytesPerSecond: 2 }]);
    bench.output.write(bytes("abc"));
    expect([bench.transport.text, bench.clock.alarmMs]).toEqual(["a", 1500]);
    bench.clock.advance(500);
    bench.output.write(bytes("abc"));
    expect(bench.transport.text).toBe("ab");
  });
});

describe("an end", () => {
  test("by FIN shuts, then waits for the client, but not for ever", () => {
    const bench = new Bench((piece) => [...proper(piece), { kind: "end", by: "fin" }]);
    expect(bench.output.write(bytes("abc"))).toBe(-1);
    expect(bench.output.write(bytes("abc"))).toBe(-1);
    expect([bench.transport.text, bench.output.contentOctets]).toEqual(["abc", 3]);
    bench.output.release();
    bench.output.terminate();
    expect(bench.transport.calls).toEqual(["shutdown", "resume"]);
    expect(bench.open).toBe(1);
    bench.clock.advance(50);
    expect(bench.transport.calls).toEqual(["shutdown", "resume", "close"]);
    expect(bench.open).toBe(0);
  });

  test("by a reset comes when the client's system has what precedes it", () => {
    const bench = new Bench((piece) => [...proper(piece), { kind: "end", by: "reset" }]);
    bench.transport.held = 3;
    expect(bench.output.write(bytes("abc"))).toBe(0);
    bench.clock.advance(5);
    expect(bench.output.write(bytes("abc"))).toBe(0);
    bench.transport.held = 0;
    bench.clock.advance(5);
    expect(bench.output.write(bytes("abc"))).toBe(-1);
    bench.output.release();
    bench.output.terminate();
    expect(bench.transport.calls).toEqual(["terminate"]);
  });

  test("by a reset isn't waited for with a client that never reads", () => {
    const bench = new Bench((piece) => [...proper(piece), { kind: "end", by: "reset" }]);
    bench.transport.held = 3;
    let looks = 0;
    while (bench.output.write(bytes("abc")) === 0) {
      looks++;
      bench.clock.advance(5);
    }
    expect(looks).toBe(200);
  });

  test.each(["fin", "reset"] as const)("behind all of a response, by %s", (by) => {
    const bench = new Bench((piece) => [...proper(piece), { kind: "end", by, isWhole: true }]);
    let taken = bench.output.write(bytes("abc"));
    for (; taken === 0; taken = bench.output.write(bytes("abc"))) bench.clock.advance(5);
    expect(taken).toBe(3);
    const transport = bench.output.release();
    if (by === "fin") expect(transport).toBe(bench.transport);
    else expect(transport.write(bytes("next"))).toBe(-1);
    bench.scheduler.endTurn();
    expect(bench.transport.ending).toBe(by === "fin" ? "shutdown" : "terminate");
    expect([bench.transport.text, bench.open]).toEqual(["abc", 0]);
  });
});

/** An output that waits for its client to leave. */
function stall(): Bench {
  const bench = new Bench(() => [octets("a"), { kind: "stall" }, octets("b")]);
  expect(bench.output.write(bytes("x"))).toBe(0);
  expect([bench.output.isStalled, bench.transport.text]).toEqual([true, "a"]);
  return bench;
}

describe("a stall", () => {
  test("ends in a reset when it is as long as a fault may wait", () => {
    const bench = stall();
    bench.clock.advance(999);
    expect(bench.wentOn).toBe(0);
    bench.clock.advance(1);
    while (bench.output.write(bytes("x")) === 0) bench.clock.advance(5);
    expect(bench.transport.text).toBe("a");
  });

  test("ends in a reset when the server stops", () => {
    const bench = stall();
    bench.surroundings.isStopping = true;
    bench.output.stop();
    expect(bench.wentOn).toBe(1);
    while (bench.output.write(bytes("x")) === 0) bench.clock.advance(5);
    bench.output.release();
    bench.output.terminate();
    expect([bench.transport.text, bench.transport.ending]).toEqual(["a", "terminate"]);
  });
});

describe("a server that stops", () => {
  test("waits for no latency and no rate", () => {
    const bench = new Bench((piece) => [
      { kind: "wait", ms: 900 },
      { kind: "octets", octets: piece, bytesPerSecond: 1 },
    ]);
    expect(bench.output.write(bytes("abc"))).toBe(0);
    bench.surroundings.isStopping = true;
    bench.output.stop();
    expect([bench.wentOn, bench.clock.alarmMs]).toEqual([1, Infinity]);
    expect(bench.output.write(bytes("abc"))).toBe(3);
    expect(bench.transport.text).toBe("abc");
  });

  test("resets what has no end, and closes what lingers", () => {
    const endless = new Bench(proper, { isEndless: true });
    endless.surroundings.isStopping = true;
    expect(endless.output.write(bytes("abc"))).toBe(-1);
    const closing = new Bench(() => [{ kind: "end", by: "fin" }]);
    closing.output.write(bytes("a"));
    closing.output.release();
    closing.output.terminate();
    closing.surroundings.isStopping = true;
    closing.output.stop();
    expect(closing.transport.calls).toEqual(["shutdown", "resume", "close"]);
    const late = new Bench(() => [{ kind: "end", by: "fin" }]);
    late.surroundings.isStopping = true;
    late.output.write(bytes("a"));
    late.output.release();
    late.output.terminate();
    expect([late.transport.calls, late.open, late.clock.alarmMs]).toEqual([["close"], 0, Infinity]);
    expect([closing.open, closing.clock.alarmMs]).toEqual([0, Infinity]);
  });
});

test("all else is the transport's", () => {
  const bench = new Bench(proper);
  bench.transport.held = 7;
  expect([bench.output.queued(), bench.output.segmentOctets()]).toEqual([7, undefined]);
  bench.output.pause();
  bench.output.resume();
  bench.output.shutdown();
  bench.output.close();
  expect(bench.transport.calls).toEqual(["pause", "resume", "shutdown", "close"]);
  expect(bench.output.writeMore(bytes("ab"))).toBe(2);
  expect(latin1Text(bench.transport.octets)).toBe("ab");
});
