import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";

import { serve } from "../../index.ts";
import type { ServeOptions, Server, ServerWebSocket } from "../../index.ts";
import { concatBytes } from "../../src/http/octets/bytes.ts";
import { clientTls, serverTls } from "../certificates/certificates.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { clientFrame, closing, serverFrame } from "../websocket/client-frames.ts";

// Megabytes go both ways, which takes a busy machine longer than the 5 s of `bun test`.
setDefaultTimeout(120_000);

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());

/** What the servers say of their own errors. */
const errors: unknown[] = [];

function begin(options: ServeOptions = {}): Promise<Server> {
  return serve({ root: site.root, onError: (error) => errors.push(error), ...options });
}

const handshake = (path: string, lines = ""): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    `${lines}\r\n`,
  ].join("\r\n");

/** The end of a head in what a client has got. */
const headEnd = (client: RawClient): number => client.text.indexOf("\r\n\r\n") + 4;

/** A raw client whose handshake with `path` is over. */
async function opened(server: Server, path: string, tls?: Bun.TLSOptions): Promise<RawClient> {
  const client = await RawClient.connect(server.port, "127.0.0.1", tls);
  client.send(handshake(path));
  await client.until(() => client.text.includes("\r\n\r\n"));
  expect(client.text).toStartWith("HTTP/1.1 101 Switching Protocols\r\n");
  return client;
}

/** Waits for `frames` behind the head. */
async function frames(client: RawClient, ...expected: readonly Uint8Array[]): Promise<void> {
  const octets = concatBytes(expected);
  const start = headEnd(client);
  await client.until(() => client.received >= start + octets.length);
  expect(Buffer.compare(client.octets.subarray(start), octets)).toBe(0);
}

const echo = (server: Server): ReturnType<Server["webSocket"]> =>
  server.webSocket("/echo", { message: (socket, message) => socket.send(message) });

describe("a WebSocket", () => {
  test("is opened as RFC 6455 §1.3 has it, and speaks its frames (§5.7)", async () => {
    await using server = await begin();
    echo(server);
    const client = await RawClient.connect(server.port);
    const hello = Uint8Array.of(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58);
    // What follows the handshake at once is the first message.
    client.send(concatBytes([Buffer.from(handshake("/echo")), hello]));
    await client.until(() => client.text.endsWith("Hello"));
    const [head = "", rest] = client.text.split("\r\n\r\n");
    expect(head.replace(/Date: .*/, "Date: …").split("\r\n")).toEqual([
      "HTTP/1.1 101 Switching Protocols",
      "Date: …",
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
      "Upgrade: websocket",
      "Connection: Upgrade",
    ]);
    expect(rest).toBe("\x81\x05Hello");
    client.close();
  });

  test("follows requests on the same connection, and is the last thing on it", async () => {
    await using server = await begin();
    echo(server);
    const client = await RawClient.connect(server.port);
    client.send(`GET /hello.html HTTP/1.1\r\nHost: localhost\r\n\r\n${handshake("/echo")}`);
    await client.until(() => client.text.includes("101 Switching"));
    client.send("GET / HTTP/1.1\r\n\r\n");
    // "G" has a reserved bit.
    expect(await client.ending()).toBe("end");
    expect(client.text).toContain("a reserved bit is set");
    client.close();
  });

  test.each([
    ["TLS", { tls: serverTls }, clientTls],
    ["cleartext", {}, undefined],
  ])(
    "over %s carries megabytes both ways, and closes in good order",
    async (_how, options, tls) => {
      await using server = await begin(options);
      const ends: unknown[] = [];
      const route = server.webSocket("/echo", {
        message: (socket, message) => socket.send(message),
        close: (_socket, code, reason) => ends.push([code, reason]),
      });
      const client = await opened(server, "/echo", tls);
      const large = new Uint8Array(5_000_000).map((_, i) => i * 7);
      client.send(clientFrame(2, large));
      client.send(clientFrame(9, "p"));
      await frames(client, serverFrame(2, large), serverFrame(10, "p"));
      expect(server.connections).toBe(1);
      client.send(clientFrame(8, closing(4321, "done")));
      expect(await client.ending()).toBe("end");
      expect(Buffer.from(client.octets).subarray(-4)).toEqual(
        Buffer.from(serverFrame(8, closing(4321))),
      );
      client.close();
      expect(ends).toEqual([[4321, "done"]]);
      expect(route.sockets.size).toBe(0);
    },
  );

  test("over a Unix socket", async () => {
    const unix = site.at("ws.sock");
    await using server = await begin({ unix });
    echo(server);
    const text = Promise.withResolvers<string>();
    let got = "";
    const socket = await Bun.connect({
      unix,
      socket: {
        open: (opening) => void opening.write(handshake("/echo")),
        data: (on, octets) => {
          got += octets.toString("latin1");
          if (got.endsWith("\r\n\r\n")) on.write(clientFrame(1, "local"));
          if (got.endsWith("local")) text.resolve(got);
        },
      },
    });
    expect(await text.promise).toEndWith("\r\n\r\n\x81\x05local");
    socket.end();
    await server.stop();
    expect(existsSync(unix)).toBe(false);
  });

  test("of a page of another origin is refused (RFC 6455 §10.2), and of another host", async () => {
    await using server = await begin();
    echo(server);
    server.webSocket("/open", () => undefined, { crossOrigin: true });
    const status = async (path: string, lines: string): Promise<number | undefined> => {
      const client = await RawClient.connect(server.port);
      client.send(handshake(path, lines));
      await client.until(() => client.text.includes("\r\n\r\n"));
      client.abort();
      return Number(client.text.slice(9, 12));
    };
    const foreign = "Origin: http://elsewhere.example\r\n";
    expect(await status("/echo", foreign)).toBe(403);
    expect(await status("/echo", "Origin: http://localhost\r\n")).toBe(101);
    expect(await status("/open", foreign)).toBe(101);
    const client = await RawClient.connect(server.port);
    client.send(handshake("/echo").replace("Host: localhost", "Host: elsewhere.example"));
    await client.responses(1);
    expect(client.statuses).toEqual([421]);
    client.close();
  });
});

