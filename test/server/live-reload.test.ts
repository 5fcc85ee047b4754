import { describe, expect, test } from "bun:test";

import type { Server, ServeOptions } from "../../index.ts";
import { serve } from "../../index.ts";
import { clientTls, serverTls } from "../certificates/certificates.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";

/** A server with live reload, and the lines of its log. */
class LiveServer implements AsyncDisposable {
  readonly site = new TempSite("empty");
  readonly lines: string[] = [];
  #server: Server | undefined;

  static async open(options: ServeOptions = {}): Promise<LiveServer> {
    const live = new LiveServer();
    live.site.file("page.html", "<p>one");
    live.#server = await serve({
      root: live.site.root,
      live: true,
      host: "127.0.0.1",
      log: "short",
      write: (text) => void live.lines.push(...text.trimEnd().split("\n")),
      ...options,
    });
    return live;
  }

  get server(): Server {
    if (this.#server === undefined) throw new Error("it isn't open");
    return this.#server;
  }

  /** A client that has got the stream's first message. */
  async listen(tls?: Bun.TLSOptions): Promise<RawClient> {
    const client = await RawClient.connect(this.server.port, "127.0.0.1", tls);
    client.send("GET /.postern/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.until(() => client.text.includes("\ndata: "));
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop({ force: true });
    this.site[Symbol.dispose]();
  }
}

const messages = (client: RawClient): number => client.text.split("\ndata: ").length - 1;

describe("the event stream of live reload", () => {
  test("tells of a change, and the log says what and whom", async () => {
    await using live = await LiveServer.open();
    const client = await live.listen();
    live.site.file("css/a.css", "p {}");
    await client.until(() => messages(client) === 2);
    await live.server.stop();
    const [line] = live.lines;
    expect(line).toMatch(/^\d\d:\d\d:\d\d changed css, css\/a\.css: 127\.0\.0\.1 reloads$/);
    // What open pages ask for by themselves isn't in the short log.
    expect(live.lines.length).toBe(1);
  });

  test("ends at once with the server, to its last octet", async () => {
    await using live = await LiveServer.open({ limits: { stopTimeMs: 60_000 } });
    const client = await live.listen();
    await live.server.stop();
    expect(await client.ending()).toBe("end");
    expect(client.text).toEndWith("\r\n0\r\n\r\n");
  });

  test("ends with its client, whose browser has closed its side", async () => {
    await using live = await LiveServer.open();
    const client = await live.listen();
    expect(live.server.connections).toBe(1);
    client.shut();
    await client.ending();
    expect(live.server.connections).toBe(0);
  });

  test("is the same over TLS", async () => {
    await using live = await LiveServer.open({ tls: serverTls });
    const client = await live.listen(clientTls);
    const other = await live.listen(clientTls);
    live.site.file("page.html", "<p>two");
    await client.until(() => messages(client) === 2);
    client.close();
    while (live.server.connections > 1) await Bun.sleep(1);
    await live.server.stop();
    expect(await other.ending()).toBe("end");
    expect(other.text).toEndWith("\r\n0\r\n\r\n");
  });

  test("has comments, so that a client that is gone is noticed", async () => {
    await using live = await LiveServer.open({ limits: { liveBeatTimeMs: 20, idleTimeMs: 10 } });
    const client = await live.listen();
    await client.until(() => client.text.split(":\n\n").length > 3);
  });

  test("has no body for HEAD, and counts for none", async () => {
    await using live = await LiveServer.open({ limits: { liveStreamsMax: 1 } });
    const client = await RawClient.connect(live.server.port);
    for (let i = 1; i <= 3; i++) {
      client.send("HEAD /.postern/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await client.responses(i);
    }
    expect(client.statuses).toEqual([200, 200, 200]);
    await live.listen();
    client.send("GET /.postern/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.responses(4);
    expect(client.statuses.at(-1)).toBe(503);
  });

  test("is not for a foreign host (DNS rebinding)", async () => {
    await using live = await LiveServer.open();
    const client = await RawClient.connect(live.server.port);
    client.send("GET /.postern/live HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    await client.responses(1);
    expect(client.statuses).toEqual([421]);
  });

  test("goes on over a reload, which is a change, and ends when one turns it off", async () => {
    await using live = await LiveServer.open();
    const client = await live.listen();
    live.server.reload({ live: true, log: "json" });
    await client.until(() => messages(client) === 2);
    live.server.reload({ live: false });
    await client.until(() => client.text.endsWith("\r\n0\r\n\r\n"));
    client.send("GET /.postern/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.responses(2);
    expect(client.statuses).toEqual([200, 404]);
    live.server.reload({ live: true });
    const other = await live.listen();
    live.site.file("page.html", "<p>two");
    await other.until(() => messages(other) === 2);
    const report = live.lines.find((line) => line.includes('"live"')) ?? "{}";
    expect(JSON.parse(report)).toMatchObject({
      live: { kind: "changed", paths: [], isAll: true, kinds: ["page"], clients: ["127.0.0.1"] },
    });
  });

  test("tells of every folder that is mounted, under the base", async () => {
    using docs = new TempSite("empty");
    docs.file("one.html", "<p>one");
    docs.file("beside.html", "<p>one");
    const mounts = { "/docs": docs.root, "/one": docs.at("one.html") };
    await using live = await LiveServer.open({ base: "/app/", mounts });
    const client = await RawClient.connect(live.server.port);
    client.send("GET /app/.postern/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.until(() => messages(client) === 1);
    live.site.file("page.html", "<p>two");
    await client.until(() => messages(client) === 2);
    docs.file("one.html", "<p>two");
    await client.until(() => messages(client) === 3);
    await live.server.stop();
    expect(live.lines.map((line) => line.slice(9))).toEqual([
      "changed app/page.html: 127.0.0.1 reloads",
      "changed docs/one.html, one/one.html: 127.0.0.1 reloads",
    ]);
  });

  test("is there for files in memory, which change by a reload", async () => {
    const files = { "/page.html": "<p>one" };
    await using server = await serve({ files, live: true, host: "127.0.0.1" });
    const client = await RawClient.connect(server.port);
    client.send("GET /.postern/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.until(() => messages(client) === 1);
    server.reload({ files: { "/page.html": "<p>two" }, live: true });
    await client.until(() => messages(client) === 2);
    client.close();
  });
});
