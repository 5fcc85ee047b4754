/**
 * Clients that send uploads slowly, as many as there are places for and more: one that sends its
 * file at once is served all the same.
 */

import { afterAll, beforeEach, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";

import { serve } from "../../src/server/serve.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name));
});

/** Few places, which are lost a millisecond after the client has sent its last octet. */
const limits = {
  uploadsAtOnceMax: 40,
  uploadsPerAddressMax: 10,
  uploadFilesMax: 10,
  uploadSlowTimeMs: 1,
  uploadBytesPerSecondMin: 1_000_000,
};

const head = (name: string, octets: number, address: string): string =>
  `PUT /${name} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${address}\r\n` +
  `Content-Length: ${octets}\r\n\r\n`;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(1);
}

test.each([
  ["one address", 1, 10],
  ["many addresses", 20, 40],
])("slow clients of %s hold no place that another one needs", async (_name, addresses, places) => {
  await using server = await serve({
    root: site.root,
    put: true,
    trustProxy: ["127.0.0.1"],
    limits,
    log: "none",
  });
  const slow: RawClient[] = [];
  const ended = (): readonly RawClient[] => slow.filter(({ text }) => text !== "");
  for (let i = 0; i < 100; i++) {
    const client = await RawClient.connect(server.port);
    client.send(`${head(`slow${i}`, 1000, `192.0.2.${i % addresses}`)}x`);
    slow.push(client);
    // The next one comes when this one has its place, and the others have been late for a while.
    const place = Math.min(i + 1, places);
    await until(() => readdirSync(site.root).length >= place && ended().length >= i + 1 - places);
    if (i + 1 === places) await Bun.sleep(50);
  }
  for (const address of ["192.0.2.0", "192.0.2.99"]) {
    const decent = await RawClient.connect(server.port);
    decent.send(head(`decent-${address}`, 1_000_000, address) + "y".repeat(1_000_000));
    await decent.responses(1);
    expect(decent.text).toStartWith("HTTP/1.1 201 ");
    decent.close();
  }
  expect(ended().length).toBeGreaterThanOrEqual(100 - places);
  for (const { text } of ended()) {
    expect(text).toStartWith("HTTP/1.1 503 ");
    expect(text).toMatch(/\r\nRetry-After: 1\r\n/);
    expect(text).toContain("came too slowly while others waited");
  }
  // The others go on, and may be as slow as they are.
  const last = slow.at(-1);
  expect(last?.text).toBe("");
  last?.send("x".repeat(999));
  await last?.responses(1);
  expect(last?.text).toStartWith("HTTP/1.1 201 ");
  for (const client of slow) client.close();
});

test("a slow client that has announced much holds no room in the quota that another one needs", async () => {
  await using server = await serve({
    root: site.root,
    put: true,
    uploadQuota: 1_000_000,
    limits: { uploadSlowTimeMs: 1, uploadBytesPerSecondMin: 1_000_000 },
    log: "none",
  });
  const slow = await RawClient.connect(server.port);
  slow.send(`${head("slow", 900_000, "")}x`);
  // Until it has its room, and is late.
  await until(() => readdirSync(site.root).length > 0);
  await Bun.sleep(50);
  const large = await RawClient.connect(server.port);
  large.send(head("large", 1_100_000, "") + "y".repeat(1_100_000));
  await large.responses(1);
  expect([large.text.slice(0, 13), slow.text]).toEqual(["HTTP/1.1 507 ", ""]);
  const decent = await RawClient.connect(server.port);
  decent.send(head("decent", 500_000, "") + "y".repeat(500_000));
  await decent.responses(1);
  expect(decent.text).toStartWith("HTTP/1.1 201 ");
  await slow.responses(1);
  expect(slow.text).toStartWith("HTTP/1.1 503 ");
  expect(readdirSync(site.root)).toEqual(["decent"]);
  for (const client of [slow, large, decent]) client.close();
});
