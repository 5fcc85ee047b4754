import { describe, expect, test } from "bun:test";

import { serve } from "../../../index.ts";
import { http1Factory } from "../../../src/server/http1/http1-factory.ts";
import { throttledFactory } from "../../../src/server/throttle/slow-lines.ts";
import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { RestlessScheduler } from "../../schedule/fake-scheduler.ts";
import { answer, contextOf } from "../fake-client.ts";
import { FakeTransport } from "../fake-transport.ts";

const request = latin1Bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

/** An event loop in which `clock` is the only alarm. */
class ClockScheduler extends RestlessScheduler {
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    super();
    this.#clock = clock;
  }

  override alarm(): FakeClock {
    return this.#clock;
  }
}

describe("throttled connections", () => {
  test("have a line each, and are equally fast", () => {
    const clock = new FakeClock();
    const context = contextOf({
      clock,
      scheduler: new ClockScheduler(clock),
      answer: () => answer("a".repeat(1_000_000)),
    });
    const factory = throttledFactory(http1Factory(), { bytesPerSecond: 20_000, latencyMs: 100 });
    const transports = Array.from({ length: 6 }, () => {
      const transport = new FakeTransport();
      factory(context, transport, "192.0.2.1").receive(request);
      return transport;
    });
    clock.advance(99);
    expect(transports.map(({ taken }) => taken)).toEqual([0, 0, 0, 0, 0, 0]);
    clock.advance(10_001);
    for (const { taken } of transports) expect(taken / 200_000).toBeCloseTo(1, 1);
    expect(new Set(transports.map(({ taken }) => taken)).size).toBe(1);
  });

  test("are forgotten by the timer when they are closed", () => {
    const clock = new FakeClock();
    const closed: unknown[] = [];
    const context = contextOf({
      clock,
      scheduler: new ClockScheduler(clock),
      answer: () => answer("a".repeat(1_000_000)),
      closed: (connection) => closed.push(connection),
    });
    const factory = throttledFactory(http1Factory(), { bytesPerSecond: 20_000, latencyMs: 0 });
    const connection = factory(context, new FakeTransport(), "192.0.2.1");
    connection.receive(request);
    expect(clock.alarmMs).toBeLessThan(Infinity);
    connection.closed();
    expect(clock.alarmMs).toBe(Infinity);
    expect(closed).toEqual([connection]);
  });

  test.each([false, true])("send whole files, with tls: %p", async (tls) => {
    const body = Buffer.alloc(300_000, "abc");
    await using server = await serve({ files: { "/a.bin": body }, tls, throttle: "2MB/20ms" });
    const client = tls ? { tls: { ca: server.ca ?? "" } } : {};
    const answers = Array.from({ length: 6 }, async () => {
      const response = await fetch(new URL("a.bin", server.url), client);
      return Buffer.from(await response.bytes()).equals(body);
    });
    expect(await Promise.all(answers)).toEqual([true, true, true, true, true, true]);
  });

  test("may become WebSockets", async () => {
    await using server = await serve({ files: {}, throttle: "1MB/10ms" });
    server.webSocket("/echo", { message: (socket, message) => socket.send(message) });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/echo`);
    const echoed = Promise.withResolvers<unknown>();
    const text = "a".repeat(100_000);
    socket.addEventListener("open", () => socket.send(text));
    socket.addEventListener("message", ({ data }) => echoed.resolve(data));
    expect(await echoed.promise).toBe(text);
    socket.close();
  });
});
