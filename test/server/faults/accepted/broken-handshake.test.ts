import { describe, expect, test } from "bun:test";
import { connect } from "node:tls";

import { milliseconds } from "../../../../src/base/units.ts";
import type { HandshakeBreak } from "../../../../src/server/faults/accepted/accepted-faults.ts";
import { readCertificate } from "../../../../src/server/tls/certificate.ts";
import { clientTls, serverTls } from "../../../certificates/certificates.ts";
import { RawClient } from "../../../raw-client.ts";
import { FaultyListener } from "./faulty-listener.ts";

const certificate = readCertificate(serverTls, () => false);

function broken(how: Partial<HandshakeBreak>): FaultyListener {
  const all = { by: "fin", part: 0, stallMs: milliseconds(5000), ...how } as const;
  return new FaultyListener(() => ({ handshake: all }), certificate);
}

/** A client that sends what a TLS client sends first, and nothing else. */
async function begun({ port }: FaultyListener): Promise<RawClient> {
  const [client, hello] = await Promise.all([RawClient.connect(port), firstRecord()]);
  client.send(hello);
  return client;
}

/** The first octets of a TLS client. */
async function firstRecord(): Promise<Uint8Array> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (_socket, octets) => resolve(new Uint8Array(octets)) },
  });
  const socket = connect({ port: listener.port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  try {
    return await promise;
  } finally {
    socket.destroy();
    listener.stop(true);
  }
}

describe("a handshake that is broken", () => {
  test("by FIN ends after the client's first record, and no octet of the server", async () => {
    await using server = broken({ by: "fin" });
    const client = await begun(server);
    expect(await client.ending()).toBe("end");
    expect(client.received).toBe(0);
    client.close();
    await server.connections(0);
    expect(server.lines).toEqual(["connected", "disconnected"]);
  });

  test("by a reset is seen as one", async () => {
    await using server = broken({ by: "reset" });
    const client = await begun(server);
    expect(await client.ending()).toBe("reset");
    await server.connections(0);
    expect(server.lines).toEqual(["connected", "disconnected"]);
  });

  test("doesn't end before the client's first record is whole", async () => {
    await using server = broken({ by: "fin" });
    const client = await server.connect();
    const hello = await firstRecord();
    for (const octet of hello.subarray(0, 8)) client.send(Uint8Array.of(octet));
    client.send(hello.subarray(8, -1));
    await server.connections(1);
    await Bun.sleep(20);
    expect(server.listener.connections).toBe(1);
    client.send(hello.subarray(-1));
    expect(await client.ending()).toBe("end");
    client.close();
  });

  test("ends with a part of the server's first flight", async () => {
    await using server = broken({ part: 0.5 });
    const half = await begun(server);
    expect(await half.ending()).toBe("end");
    expect([...half.octets.subarray(0, 2)]).toEqual([22, 3]);
    half.close();
    await using whole = broken({ part: 1 });
    const all = await begun(whole);
    expect(await all.ending()).toBe("end");
    expect(half.received).toBeGreaterThan(100);
    // Signatures of ECDSA differ in their length, by a few octets.
    expect(Math.abs(all.received - 2 * half.received)).toBeLessThan(20);
    all.close();
  });

  test("that stalls says no more, and is reset when the time has passed", async () => {
    await using server = broken({ by: "stall", part: 0.5 });
    const client = await begun(server);
    await client.until(() => client.received > 100);
    const { received } = client;
    server.clock.advance(4900);
    expect(server.listener.connections).toBe(1);
    server.clock.advance(200);
    expect(await client.ending()).toBe("reset");
    expect(client.received).toBe(received);
  });

  test("is reset when the client sends nothing for headerTimeMs", async () => {
    await using server = broken({ by: "fin" });
    const client = await server.connect();
    await server.connections(1);
    server.clock.advance(60_000);
    expect(await client.ending()).toBe("reset");
  });

  test("of a client in cleartext ends, too", async () => {
    await using server = broken({ by: "fin", part: 0.5 });
    const client = await server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await client.ending()).toBe("end");
    expect(client.received).toBe(0);
    client.close();
  });

  test("fails a client's TLS", async () => {
    await using server = broken({ part: 0.5 });
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = connect({ port: server.port, host: "127.0.0.1", ca: clientTls.ca });
    socket.on("secureConnect", () => resolve("connected"));
    socket.on("error", () => resolve("failed"));
    expect(await promise).toBe("failed");
    socket.destroy();
  });
});
