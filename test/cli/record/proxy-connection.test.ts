import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Socket, TCPSocketListener } from "bun";

import { defaultLimits, resolveLimits } from "../../../src/base/limits.ts";
import type { Limits } from "../../../src/base/limits.ts";
import type { TappedConnection, Wiretap } from "../../../src/base/wiretap.ts";
import { proxyFactory } from "../../../src/cli/record/proxy-connection.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { SystemClock } from "../../../src/schedule/clock.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { Timers } from "../../../src/schedule/timers.ts";
import { Listener } from "../../../src/server/listener.ts";
import { Observers } from "../../../src/server/observers.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import { RawClient } from "../../raw-client.ts";

// A busy machine needs longer than the 5 s of `bun test` for 32 MiB.
setDefaultTimeout(60_000);

/** A server whose sockets a test handles. */
interface Backend {
  readonly listener: TCPSocketListener;
  readonly sockets: Socket[];
  readonly heard: string[];
}

function backendThat(answers: (socket: Socket, text: string) => void = () => undefined): Backend {
  const sockets: Socket[] = [];
  const heard: string[] = [];
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      open: (socket) => void sockets.push(socket),
      data: (socket, octets) => {
        heard.push(latin1Text(octets));
        answers(socket, latin1Text(octets));
      },
      end: () => void heard.push("FIN"),
      close: (_socket, error) => void heard.push(error === undefined ? "closed" : "reset"),
    },
  });
  return { listener, sockets, heard };
}

/** What a wiretap was told, in words. */
class HeardTap implements Wiretap {
  readonly told: string[] = [];

  connected(): TappedConnection {
    return {
      received: (octets) => void this.told.push(`> ${octets.length}`),
      sent: (octets) => void this.told.push(`< ${octets.length}`),
      clientEnded: () => void this.told.push("client ended"),
      serverEnded: (how) => void this.told.push(how),
      closed: () => void this.told.push("over"),
    };
  }

  ended(): void {
    this.told.push("ended");
  }
}

function failed(error: unknown): never {
  throw error;
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A proxy before `backend`; answers with a client of it, and what the wiretap heard. */
async function through(
  { listener: { port }, listener }: Backend,
  limits: Partial<Record<keyof Limits, number>> = {},
  scheme = "http",
): Promise<{ readonly client: RawClient; readonly told: readonly string[] }> {
  const scheduler = new EventLoop();
  const clock = new SystemClock(scheduler);
  const resolved = resolveLimits(limits);
  const tap = new HeardTap();
  const factory = proxyFactory({
    server: new URL(`${scheme}://127.0.0.1:${port}/`),
    rewritesHost: false,
    wiretap: tap,
    unreachable: () => undefined,
  });
  const context = {
    limits: resolved.ok ? resolved.value : defaultLimits,
    scheduler,
    clock,
    logicalClock: new LogicalClock(),
    timers: new Timers(clock, scheduler.alarm()),
    answer: () => failed(new Error("asked")),
    refuse: () => failed(new Error("asked")),
    observers: new Observers(failed),
    failed,
  };
  const proxy = new Listener(context, factory);
  const opened = proxy.open("127.0.0.1", 0);
  if (!opened.ok) throw new Error(opened.error.message);
  open.push(() => {
    proxy.abort();
    void proxy.close();
    listener.stop(true);
  });
  return { client: await RawClient.connect(opened.value), told: tap.told };
}

/** Waits until `holds`. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(1);
}

describe("a proxy", () => {
  test("passes octets on as they are, and tells of them", async () => {
    const backend = backendThat((socket, text) => {
      socket.write(latin1Bytes(`<${text}>`));
    });
    const { client, told } = await through(backend);
    client.send("any \0 octets\xff");
    await until(() => client.received === 15);
    expect(client.text).toBe("<any \0 octets\xff>");
    expect(told).toEqual(["> 13", "< 15"]);
  });

  test("passes on a FIN of the client, and then the one of the server", async () => {
    const backend = backendThat();
    const { client, told } = await through(backend);
    client.send("a");
    client.shut();
    await until(() => backend.heard.includes("FIN"));
    backend.sockets[0]?.write("late");
    backend.sockets[0]?.end();
    expect(await client.ending()).toBe("end");
    expect(client.text).toBe("late");
    await until(() => told.includes("over"));
    expect(told).toEqual(["> 1", "client ended", "< 4", "closed", "over"]);
  });

  test("passes on a reset of the server", async () => {
    const backend = backendThat((socket) => socket.terminate());
    const { client, told } = await through(backend);
    client.send("a");
    expect(await client.ending()).toBe("reset");
    await until(() => told.includes("over"));
    expect(told).toEqual(["> 1", "reset", "over"]);
  });

  test("passes on a reset of the client", async () => {
    const backend = backendThat();
    const { client, told } = await through(backend);
    client.send("a");
    await until(() => backend.heard.length > 0);
    client.abort();
    await until(() => backend.heard.length > 1 && told.includes("over"));
    expect(backend.heard).toEqual(["a", "reset"]);
    expect(told).toEqual(["> 1", "over"]);
  });

  test("has a server wait whose client doesn't read, and loses nothing", async () => {
    const octets = Buffer.alloc(32 * 1024 * 1024, "0123456789abcdef");
    let sent = 0;
    const go = (socket: Socket): void => {
      while (sent < octets.length) {
        const taken = socket.write(octets.subarray(sent));
        if (taken <= 0) return;
        sent += taken;
      }
      socket.end();
    };
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: go, drain: go, data: () => undefined },
    });
    const { client, told } = await through({ listener, sockets: [], heard: [] });
    client.pause();
    await until(() => told.length > 0);
    let before = -1;
    while (before !== sent) {
      before = sent;
      await Bun.sleep(100);
    }
    expect(sent).toBeLessThan(octets.length);
    client.resume();
    expect(await client.ending()).toBe("end");
    expect(client.received).toBe(octets.length);
    expect(Buffer.compare(client.octets, octets)).toBe(0);
  });

  test("answers 502 when there is no connection in time", async () => {
    // A server that never answers the handshake.
    const backend = backendThat();
    const { client, told } = await through(backend, { proxyConnectTimeMs: 50 }, "https");
    client.send("a");
    expect(await client.ending()).toBe("end");
    expect(client.text).toStartWith("HTTP/1.1 502 Bad Gateway\r\n");
    expect(client.text).toEndWith(": none within 50 ms\n");
    client.shut();
    await until(() => told.includes("over"));
    expect(told).toEqual(["over"]);
  });

  test("resets both sides when nothing has passed for too long", async () => {
    const backend = backendThat();
    const { client, told } = await through(backend, { proxyIdleTimeMs: 50 });
    client.send("a");
    expect(await client.ending()).toBe("reset");
    await until(() => backend.heard.includes("reset") && told.includes("over"));
  });
});
