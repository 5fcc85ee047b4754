import { afterAll, describe, expect, test } from "bun:test";

import { serve, ServeError } from "../../../index.ts";
import type { ServeOptions } from "../../../index.ts";
import { claimPort } from "../../../src/server/port-claim.ts";
import { loadPortCalls } from "../../../src/system/port-calls.ts";
import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";

const site = new TempSite("empty");
site.file("a.txt", "a");
afterAll(() => site[Symbol.dispose]());

const root = site.root;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** Whether sockets can be given here. */
const canPassOn = loadPortCalls() !== undefined;

async function refusalOf(options: ServeOptions): Promise<readonly [string, string]> {
  try {
    await using server = await serve({ root, ...options });
    return ["served", server.url.href];
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    return [error.code, error.message];
  }
}

const statusOf = async (path: string, url: URL | undefined): Promise<number> =>
  (await fetch(new URL(path, url))).status;

describe("the listeners for operators", () => {
  test("are none without the options", async () => {
    await using server = await serve({ root });
    expect([server.metricsUrl, server.healthUrl]).toEqual([undefined, undefined]);
    expect(server.measure()).toEqual([]);
    for (const path of ["metrics", "livez", "readyz"]) {
      expect(await statusOf(path, server.url)).toBe(404);
    }
  });

  test("are on loopback, one for each, and the public port has none of their paths", async () => {
    await using server = await serve({ root, metrics: "0", health: "127.0.0.1:0", host: "::1" });
    // The same place, once with its host and once without: one listener.
    expect(server.metricsUrl?.href).toBe(new URL("/metrics", server.healthUrl).href);
    expect(server.metricsUrl?.hostname).toBe("127.0.0.1");
    expect(await statusOf("readyz", server.healthUrl)).toBe(200);
    expect(await statusOf("metrics", server.url)).toBe(404);
    expect(await statusOf("readyz", server.url)).toBe(404);
  });

  test("are two where the places differ, each with its own paths alone", async () => {
    await using server = await serve({ root, metrics: "0", health: "localhost:0" });
    expect(server.metricsUrl?.port).not.toBe(server.healthUrl?.port);
    expect(await statusOf("/metrics", server.metricsUrl)).toBe(200);
    expect(await statusOf("/readyz", server.metricsUrl)).toBe(404);
    expect(await statusOf("/readyz", server.healthUrl)).toBe(200);
    expect(await statusOf("/metrics", server.healthUrl)).toBe(404);
  });

  test.skipIf(!canPassOn)("accept on given sockets, and tell their own (needs libc)", async () => {
    const claimed = claimPort("127.0.0.1", 0, 1);
    const { port, groups } = claimed.ok ? claimed.value : { port: 0, groups: [] };
    const place = `127.0.0.1:${port}`;
    const [given = []] = groups;
    const options = { root, metrics: place, health: place };
    const server = await serve({
      ...options,
      sockets: { main: [], metrics: given, health: given },
    });
    expect(server.metricsUrl?.href).toBe(`http://${place}/metrics`);
    expect(server.port).toBeGreaterThan(0);
    expect(server.sockets).toMatchObject({ metrics: given, health: given });
    expect(await statusOf("/readyz", server.healthUrl)).toBe(200);
    expect(await statusOf("/metrics", server.metricsUrl)).toBe(200);
    await server.stop();
    // The last descriptor of the socket was the server's.
    await using next = await serve(options);
    expect(next.metricsUrl?.port).toBe(`${port}`);
  });

  test("have one more answer each when another process goes on, and it says ready", async () => {
    const server = await serve({ root, metrics: 0, health: "localhost:0" });
    const port = Number(server.healthUrl?.port);
    const probe = await RawClient.connect(port);
    probe.send(get("/readyz"));
    await probe.responses(1);
    const stopped = server.stop({ isReplaced: true, patienceMs: 60_000 });
    expect(await RawClient.connect(port).catch(() => "refused")).toBe("refused");
    server.drain();
    probe.send(get("/readyz"));
    await probe.responses(2);
    await probe.ending();
    expect(probe.statuses).toEqual([200, 200]);
    expect(probe.text.match(/\r\nConnection: close\r\n/g)).toHaveLength(1);
    await stopped;
  });

  test("are closed with the server", async () => {
    const server = await serve({ root, metrics: 0 });
    const port = Number(server.metricsUrl?.port);
    const idle = await RawClient.connect(port, "127.0.0.1");
    await server.stop();
    await idle.ending();
    expect(await RawClient.connect(port, "127.0.0.1").catch(() => "refused")).toBe("refused");
  });

  test("speak cleartext beside a server that speaks TLS, without its faults and its log", async () => {
    const lines: string[] = [];
    await using server = await serve({
      root,
      tls: true,
      health: "0",
      log: "common",
      write: (text) => void lines.push(text),
      faults: [{ closeAtAccept: "fin" }],
    });
    expect(await statusOf("livez", server.healthUrl)).toBe(200);
    await server.stop();
    expect(lines).toEqual([]);
  });

  test("are not counted as clients", async () => {
    await using server = await serve({ root, metrics: "0" });
    const text = await (await fetch(server.metricsUrl ?? "")).text();
    expect(text).toContain("\npostern_connections_total 0\n");
    expect(server.connections).toBe(0);
  });

  test("have few connections: one beyond is answered 503", async () => {
    await using server = await serve({
      root,
      health: "0",
      limits: { operationsConnectionsMax: 2 },
    });
    const port = Number(server.healthUrl?.port);
    const clients: RawClient[] = [];
    for (let i = 0; i < 3; i++) clients.push(await RawClient.connect(port, "127.0.0.1"));
    await clients[2]?.responses(1);
    expect(clients[2]?.statuses).toEqual([503]);
    clients[0]?.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await clients[0]?.responses(1);
    expect(clients[0]?.statuses).toEqual([200]);
    for (const client of clients) client.close();
  });

  test("close connections that only wait, long before those of visitors", async () => {
    await using server = await serve({ root, health: "0", limits: { metricsTimeMs: 50 } });
    const port = Number(server.healthUrl?.port);
    // One that waits for its next request, and one within its first.
    for (const [sent, status] of [
      ["GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 200],
      ["GET /livez HTTP/1.1\r\n", 408],
    ] as const) {
      const client = await RawClient.connect(port, "127.0.0.1");
      client.send(sent);
      await client.ending();
      expect(client.text).toStartWith(`HTTP/1.1 ${status} `);
      client.close();
    }
  });

  test("are refused with the option's name", async () => {
    const example = "a port, 9100, or a host and a port, 0.0.0.0:9100";
    expect(await refusalOf({ metrics: "nine" })).toEqual([
      "metrics",
      `metrics must be ${example}, not "nine"`,
    ]);
    expect(await refusalOf({ health: 65_536 })).toEqual([
      "health",
      `health must be ${example}, not 65536`,
    ]);
    expect(await refusalOf({ health: "a:99999" })).toEqual([
      "health",
      `health must be ${example}, not "a:99999"`,
    ]);
  });

  test("on a port that is taken are refused, and leave nothing open", async () => {
    await using other = await serve({ root, host: "127.0.0.1" });
    const taken = `${other.port}`;
    expect(await refusalOf({ metrics: taken })).toEqual([
      "listen",
      `--metrics: port ${taken} on 127.0.0.1 is in use`,
    ]);
    // The metrics' listener was there already.
    const port = await freePort();
    expect(await refusalOf({ metrics: `${port}`, health: taken })).toEqual([
      "listen",
      `--health: port ${taken} on 127.0.0.1 is in use`,
    ]);
    await using again = await serve({ root, metrics: `${port}` });
    expect(again.metricsUrl?.port).toBe(`${port}`);
  });
});

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  await using server = await serve({ root, host: "127.0.0.1" });
  return server.port;
}
