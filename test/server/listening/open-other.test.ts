import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

import { serve } from "../../../src/server/serve.ts";
import { claimPort } from "../../../src/server/port-claim.ts";
import { clientTls, serverTls } from "../../certificates/certificates.ts";
import { RawClient } from "../../raw-client.ts";

const request = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";
const files = { "/a": "a" };

/** Sockets that listen, on which no process accepts; undefined where the system can't have them. */
function socketsAhead(): { readonly port: number; readonly main: readonly number[] } | undefined {
  const claimed = claimPort("localhost", 0, 1);
  if (!claimed.ok) throw new Error(claimed.error.message);
  const { port, groups } = claimed.value;
  return groups[0] === undefined ? undefined : { port, main: groups[0] };
}

const ahead = socketsAhead();

describe.skipIf(ahead === undefined)("a server on given sockets (needs libc)", () => {
  test("listens on them, tells their port and descriptors, and closes them", async () => {
    const { port, main } = ahead ?? { port: 0, main: [] };
    const server = await serve({ files, port, sockets: { main } });
    expect([server.port, server.sockets]).toEqual([port, { main, redirect: [] }]);
    const client = await RawClient.connect(port);
    client.send(request);
    await client.responses(1);
    expect(client.statuses).toEqual([200]);
    client.close();
    await server.stop();
    expect(await RawClient.connect(port).catch(() => "refused")).toBe("refused");
  });

  test("doesn't start on what is none", async () => {
    const message = "descriptor 0 is no socket that listens";
    const failed = await serve({ files, sockets: { main: [0] } }).catch((error: unknown) => error);
    expect((failed as Error).message).toBe(message);
  });
});

describe("a stop with patience", () => {
  test("answers one more request on each connection, and says that it is the last", async () => {
    const server = await serve({ files });
    const [asking, silent] = [
      await RawClient.connect(server.port),
      await RawClient.connect(server.port),
    ];
    for (const client of [asking, silent]) client.send(request);
    await Promise.all([asking, silent].map((client) => client.responses(1)));
    expect(asking.text).not.toContain("Connection: close");
    let isOver = false;
    const stopped = server.stop({ patienceMs: 60_000 }).then(() => (isOver = true));
    expect(await RawClient.connect(server.port).catch(() => "refused")).toBe("refused");
    asking.send(request);
    await asking.responses(2);
    expect(await asking.ending()).toBe("end");
    expect(asking.text.match(/\r\nConnection: close\r\n/g)).toHaveLength(1);
    expect(isOver).toBe(false);
    // A second stop has no patience left.
    await server.stop();
    expect(await silent.ending()).toBe("end");
    await stopped;
  });

  test("closes idle connections when it is over", async () => {
    const server = await serve({ files });
    const client = await RawClient.connect(server.port);
    client.send(request);
    await client.responses(1);
    await server.stop({ patienceMs: 1 });
    expect(await client.ending()).toBe("end");
  });

  test("lets a TLS handshake begin that a client has connected for", async () => {
    const server = await serve({ files, tls: serverTls });
    const socket = connect(server.port, "127.0.0.1");
    await once(socket, "connect");
    while (server.connections < 1) await Bun.sleep(1);
    const stopped = server.stop({ patienceMs: 60_000 });
    const secure = connectTls({ socket, ca: clientTls.ca, servername: "localhost" });
    secure.write(request);
    let text = "";
    for await (const octets of secure as AsyncIterable<Buffer>) text += octets.toString();
    expect(text).toStartWith("HTTP/1.1 200 OK\r\n");
    expect(text).toContain("\r\nConnection: close\r\n");
    await stopped;
  });

  test("waits for a PROXY header, and answers the request behind it", async () => {
    const server = await serve({ files, trustProxy: ["loopback"], proxyProtocol: true });
    const client = await RawClient.connect(server.port);
    while (server.connections < 1) await Bun.sleep(1);
    const stopped = server.stop({ patienceMs: 60_000 });
    client.send(`PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\n${request}`);
    await client.responses(1);
    expect(client.text).toContain("\r\nConnection: close\r\n");
    client.close();
    await stopped;
  });
});
