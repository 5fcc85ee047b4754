import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";

import type { Server } from "../../src/server/serve.ts";
import { serve } from "../../src/server/serve.ts";
import { canListDescriptors, descriptorsInto } from "../open-descriptors.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";

const site = new TempSite("empty");
site.file("hello.txt", "hello");
site.folder("long");
const count = 5000;
for (let i = 0; i < count; i++) writeFileSync(site.at(`long/${i}`), "x");
const errors: unknown[] = [];
let server: Server;
let page: string;

beforeAll(async () => {
  const options = { root: site.root, onError: (error: unknown): void => void errors.push(error) };
  // The same page in one piece.
  await using whole = await serve({ ...options, limits: { listingWholeEntriesMax: count } });
  page = await (await fetch(new URL("long/", whole.url))).text();
  server = await serve(options);
});

afterAll(async () => {
  await server.stop({ force: true });
  site[Symbol.dispose]();
  expect(errors).toEqual([]);
});

const get = (path: string, version = "1.1"): string =>
  `GET ${path} HTTP/${version}\r\nHost: localhost\r\n\r\n`;

/** The content of a chunked body, which has to be whole (RFC 9112 §7.1). */
function unchunk(body: string): string {
  let content = "";
  let at = 0;
  for (;;) {
    const end = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.slice(at, end), 16);
    if (size === 0) {
      expect(body.slice(end)).toBe("\r\n\r\n");
      return content;
    }
    content += body.slice(end + 2, end + 2 + size);
    expect(body.slice(end + 2 + size, end + 4 + size)).toBe("\r\n");
    at = end + 4 + size;
  }
}

describe("a long listing", () => {
  test("is chunked, and the connection goes on after it (RFC 9112 §7.1)", async () => {
    const client = await RawClient.connect(server.port);
    client.send(get("/long/"));
    await client.until(() => client.text.endsWith("\r\n0\r\n\r\n"));
    const [head = "", body = ""] = client.text.split(/\r\n\r\n(.*)/s);
    expect(head).toContain("\r\nTransfer-Encoding: chunked");
    expect(head).not.toMatch(/content-length|etag/i);
    expect(unchunk(body)).toBe(page);
    client.send(get("/hello.txt"));
    await client.until(() => client.text.endsWith("hello"));
    client.close();
  });

  test("lasts to the end of the connection for HTTP/1.0 (RFC 9112 §6.3)", async () => {
    const client = await RawClient.connect(server.port);
    client.send(get("/long/", "1.0"));
    expect(await client.ending()).toBe("end");
    const [head = "", body = ""] = client.text.split(/\r\n\r\n(.*)/s);
    expect(head).not.toMatch(/transfer-encoding|content-length/i);
    expect(head).toContain("\r\nConnection: close");
    expect(body).toBe(page);
    client.close();
  });

  test("has no length for HEAD, and no content (RFC 9110 §9.3.2)", async () => {
    const client = await RawClient.connect(server.port);
    client.send(get("/long/").replace("GET", "HEAD") + get("/hello.txt"));
    await client.until(() => client.text.endsWith("hello"));
    expect(client.statuses).toEqual([200, 200]);
    const [head = "", next = ""] = client.text.split(/\r\n\r\n(.*)/s);
    expect(head).toContain("\r\nTransfer-Encoding: chunked");
    expect(head).not.toMatch(/content-length|etag/i);
    expect(next).toStartWith("HTTP/1.1 200 OK\r\n");
    client.close();
  });

  test("delays no other request while it is sent", async () => {
    const slow = await RawClient.connect(server.port);
    const other = await RawClient.connect(server.port);
    slow.send(get("/long/"));
    other.send(get("/hello.txt"));
    await other.until(() => other.text.endsWith("hello"));
    expect(slow.text).not.toContain("</html>");
    await slow.until(() => slow.text.endsWith("\r\n0\r\n\r\n"));
    for (const client of [slow, other]) client.close();
  });

  test("ends when the client disconnects, and leaves nothing open", async () => {
    for (const enough of [1, 10_000, 100_000]) {
      const client = await RawClient.connect(server.port);
      client.send(get("/long/"));
      await client.until(() => client.received >= enough);
      client.abort();
    }
    const last = await RawClient.connect(server.port);
    // What the others have begun comes to its end before this does.
    last.send(get("/long/"));
    await last.until(() => last.text.endsWith("\r\n0\r\n\r\n"));
    last.close();
    while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    if (canListDescriptors) expect(descriptorsInto(site.root)).toEqual([]);
  });
});