/** A client of Bun's, open. */
async function connected(server: Server, path: string, protocols?: string[]): Promise<WebSocket> {
  const client = new WebSocket(new URL(path, server.url.href.replace("http", "ws")), protocols);
  client.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    client.addEventListener("open", resolve, { once: true });
    client.addEventListener("error", reject, { once: true });
  });
  return client;
}

const next = (client: WebSocket): Promise<unknown> =>
  new Promise((resolve) => {
    client.addEventListener("message", ({ data }) => resolve(data), { once: true });
  });

const closed = (client: WebSocket): Promise<readonly [number, string]> =>
  new Promise((resolve) => {
    client.addEventListener("close", ({ code, reason }) => resolve([code, reason]), {
      once: true,
    });
  });

describe("a real client", () => {
  test("sends and gets text and octets", async () => {
    await using server = await begin();
    echo(server);
    const client = await connected(server, "echo");
    client.send("Grüße 👋");
    expect(await next(client)).toBe("Grüße 👋");
    client.send(Uint8Array.of(0, 255));
    expect(new Uint8Array((await next(client)) as ArrayBuffer)).toEqual(Uint8Array.of(0, 255));
    const text = "x".repeat(1_048_576);
    client.send(text);
    expect(await next(client)).toBe(text);
    const end = closed(client);
    client.close(4000, "bye");
    expect(await end).toEqual([4000, ""]);
  });

  test("agrees on a subprotocol, and is closed by the handler", async () => {
    await using server = await begin();
    server.webSocket(
      "/rooms/:room",
      async (socket) => {
        for await (const message of socket) {
          if (message === "leave") socket.close(4001, `left ${socket.params["room"]}`);
          else socket.send(`${socket.params["room"]}: ${String(message)}`);
        }
      },
      { protocols: ["v2", "v1"] },
    );
    const client = await connected(server, "rooms/a%20b", ["v0", "v1", "v2"]);
    expect(client.protocol).toBe("v1");
    client.send("hello");
    expect(await next(client)).toBe("a b: hello");
    const end = closed(client);
    client.send("leave");
    expect(await end).toEqual([4001, "left a b"]);
  });

  test("is told 1001 when the server stops, which waits for it", async () => {
    const server = await begin();
    echo(server);
    const client = await connected(server, "echo");
    const end = closed(client);
    await server.stop();
    expect((await end)[0]).toBe(1001);
    expect(server.requests[0]).toMatchObject({ status: 101, isOver: true, aborted: false });
  });

  test("gets what the route sends to all its sockets", async () => {
    await using server = await begin();
    const route = echo(server);
    const first = await connected(server, "echo");
    const second = await connected(server, "echo");
    const got = Promise.all([next(first), next(second)]);
    expect(route.sockets.size).toBe(2);
    for (const socket of route.sockets) socket.send("all");
    expect(await got).toEqual(["all", "all"]);
    route.remove();
    // Open sockets stay.
    first.send("still");
    expect(await next(first)).toBe("still");
    expect((await fetch(new URL("echo", server.url))).status).toBe(404);
  });
});

