import { describe, expect, test } from "bun:test";

import { readCertificate } from "../../../../src/server/tls/certificate.ts";
import { serverTls } from "../../../certificates/certificates.ts";
import { FaultyListener } from "./faulty-listener.ts";

const byFin = () => ({ close: "fin" }) as const;
const certificates = [undefined, readCertificate(serverTls, () => false)];

describe.each(certificates)("a client that is sent away by FIN (certificate %#)", (certificate) => {
  test("sees the end and no reset, though it sends a request", async () => {
    await using server = new FaultyListener(byFin, certificate);
    const client = await server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await client.ending()).toBe("end");
    expect(client.received).toBe(0);
    client.close();
    await server.connections(0);
    expect(server.lines).toEqual(["connected", "disconnected"]);
  });

  test("is reset when it stays for longer than lingerTimeMs", async () => {
    await using server = new FaultyListener(byFin, certificate);
    const client = await server.connect();
    await server.connections(1);
    expect(await client.ending()).toBe("end");
    server.clock.advance(60_000);
    await server.connections(0);
    client.close();
  });

  test("is reset when it sends more than lingerBytesMax", async () => {
    await using server = new FaultyListener(byFin, certificate);
    const client = await server.connect();
    client.send("a".repeat(1001));
    await server.connections(0);
    client.close();
  });
});
