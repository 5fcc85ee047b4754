import type { SocketHandler } from "bun";
import { describe, expect, test } from "bun:test";

import { SystemClock } from "../../../src/schedule/clock.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { ResponseDate } from "../../../src/server/response-date.ts";
import type {
  ConnectionContext,
  ProtocolConnection,
} from "../../../src/server/connection/protocol-connection.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { Timers } from "../../../src/schedule/timers.ts";
import { WritePatience } from "../../../src/server/connection/write-patience.ts";
import { WriteBatcher } from "../../../src/schedule/write-batcher.ts";
import { Observers } from "../../../src/server/observers.ts";
import { readCertificate } from "../../../src/server/tls/certificate.ts";
import { SecureSockets } from "../../../src/server/tls/secure-sockets.ts";
import { clientTls, serverTls } from "../../certificates/certificates.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { RawClient } from "../../raw-client.ts";

const scheduler = new EventLoop();
const clock = new SystemClock(scheduler);
const secure = new SecureSockets(
  readCertificate(serverTls, () => false),
  scheduler,
);

const noop = (): void => undefined;

/** What closes later, and what it calls. */
type Closing = Parameters<Parameters<SecureSockets["transport"]>[3]>[0];

interface Outcome {
  /** Octets that the socket has taken before it was closed. */
  readonly written: number;
  readonly closing: Closing | undefined;
  /** Resolves when the socket is closed and said so. */
  readonly closed: Promise<ProtocolConnection>;
}

/**
 * Writes to a client that reads nothing until the socket is full, or but `octets`, and closes.
 * Under TLS a socket that is full holds octets that the kernel doesn't.
 */
async function closeAfter(
  octets: number,
  writeTimeMs: number,
): Promise<Outcome & { client: RawClient }> {
  const written = Promise.withResolvers<{ count: number; closing: Closing | undefined }>();
  const closed = Promise.withResolvers<ProtocolConnection>();
  const context: ConnectionContext = {
    limits: limitsWith({ writeTimeMs }),
    scheduler,
    clock,
    logicalClock: new LogicalClock(),
    observers: new Observers(noop),
    timers: new Timers(clock, scheduler.alarm()),
    answer: () => Promise.reject(new Error("not called")),
    refuse: () => {
      throw new Error("not called");
    },
    failed: noop,
    date: new ResponseDate(clock),
    batcher: new WriteBatcher(scheduler),
    patience: new WritePatience(() => 0),
    closed: closed.resolve,
    replaced: noop,
  };
  const piece = new Uint8Array(65_536).fill(0x61);
  let closing: Closing | undefined;
  const handlers: SocketHandler<ProtocolConnection | undefined> = {
    handshake: (socket) => {
      const transport = secure.transport(socket, "127.0.0.1", context, (later) => {
        closing = later;
      });
      let count = 0;
      for (let taken = 1; taken > 0 && count < octets; count += taken) {
        taken = transport.write(piece.subarray(0, Math.min(piece.length, octets - count)));
      }
      transport.close();
      written.resolve({ count, closing });
    },
    data: noop,
    drain: () => closing?.drained(),
    close: () => closing?.closed(),
  };
  const listener = Bun.listen<ProtocolConnection | undefined>({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    data: undefined,
    socket: {
      open: (socket) =>
        void secure.begin(socket, { address: "127.0.0.1" }, context, handlers, noop),
      data: noop,
    },
  });
  const client = await RawClient.connect(listener.port, "127.0.0.1", clientTls);
  client.pause();
  const { count } = await written.promise;
  listener.stop();
  return { client, written: count, closing, closed: closed.promise };
}

describe("a TLS socket that is closed", () => {
  test("is so at once when the kernel has taken all of it", async () => {
    const { client, closing } = await closeAfter(1000, 1);
    expect(closing).toBeUndefined();
    client.resume();
    expect(await client.ending()).toBe("end");
    expect(client.received).toBe(1000);
    client.close();
  });

  test("gives a client that reads all that it had taken, then close_notify", async () => {
    const { client, written, closing, closed } = await closeAfter(Infinity, 10_000);
    expect(closing).toBeDefined();
    // Who stops the server now still lets the client have it.
    closing?.stop();
    client.resume();
    expect(await client.ending()).toBe("end");
    expect(client.received).toBe(written);
    expect<ProtocolConnection | undefined>(await closed).toBe(closing);
    client.close();
  });

  test("is reset when its client reads nothing for writeTimeMs", async () => {
    const { client, closing, closed } = await closeAfter(Infinity, 20);
    expect<ProtocolConnection | undefined>(await closed).toBe(closing);
    client.abort();
  });

  test("is reset at once when the server is told not to wait", async () => {
    const { client, closing, closed } = await closeAfter(Infinity, 60_000);
    closing?.abort();
    expect<ProtocolConnection | undefined>(await closed).toBe(closing);
    client.abort();
  });
});
