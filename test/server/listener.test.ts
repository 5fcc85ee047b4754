import { afterEach, describe, expect, spyOn, test } from "bun:test";

import type { Limits } from "../../src/base/limits.ts";
import { latin1Text } from "../../src/http/octets/bytes.ts";
import type {
  ConnectionFactory,
  ProtocolConnection,
} from "../../src/server/connection/protocol-connection.ts";
import { http1Factory } from "../../src/server/http1/http1-factory.ts";
import { Listener } from "../../src/server/listener.ts";
import { Observers } from "../../src/server/observers.ts";
import { readCertificate } from "../../src/server/tls/certificate.ts";
import type { CleartextService } from "../../src/server/tls/cleartext.ts";
import { SecureSockets } from "../../src/server/tls/secure-sockets.ts";
import type { Observer } from "../../src/site/observer.ts";
import { clientTls, serverTls } from "../certificates/certificates.ts";
import { limitsWith } from "../http1/transcript.ts";
import { RawClient } from "../raw-client.ts";
import { nativeCalls } from "../../src/system/system-choice.ts";
import { contextOf } from "./fake-client.ts";
import { FakeScheduler, RestlessScheduler } from "../schedule/fake-scheduler.ts";

const open: Listener[] = [];
afterEach(async () => {
  for (const listener of open.splice(0)) {
    const closed = listener.close();
    listener.abort();
    await closed;
  }
});

interface Listening {
  readonly listener: Listener;
  readonly port: number;
  readonly connect: (tls?: Bun.TLSOptions) => Promise<RawClient>;
}

function listening(
  factory: ConnectionFactory,
  limits: Partial<Record<keyof Limits, number>> = {},
  observer: Observer = {},
  secure?: SecureSockets,
): Listening {
  const observers = new Observers((error) => {
    throw error;
  });
  observers.set([observer]);
  const context = contextOf({ limits: limitsWith(limits), observers });
  const cleartext = (): CleartextService => ({ ...context, factory });
  const sockets = secure === undefined ? undefined : { sockets: secure, cleartext };
  const listener = new Listener(context, factory, sockets);
  open.push(listener);
  const opened = listener.open("127.0.0.1", 0);
  if (!opened.ok) throw new Error(opened.error.message);
  const connect = (tls?: Bun.TLSOptions): Promise<RawClient> =>
    RawClient.connect(opened.value, "127.0.0.1", tls);
  return { listener, port: opened.value, connect };
}

/** Resolves when `isSo`. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(1);
}

describe("a listener", () => {
  test("has a connection made by its factory, and passes the socket's events on to it", async () => {
    const events: string[] = [];
    const factory: ConnectionFactory = (context, transport, remoteAddress) => {
      const connection: ProtocolConnection = {
        deadlineMs: Infinity,
        slot: -1,
        remoteAddress,
        receive: (octets) => {
          events.push(`received ${latin1Text(octets)}`);
          transport.write(octets);
        },
        drained: () => events.push("drained"),
        peerEnded: () => {
          events.push("peer ended");
          transport.close();
        },
        closed: () => {
          events.push("closed");
          context.closed(connection);
        },
        expire: () => events.push("expired"),
        stop: () => events.push("stopped"),
        abort: () => events.push("aborted"),
        turnAway: (reason) => events.push(`turned away: ${reason}`),
      };
      events.push(`made for ${remoteAddress}`);
      return connection;
    };
    const { listener, connect } = listening(factory);
    const client = await connect();
    client.send("SPEAK");
    await client.until(() => client.text === "SPEAK");
    expect(listener.connections).toBe(1);
    client.shut();
    await client.ending();
    await until(() => listener.connections === 0);
    expect(events).toEqual(["made for 127.0.0.1", "received SPEAK", "peer ended", "closed"]);
  });
});

test("a listener looks at the memory of the process after a connection was closed", async () => {
  const alarm = spyOn(RestlessScheduler.prototype, "alarm");
  const { connect } = listening(http1Factory());
  const client = await connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.responses(1);
  const before = alarm.mock.calls.length;
  client.close();
  await until(() => alarm.mock.calls.length === before + 1);
  alarm.mockRestore();
});

describe("what the kernel buffers for a client that never reads", () => {
  const kibibyte = 1024;

  /** What the kernel takes for each of `count` clients that ask for 16 MiB and read nothing. */
  async function takenFor(count: number, limits: Partial<Record<keyof Limits, number>>) {
    const taken: number[] = [];
    const content = new Uint8Array(16 * kibibyte * kibibyte);
    const factory: ConnectionFactory = (context, transport, remoteAddress) => {
      const connection: ProtocolConnection = {
        deadlineMs: Infinity,
        slot: -1,
        remoteAddress,
        receive: () => taken.push(transport.write(content)),
        drained: () => undefined,
        peerEnded: () => transport.close(),
        closed: () => context.closed(connection),
        expire: () => undefined,
        stop: () => undefined,
        abort: () => transport.terminate(),
        turnAway: () => undefined,
      };
      return connection;
    };
    const { connect } = listening(factory, limits);
    const clients: RawClient[] = [];
    for (let i = 0; i < count; i++) {
      const client = await connect();
      client.pause();
      client.send("ASK");
      await until(() => taken.length === i + 1);
      clients.push(client);
    }
    for (const client of clients) client.abort();
    return taken;
  }

  test.if(nativeCalls() !== undefined && process.env["POSTERN_NATIVE"] !== "off")(
    "is bounded beside what is on its way, from one connection on",
    async () => {
      const limits = { roomyConnectionsMax: 1, unsentBytesMax: 64 * kibibyte };
      const [roomy = 0, bounded = Infinity, another = Infinity] = await takenFor(3, limits);
      // The client's buffer takes some more; one that isn't read doesn't grow.
      expect(bounded).toBeLessThan(roomy / 2);
      expect(another).toBeLessThan(roomy / 2);
    },
  );

  test("is the kernel's to say up to then", async () => {
    const [first = 0, second = 0] = await takenFor(2, { unsentBytesMax: 64 * kibibyte });
    expect(Math.abs(first - second)).toBeLessThan(first / 2);
  });
});

