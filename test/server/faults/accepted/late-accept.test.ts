import { describe, expect, test } from "bun:test";

import { milliseconds } from "../../../../src/base/units.ts";
import { readCertificate } from "../../../../src/server/tls/certificate.ts";
import { clientTls, serverTls } from "../../../certificates/certificates.ts";
import { FaultyListener } from "./faulty-listener.ts";

const late = { waitMs: milliseconds(5000) };
const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

describe("a client that is accepted late", () => {
  test("is connected at once, and answered when the time has passed", async () => {
    await using server = new FaultyListener(() => late);
    const client = await server.connect();
    client.send(request);
    await server.connections(1);
    server.clock.advance(4900);
    await Bun.sleep(20);
    expect(client.received).toBe(0);
    server.clock.advance(200);
    await client.responses(1);
    expect(client.text).toEndWith("\r\n\r\nhello");
    client.close();
    await server.connections(0);
    expect(server.lines).toEqual(["connected", "disconnected"]);
  });

  test("has its handshake when the time has passed", async () => {
    const certificate = readCertificate(serverTls, () => false);
    await using server = new FaultyListener(() => late, certificate);
    const connecting = server.connect(clientTls);
    await server.connections(1);
    server.clock.advance(5100);
    const client = await connecting;
    client.send(request);
    await client.responses(1);
    client.close();
    await server.connections(0);
    expect(server.lines).toEqual(["connected", "disconnected"]);
  });

  test("may then be sent away", async () => {
    await using server = new FaultyListener(() => ({ ...late, close: "fin" }));
    const client = await server.connect();
    client.send(request);
    await server.connections(1);
    server.clock.advance(5100);
    expect(await client.ending()).toBe("end");
    expect(client.received).toBe(0);
    client.close();
    await server.connections(0);
    expect(server.lines).toEqual(["connected", "disconnected"]);
  });

  test("may leave meanwhile", async () => {
    await using server = new FaultyListener(() => late);
    const client = await server.connect();
    client.send(request);
    await server.connections(1);
    client.abort();
    await server.connections(0);
    server.clock.advance(5100);
    expect(server.lines).toEqual(["connected", "disconnected"]);
  });

  test("is reset when the server stops", async () => {
    await using server = new FaultyListener(() => late);
    const client = await server.connect();
    await server.connections(1);
    await server.listener.close();
    expect(await client.ending()).toBe("reset");
  });
});
