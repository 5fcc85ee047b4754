import { expect, test } from "bun:test";

import { readCertificate } from "../../../../src/server/tls/certificate.ts";
import { serverTls } from "../../../certificates/certificates.ts";
import { FaultyListener } from "./faulty-listener.ts";

const certificates = [undefined, readCertificate(serverTls, () => false)];

test.each(certificates)("a client is reset at its accept (certificate %#)", async (certificate) => {
  await using server = new FaultyListener(() => ({ close: "reset" }), certificate);
  const client = await server.connect();
  expect(await client.ending()).toBe("reset");
  await server.connections(0);
  expect(server.lines).toEqual(["connected", "disconnected"]);
});

test("every connection is another draw", async () => {
  const faults = [undefined, { close: "fin" } as const, undefined];
  await using server = new FaultyListener(() => faults.shift());
  const received: number[] = [];
  for (let i = 0; i < 3; i++) {
    const client = await server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await client.ending();
    received.push(client.statuses.length);
    client.close();
  }
  expect(received).toEqual([1, 0, 1]);
});
