import { describe, expect, test } from "bun:test";

import type { Limits } from "../../../../src/base/limits.ts";
import { resolveLimits } from "../../../../src/base/limits.ts";
import { SystemClock } from "../../../../src/schedule/clock.ts";
import { EventLoop } from "../../../../src/schedule/event-loop.ts";
import { Timers } from "../../../../src/schedule/timers.ts";
import { BackendPool } from "../../../../src/server/http1/backend/backend-pool.ts";
import { systemCalls } from "../../../../src/system/system-choice.ts";
import type { BackendError } from "../../../../src/site/proxy/backend.ts";
import { RawBackend } from "../../raw-backend.ts";
import { outgoing } from "./outgoing.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

function poolFor(
  { port }: { readonly port: number },
  changes: Partial<Record<keyof Limits, number>> = {},
): BackendPool {
  const limits = resolveLimits(changes);
  if (!limits.ok) throw new Error(limits.error.limit);
  const scheduler = new EventLoop();
  const clock = new SystemClock(scheduler);
  const timers = new Timers(clock, scheduler.alarm());
  const address = {
    scheme: "http",
    host: "127.0.0.1",
    port,
    verify: true,
    ca: undefined,
    unix: undefined,
  } as const;
  return new BackendPool(address, { limits: limits.value, clock, timers });
}

const faultOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "answered",
    (error: unknown) => (error as BackendError).fault,
  );

describe("the connections to one backend", () => {
  test("are made when they are needed, and kept", async () => {
    using backend = new RawBackend((peer) => peer.send(ok));
    const pool = poolFor(backend);
    expect(pool.connections).toBe(0);
    await pool.ask(outgoing({})).answer;
    await pool.ask(outgoing({})).answer;
    expect([pool.connections, backend.peers.length]).toEqual([1, 1]);
    pool.close();
    expect(pool.connections).toBe(0);
  });

  test("are closed when they have been free for backendIdleTimeMs", async () => {
    using backend = new RawBackend((peer) => peer.send(ok));
    const pool = poolFor(backend, { backendIdleTimeMs: 1 });
    await pool.ask(outgoing({})).answer;
    await (await backend.peer()).until(({ hasEnded }) => hasEnded);
    expect(pool.connections).toBe(0);
  });

  test("make room for one that has to be new", async () => {
    using backend = new RawBackend((peer) => peer.send(ok));
    const pool = poolFor(backend, { backendConnectionsMax: 1 });
    await pool.ask(outgoing({})).answer;
    await pool.ask(outgoing({ method: "POST" })).answer;
    expect([pool.connections, backend.peers.length]).toEqual([1, 2]);
    pool.close();
  });

  test("are waited for in order, also by one that has to be new", async () => {
    using backend = new RawBackend();
    const pool = poolFor(backend, { backendConnectionsMax: 1 });
    const calls = ["/1", "/2", "/3"].map((target) =>
      pool.ask(outgoing({ target, method: target === "/2" ? "POST" : "GET" })),
    );
    const first = await backend.peer();
    await first.has("GET /1 ");
    first.send(ok);
    // The second needs a new one, so the third gets what is free.
    await first.has("GET /3 ");
    first.send(ok);
    const second = await backend.peer(1);
    await second.has("POST /2 ");
    second.send(ok);
    const answers = await Promise.all(calls.map(({ answer }) => answer));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    pool.close();
  });

  test("can be given up, while it is waited for and after", async () => {
    using backend = new RawBackend();
    const pool = poolFor(backend, { backendConnectionsMax: 1 });
    const first = pool.ask(outgoing({}));
    const peer = await backend.peer();
    await peer.has("\r\n\r\n");
    const second = pool.ask(outgoing({}));
    second.abort();
    expect(await faultOf(second.answer)).toBe("aborted");
    first.abort();
    expect(await faultOf(first.answer)).toBe("aborted");
    await peer.until(({ isClosed }) => isClosed);
    expect(pool.connections).toBe(0);
  });

  test("that can't be had fail one request each", async () => {
    // Nothing listens on port 1.
    const pool = poolFor({ port: 1 });
    const calls = [pool.ask(outgoing({})), pool.ask(outgoing({}))];
    const faults = await Promise.all(calls.map(({ answer }) => faultOf(answer)));
    expect(faults).toEqual(["unreachable", "unreachable"]);
    expect(pool.connections).toBe(0);
  });

  // The kernel's bound is set by a call of libc.
  test.skipIf(systemCalls().kind !== "native")(
    "hold little each, once there are many, of answers that are read slowly",
    async () => {
      const octets = 2 * 1024 * 1024;
      using backend = new RawBackend((peer) => {
        if (peer.unsent > 0 || !peer.text.endsWith("\r\n\r\n")) return;
        peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${octets}\r\n\r\n`);
        peer.send(new Uint8Array(octets));
      });
      const pool = poolFor(backend, { roomyConnectionsMax: 1, backendUnreadBytesMax: 16 * 1024 });
      const longest: number[] = [];
      for (const { answer } of [pool.ask(outgoing({})), pool.ask(outgoing({}))]) {
        const { body } = await answer;
        if (body.kind !== "stream") throw new Error(body.kind);
        let [all, most] = [0, 0];
        for await (const { length } of body.chunks) {
          [all, most] = [all + length, Math.max(most, length)];
          // What the backend sends meanwhile gathers in the kernel.
          await Bun.sleep(1);
        }
        expect(all).toBe(octets);
        longest.push(most);
      }
      const [roomy = 0, bounded = Infinity] = longest;
      expect(bounded).toBeLessThan(roomy / 2);
    },
  );
});
