/**
 * Archives over a connection: made as fast as the client reads, and broken off where a client must
 * not take what it has for the whole.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";

import { latin1Bytes } from "../../src/http/octets/bytes.ts";
import type { Server } from "../../src/server/serve.ts";
import { serve } from "../../src/server/serve.ts";
import { canListDescriptors, descriptorsInto } from "../open-descriptors.ts";
import { RawClient } from "../raw-client.ts";
import { readZip } from "../site/archive/read-zip.ts";
import { TempSite } from "../temp-site.ts";

const site = new TempSite("empty");
const names = [
  "سلام.txt",
  "\u{1f600}.txt",
  "two\nlines.txt",
  `${"n".repeat(251)}.txt`,
  "a&b 'c'.txt",
];
for (const name of names) site.file(`names/${name}`, name);
site.file("names/shut.txt", "shut", 0o600);
site.file("hello.txt", "hello");
const large = 256 * 2 ** 20;
mkdirSync(site.at("large"));
writeFileSync(site.at("large/file.mp4"), "");
truncateSync(site.at("large/file.mp4"), large);
mkdirSync(site.at("shrinks"));

const errors: unknown[] = [];
let server: Server;

beforeAll(async () => {
  server = await serve({
    root: site.root,
    allowArchive: true,
    limits: { archivesMax: 1, lingerTimeMs: 10 },
    onError: (error) => void errors.push(error),
  });
});

afterAll(async () => {
  await server.stop({ force: true });
  site[Symbol.dispose]();
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const get = (path: string, version = "1.1"): string =>
  `GET ${path} HTTP/${version}\r\nHost: localhost\r\n\r\n`;

/** The status and the content of what is answered to a GET of `path`, on a connection of its own. */
async function download(path: string): Promise<readonly [status: number, content: Uint8Array]> {
  const client = await RawClient.connect(server.port);
  client.send(get(path, "1.0"));
  expect(await client.ending()).toBe("end");
  const { octets, statuses } = client;
  return [
    statuses[0] ?? 0,
    octets.subarray(octets.indexOf(0x0a, client.text.indexOf("\r\n\r\n") + 2) + 1),
  ];
}

async function noConnections(): Promise<void> {
  while (server.connections > 0) await turn();
}

describe("an archive over a connection", () => {
  test("is chunked, and the connection goes on after it (RFC 9112 §7.1)", async () => {
    const [, octets] = await download("/names/?download=zip");
    const read = readZip(octets);
    expect(read.map(({ name }) => name).toSorted()).toEqual(
      ["names/", ...names.map((name) => `names/${name}`)].toSorted(),
    );
    for (const { name, content } of read.slice(1)) {
      expect(`names/${new TextDecoder().decode(content)}`).toBe(name);
    }
    const client = await RawClient.connect(server.port);
    client.send(get("/names/?download=tar"));
    await client.until(() => client.text.endsWith("\r\n0\r\n\r\n"));
    expect(client.text).toContain("\r\nTransfer-Encoding: chunked\r\n");
    client.send(get("/hello.txt"));
    await client.until(() => client.text.endsWith("hello"));
    client.close();
  });

  test("is no part of the answer to HEAD (RFC 9110 §9.3.2)", async () => {
    const client = await RawClient.connect(server.port);
    client.send(get("/large/?download=zip").replace("GET", "HEAD") + get("/hello.txt"));
    await client.until(() => client.text.endsWith("hello"));
    const [head = "", next = ""] = client.text.split(/\r\n\r\n(.*)/s);
    expect(head).toContain("\r\nContent-Type: application/zip\r\n");
    expect(next).toStartWith("HTTP/1.1 200 OK\r\n");
    client.close();
  });

  test("lasts to the end of the connection for HTTP/1.0 (RFC 9112 §6.3)", async () => {
    const client = await RawClient.connect(server.port);
    client.send(get("/names/?download=zip", "1.0"));
    expect(await client.ending()).toBe("end");
    const [head = "", body = ""] = client.text.split(/\r\n\r\n(.*)/s);
    expect(head).not.toMatch(/transfer-encoding|content-length/i);
    expect(readZip(latin1Bytes(body))).toHaveLength(names.length + 1);
    client.close();
  });

  test.each(["tar", "zip", "tar.gz", "tar.zst"])(
    "of a %s goes no further than its client reads, and delays no other request",
    async (format) => {
      await noConnections();
      const before = process.memoryUsage.rss();
      const slow = await RawClient.connect(server.port);
      slow.send(get(`/large/?download=${format}`));
      await slow.responses(1);
      slow.pause();
      const other = await RawClient.connect(server.port);
      for (let i = 0; i < 50; i++) await turn();
      other.send(get("/hello.txt"));
      await other.until(() => other.text.endsWith("hello"));
      // All of it would be 256 MiB. One of the turns has read no more than 512 KiB.
      expect(process.memoryUsage.rss() - before).toBeLessThan(128 * 2 ** 20);
      other.send(get("/names/?download=zip"));
      await other.responses(2);
      expect(other.statuses).toEqual([200, 503]);
      other.close();
      slow.abort();
      await noConnections();
      // Its place is free again as soon as nothing of it is open.
      let status = 503;
      while (status === 503) {
        [status] = await download("/names/?download=tar");
      }
      expect(status).toBe(200);
      if (canListDescriptors) expect(descriptorsInto(site.root)).toEqual([]);
      expect(errors).toEqual([]);
    },
  );

  test.each(["tar", "zip"])("of a %s is reset when a file shrinks meanwhile", async (format) => {
    writeFileSync(site.at("shrinks/a.mp4"), new Uint8Array(64 * 2 ** 20));
    const client = await RawClient.connect(server.port);
    client.send(get(`/shrinks/?download=${format}`));
    await client.until(() => client.received > 1000);
    client.pause();
    truncateSync(site.at("shrinks/a.mp4"), 1000);
    client.resume();
    expect(await client.ending()).toBe("reset");
    expect(client.text).not.toEndWith("\r\n0\r\n\r\n");
    expect(errors.splice(0).map(String)).toEqual([
      "Error: the archive ends early: shrinks/a.mp4 has become shorter",
    ]);
    if (canListDescriptors) expect(descriptorsInto(site.root)).toEqual([]);
  });

  test("obeys a chmod that comes while it is sent", async () => {
    site.file("turn/1.mp4", new Uint8Array(64 * 2 ** 20));
    site.file("turn/2.txt", "secret");
    const client = await RawClient.connect(server.port);
    client.send(get("/turn/?download=tar", "1.0"));
    await client.until(() => client.received > 1000);
    client.pause();
    chmodSync(site.at("turn/2.txt"), 0o600);
    client.resume();
    expect(await client.ending()).toBe("end");
    const { octets } = client;
    expect(octets.length).toBeGreaterThan(64 * 2 ** 20);
    expect(Buffer.from(octets.buffer).includes("turn/2.txt")).toBe(false);
    expect(Buffer.from(octets.buffer).includes("turn/1.mp4")).toBe(true);
  });
});
