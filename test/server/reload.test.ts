import { afterAll, describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import type { Server } from "../../src/server/serve.ts";
import { serve } from "../../src/server/serve.ts";
import type { ServeOptions } from "../../src/server/serve-options.ts";
import { ServeError } from "../../src/site/serve-error.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

const site = new TempSite("empty");
site.file("a.txt", "one");
site.file(".b.txt", "hidden");
const other = new TempSite("empty");
other.file("a.txt", "two");
const size = 20_000_000;
site.file("twenty.bin", new Uint8Array(size).fill(7));
afterAll(() => {
  site[Symbol.dispose]();
  other[Symbol.dispose]();
});

function start(options: ServeOptions = {}): Promise<Server> {
  return serve({ root: site.root, ...options });
}

async function statusOf(server: Server, path: string): Promise<number> {
  const response = await fetch(new URL(path, server.url));
  await response.bytes();
  return response.status;
}

describe("reload", () => {
  test("changes what is served, from the next request on, on open connections too", async () => {
    await using server = await start();
    const client = await RawClient.connect(server.port);
    client.send(get("/a.txt"));
    await client.responses(1);
    server.reload({ root: other.root });
    expect(server.root).toBe(other.root);
    client.send(get("/a.txt"));
    await client.responses(2);
    expect(client.text).toMatch(/\r\n\r\none.*\r\n\r\ntwo$/s);
    expect(server.connections).toBe(1);
    client.close();
  });

  test("gives what is left out its default again", async () => {
    await using server = await start({ hidden: true });
    expect(await statusOf(server, ".b.txt")).toBe(200);
    server.reload({ root: site.root });
    expect(await statusOf(server, ".b.txt")).toBe(404);
  });

  test("leaves address, requests and added routes as they are", async () => {
    await using server = await start();
    server.route("GET", "/mine", () => new ResponseBuilder(200).text("mine").build());
    const { port, url } = server;
    expect(await statusOf(server, "mine")).toBe(200);
    server.reload({ root: other.root });
    server.route("GET", "/late", () => new ResponseBuilder(200).text("late").build());
    server.reload({ root: site.root });
    expect(await statusOf(server, "mine")).toBe(200);
    expect(await statusOf(server, "late")).toBe(200);
    expect([server.port, server.url.href]).toEqual([port, url.href]);
    expect(server.requests.map(({ target }) => target)).toEqual(["/mine", "/mine", "/late"]);
  });

  test.each<readonly [code: ServeError["code"], options: ServeOptions]>([
    ["root", { root: "/nowhere/at/all" }],
    ["limits", { root: other.root, limits: { sendPieceBytes: 1 } }],
    ["form", { root: other.root, form: "../x.html" }],
  ])("that can't be throws a ServeError, %s, and changes nothing", async (code, options) => {
    await using server = await start({ hidden: true });
    let thrown: unknown;
    try {
      server.reload(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ServeError);
    expect(thrown).toMatchObject({ code });
    expect(server.root).toBe(site.root);
    expect(await statusOf(server, ".b.txt")).toBe(200);
  });

  test("lets what is in flight finish as it began", async () => {
    await using server = await start();
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    server.route("GET", "/slow", async () => {
      asked.resolve();
      await go.promise;
      return new ResponseBuilder(200).text("done").build();
    });
    const slow = fetch(new URL("slow", server.url));
    await asked.promise;
    const client = await RawClient.connect(server.port);
    client.send(get("/twenty.bin"));
    await client.until(() => client.received > 0);
    client.pause();
    server.reload({ root: other.root, limits: { handlerTimeMs: 1, writeTimeMs: 1 } });
    await Bun.sleep(100);
    go.resolve();
    expect(await (await slow).text()).toBe("done");
    client.resume();
    await client.until(() => client.received >= size);
    expect(client.received).toBe(client.text.indexOf("\r\n\r\n") + 4 + size);
    client.close();
  });

  test("sets the limits of connections to come; those that are open keep theirs", async () => {
    await using server = await start();
    const long = get(`/${"x".repeat(200)}`);
    const client = await RawClient.connect(server.port);
    client.send(get("/a.txt"));
    await client.responses(1);
    const connections = { connectionsMax: 2, connectionsPerAddressMax: 2 };
    server.reload({ root: site.root, limits: { requestLineBytesMax: 100, ...connections } });
    client.send(long);
    await client.responses(2);
    expect(client.statuses).toEqual([200, 404]);
    const late = await RawClient.connect(server.port);
    late.send(long);
    await late.responses(1);
    expect(late.statuses).toEqual([414]);
    const third = await RawClient.connect(server.port);
    await third.responses(1);
    expect(third.statuses).toEqual([503]);
    for (const each of [client, late, third]) each.close();
  });

  test("changes the log's format, and loses no line", async () => {
    let log = "";
    await using server = await start({ log: "common", write: (text) => (log += text) });
    await statusOf(server, "a.txt");
    server.reload({ root: site.root, log: "json" });
    await statusOf(server, "a.txt");
    server.reload({ root: site.root });
    await statusOf(server, "a.txt");
    await server.stop();
    const lines = log.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('"GET /a.txt HTTP/1.1" 200');
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ target: "/a.txt" });
  });

  test("keeps fewer requests when it is told to", async () => {
    await using server = await start();
    for (let i = 0; i < 5; i++) await statusOf(server, `a.txt?${i}`);
    server.reload({ root: site.root, limits: { requestsKeptMax: 2 } });
    await statusOf(server, "a.txt?5");
    expect(server.requests.map(({ target }) => target)).toEqual(["/a.txt?4", "/a.txt?5"]);
  });
});

test("keeps the root when it isn't named, and refuses words that options can't have", async () => {
  await using server = await serve({ root: site.root, cache: 30 });
  const { root } = server;
  server.reload({ hidden: true });
  expect(server.root).toBe(root);
  expect((await fetch(new URL("a.txt", server.url))).status).toBe(200);
  const nonsense = { permissions: "everybody" } as unknown as Parameters<typeof server.reload>[0];
  expect(() => server.reload(nonsense)).toThrow(
    "permissions must be one of other, process, not everybody",
  );
  expect(() => server.reload({ index: "a/b" })).toThrow("the index must be a file's name, not a/b");
});