describe("a client that leaves", () => {
  test.each([
    ["closes its connection", (client: RawClient) => client.close()],
    ["resets it", (client: RawClient) => client.abort()],
    ["ends its side", (client: RawClient) => client.shut()],
  ])("and %s is told of once, with 1006", async (_how, leave) => {
    await using server = await begin();
    const ends: unknown[] = [];
    const left = Promise.withResolvers<void>();
    server.webSocket("/echo", {
      message: (socket, message) => socket.send(message),
      close: (_socket, code, reason) => {
        ends.push([code, reason]);
        left.resolve();
      },
    });
    const client = await opened(server, "/echo");
    client.send(clientFrame(1, "a").subarray(0, 4));
    leave(client);
    await left.promise;
    const request = await server.next();
    expect(ends).toEqual([[1006, ""]]);
    expect(request).toMatchObject({ path: "/echo", status: 101, aborted: true });
    expect(server.connections).toBe(0);
  });

  test("that answers no ping is reset", async () => {
    const limits = { webSocketIdleTimeMs: 20, webSocketPongTimeMs: 20 };
    await using server = await begin({ limits });
    echo(server);
    const client = await opened(server, "/echo");
    await client.until(() => client.octets.at(-2) === 0x89);
    expect(await client.ending()).toBe("reset");
  });

  test("that never reads is held back, and costs no more than its queue", async () => {
    await using server = await begin();
    let messages = 0;
    server.webSocket("/echo", {
      message: (socket, message) => {
        messages++;
        socket.send(message);
      },
    });
    const client = await opened(server, "/echo");
    const start = headEnd(client);
    client.pause();
    const frame = clientFrame(2, new Uint8Array(1_000_000));
    for (let i = 0; i < 60; i++) client.send(frame);
    // It goes on until what both kernels hold is full, which isn't all of it.
    let before = -1;
    while (messages !== before) {
      before = messages;
      await Bun.sleep(200);
    }
    expect(messages).toBeLessThan(60);
    client.resume();
    const whole = start + 60 * 1_000_010;
    await client.until(() => client.received >= whole);
    expect(messages).toBe(60);
    client.abort();
  });

  test("and never reads is reset when the handler sends on", async () => {
    await using server = await begin({ limits: { webSocketQueueBytesMax: 1_000_000 } });
    const left = Promise.withResolvers<number>();
    const begun = Promise.withResolvers<ServerWebSocket>();
    server.webSocket("/feed", {
      open: (socket) => begun.resolve(socket),
      close: (_socket, code) => left.resolve(code),
    });
    const client = await opened(server, "/feed");
    client.pause();
    const piece = new Uint8Array(500_000);
    const socket = await begun.promise;
    for (let i = 0; i < 100 && socket.state === "open"; i++) {
      socket.send(piece);
      await Bun.sleep(1);
    }
    expect(await left.promise).toBe(1006);
    client.resume();
    expect(await client.ending()).toBe("reset");
  });
});

describe("the record and the log", () => {
  test("have the handshake with its messages, and are over with the socket", async () => {
    const lines: string[] = [];
    const write = (text: string): void => void lines.push(text);
    await using server = await begin({ log: "common", write });
    echo(server);
    const client = await opened(server, "/echo");
    client.send(concatBytes([clientFrame(1, "hello"), clientFrame(2, Uint8Array.of(7))]));
    await frames(client, serverFrame(1, "hello"), serverFrame(2, Uint8Array.of(7)));
    const [request] = server.expect("GET", "/echo", { times: 1 });
    expect(request).toMatchObject({ status: 101, isOver: false, messageCount: 2 });
    expect(request?.messages).toEqual(["hello", Uint8Array.of(7)]);
    expect(lines).toEqual([]);
    client.send(clientFrame(8, closing(1000)));
    await client.ending();
    client.close();
    const over = await server.next({ path: "/echo" });
    expect(over).toMatchObject({ isOver: true, aborted: false, sentOctets: 7 + 3 + 4 });
    await server.stop();
    expect(lines.join("")).toMatch(/"GET \/echo HTTP\/1\.1" 101 14\n$/);
  });
});

describe("stopping", () => {
  test("waits no longer than stopTimeMs for a client that doesn't close, and not with force", async () => {
    const limits = { stopTimeMs: 50, webSocketCloseTimeMs: 60_000 };
    const server = await begin({ limits });
    echo(server);
    const client = await opened(server, "/echo");
    await server.stop();
    expect(await client.ending()).toBe("reset");
    expect(Buffer.from(client.octets).subarray(-4)).toEqual(
      Buffer.from(serverFrame(8, closing(1001))),
    );
    const other = await begin({ limits: { stopTimeMs: 60_000 } });
    echo(other);
    const second = await opened(other, "/echo");
    await other.stop({ force: true });
    expect(await second.ending()).toBe("reset");
  });
});

test("no server has said that anything went wrong", () => {
  expect(errors).toEqual([]);
});