/** An observer that writes down what it is told, of one client after the other. */
function told(): { observer: Observer; lines: string[] } {
  const lines: string[] = [];
  const observer: Observer = {
    connected: (address) => lines.push(`${address} connected`),
    refused: (_, reason) => lines.push(`refused: ${reason}`),
    dropped: (_, why) => lines.push(`dropped: ${why}`),
    began: ({ head }) => lines.push(`${head.method} began`),
    answered: (_, { status }) => lines.push(`answered ${status}`),
    ended: ({ response, whole }) => lines.push(`ended ${response?.status} ${whole}`),
    disconnected: (address) => lines.push(`${address} disconnected`),
  };
  return { observer, lines };
}

describe("the observers of a listener", () => {
  test("are told of a client from when it connects until it is gone", async () => {
    const { observer, lines } = told();
    const { connect } = listening(http1Factory(), {}, observer);
    const client = await connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.responses(1);
    client.close();
    await until(() => lines.length === 5);
    expect(lines).toEqual([
      "127.0.0.1 connected",
      "GET began",
      "answered 200",
      "ended 200 true",
      "127.0.0.1 disconnected",
    ]);
  });

  test("are told nothing of a client that has reset its connection before it was accepted", async () => {
    const { observer, lines } = told();
    const { port, connect } = listening(http1Factory(), {}, observer);
    // It is done before this process's event loop goes on, which accepts.
    const options = `{ hostname: "127.0.0.1", port: ${port}, socket: { data() {} } }`;
    const program = `(await Bun.connect(${options})).terminate()`;
    expect(Bun.spawnSync([process.execPath, "-e", program]).exitCode).toBe(0);
    const client = await connect();
    client.close();
    await until(() => lines.length === 2);
    expect(lines).toEqual(["127.0.0.1 connected", "127.0.0.1 disconnected"]);
  });

  test("are told of connections that are turned away, with an answer or by a reset", async () => {
    const { observer, lines } = told();
    const { listener, connect } = listening(http1Factory(), { connectionsMax: 1 }, observer);
    const first = await connect();
    await until(() => listener.connections === 1);
    lines.length = 0;
    const second = await connect();
    await second.responses(1);
    expect(lines).toEqual(["127.0.0.1 connected", "refused: overloaded", "ended 503 true"]);
    lines.length = 0;
    const third = await connect();
    expect(await third.ending()).toBe("reset");
    expect(lines).toEqual([
      "127.0.0.1 connected",
      "refused: overloaded",
      "dropped: far too many connections",
      "127.0.0.1 disconnected",
    ]);
    for (const client of [first, second, third]) client.close();
  });

  test("are told of a connection under TLS once, whatever its handshake comes to", async () => {
    const { observer, lines } = told();
    const secure = new SecureSockets(
      readCertificate(serverTls, () => false),
      new FakeScheduler(),
    );
    const { connect } = listening(http1Factory(), {}, observer, secure);
    const client = await connect(clientTls);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.responses(1);
    client.close();
    await until(() => lines.length === 5);
    expect(lines).toEqual([
      "127.0.0.1 connected",
      "GET began",
      "answered 200",
      "ended 200 true",
      "127.0.0.1 disconnected",
    ]);
    lines.length = 0;
    const clear = await connect();
    clear.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await clear.ending();
    clear.close();
    await until(() => lines.length === 5);
    expect(lines).toEqual([
      "127.0.0.1 connected",
      "GET began",
      "answered 200",
      "ended 200 true",
      "127.0.0.1 disconnected",
    ]);
    lines.length = 0;
    const begun = await connect();
    begun.send("GET / HTTP/1.1\r\n");
    await begun.ending();
    begun.close();
    await until(() => lines.length === 4);
    expect(lines).toEqual([
      "127.0.0.1 connected",
      "refused: cleartext",
      "ended 400 true",
      "127.0.0.1 disconnected",
    ]);
    lines.length = 0;
    const scanner = await connect();
    scanner.send("SSH-2.0-Scanner\r\n");
    await scanner.ending();
    scanner.close();
    await until(() => lines.length === 2);
    expect(lines).toEqual(["127.0.0.1 connected", "127.0.0.1 disconnected"]);
  });
});
