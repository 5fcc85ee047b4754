import { afterAll, afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createServer } from "node:http";

import { serve } from "../../index.ts";
import type { ServeOptions, Server } from "../../index.ts";
import { clientTls, pemText } from "../certificates/certificates.ts";
import { RawClient } from "../raw-client.ts";
import type { BackendPeer } from "./raw-backend.ts";
import { answering, RawBackend } from "./raw-backend.ts";

// Megabytes go both ways, which takes a busy machine longer than the 5 s of `bun test`.
setDefaultTimeout(120_000);

/** What the servers say of their own errors. */
const errors: unknown[] = [];
afterEach(() => {
  expect(errors).toEqual([]);
});

const logged: string[] = [];

function begin(backend: { readonly url: string }, options: ServeOptions = {}): Promise<Server> {
  return serve({
    files: { "/own.txt": "own" },
    proxy: { "/api": backend.url },
    log: "short",
    write: (text) => void logged.push(text),
    onError: (error) => void errors.push(error),
    ...options,
  });
}

const ok = (body: string, lines = ""): string =>
  `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;

const get = (path: string, lines = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`;

/** What a client gets for `text`, up to the end of a connection that it asks to close. */
async function reply(server: Server, text: string): Promise<string> {
  const client = await RawClient.connect(server.port);
  client.send(text);
  await client.ending();
  client.close();
  return client.text;
}

const bodyOf = (text: string): string => text.slice(text.indexOf("\r\n\r\n") + 4);

/** What is the same in every head that the server writes, taken out. */
const plain = (text: string): string =>
  text
    .replace(/Date: [^\r]*\r\n/g, "")
    .replace(/Connection: keep-alive\r\nKeep-Alive: [^\r]*\r\n/g, "");

describe("a request", () => {
  test("is written anew, octet for octet what it should be", async () => {
    using backend = answering(
      ok("hello", "x-B: 1\r\nSet-Cookie: a\r\nX-b: 2\r\nSet-Cookie: b\r\n"),
    );
    await using server = await begin(backend);
    const text = await reply(
      server,
      "GET /api/a%2Fb?c HTTP/1.1\r\nHost: localhost:81\r\nX-one: 1\r\nCookie: a\r\nx-ONE: 2\r\nConnection: close\r\n\r\n",
    );
    expect(backend.peers[0]?.text.replace(/postern-[\da-f]{8}/, "postern-x")).toBe(
      [
        "GET /api/a%2Fb?c HTTP/1.1",
        `Host: 127.0.0.1:${backend.port}`,
        "X-one: 1",
        "Cookie: a",
        "x-ONE: 2",
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Host: localhost:81",
        "X-Forwarded-Proto: http",
        'Forwarded: for=127.0.0.1;host="localhost:81";proto=http',
        "Via: 1.1 postern-x\r\n\r\n",
      ].join("\r\n"),
    );
    expect(plain(text)).toBe(
      "HTTP/1.1 200 OK\r\nx-B: 1\r\nSet-Cookie: a\r\nX-b: 2\r\nSet-Cookie: b\r\nVia: 1.1 postern\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    );
  });

  test("with content of a length keeps it, and in chunks is put in chunks anew", async () => {
    using backend = new RawBackend((peer) => {
      if (peer.text.endsWith("hello") || peer.text.endsWith("0\r\n\r\n")) peer.send(ok("x"));
    });
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send(
      "POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello".replace(
        "Host: a",
        "Host: localhost",
      ),
    );
    await client.responses(1);
    client.send(
      "POST /api HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-T: 1\r\n\r\n",
    );
    await client.responses(2);
    const texts = backend.peers.map((peer) => peer.text);
    expect(texts[0]).toEndWith("\r\nContent-Length: 5\r\n\r\nhello");
    expect(texts[1]).toEndWith("\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    client.close();
  });

  test("waits for the backend's 100 with its content (RFC 9110 §10.1.1)", async () => {
    using backend = new RawBackend();
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send(
      "POST /api HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    );
    const peer = await backend.peer();
    await peer.has("Expect: 100-continue\r\n\r\n");
    expect(client.text).toBe("");
    peer.send("HTTP/1.1 100 Continue\r\n\r\n");
    await client.until(() => client.text === "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    await peer.has("\r\n\r\nhello");
    peer.send(ok("done"));
    await client.responses(1);
    client.close();
  });

  test("isn't sent its content when the backend refuses it", async () => {
    using backend = new RawBackend();
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send(
      "POST /api HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    );
    const peer = await backend.peer();
    await peer.has("Expect");
    peer.send("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n");
    await client.responses(1);
    expect(client.text).toStartWith("HTTP/1.1 413 ");
    // What would be sent on it next could be taken for the content.
    await peer.until(({ hasEnded }) => hasEnded);
    client.close();
  });

  test("is sent its content in time, if the backend doesn't know 100", async () => {
    using backend = new RawBackend((peer) => {
      if (peer.text.endsWith("hello")) peer.send(ok("done"));
    });
    await using server = await begin(backend, { limits: { backendContinueTimeMs: 1 } });
    const client = await RawClient.connect(server.port);
    client.send(
      "POST /api HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    );
    await client.until(() => client.text.startsWith("HTTP/1.1 100 "));
    client.send("hello");
    await client.responses(1);
    client.close();
  });

  test("that breaks off in its content never looks whole to the backend", async () => {
    using backend = new RawBackend();
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send(
      "POST /api HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
    );
    const peer = await backend.peer();
    await peer.has("3\r\nhel\r\n");
    client.abort();
    await peer.until(({ isClosed }) => isClosed);
    expect(peer.text).toEndWith("\r\n\r\n3\r\nhel\r\n");
  });

  test("of HTTP/1.0 is asked in HTTP/1.1, and its answer has no chunks", async () => {
    using backend = answering(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    );
    await using server = await begin(backend);
    const text = await reply(server, "GET /api HTTP/1.0\r\n\r\n");
    expect(plain(text)).toBe("HTTP/1.1 200 OK\r\nVia: 1.1 postern\r\nConnection: close\r\n\r\nab");
    expect(backend.peers[0]?.text).toContain("\r\nVia: 1.0 postern-");
  });
});

describe("an answer", () => {
  test("in chunks, of a length, and up to the end of the connection is the same content", async () => {
    const answers = [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
      ok("abc"),
      "HTTP/1.0 200 OK\r\n\r\nabc",
    ];
    for (const answer of answers) {
      using backend = new RawBackend((peer) => {
        peer.send(answer);
        if (answer.startsWith("HTTP/1.0")) peer.shut();
      });
      await using server = await begin(backend);
      const response = await fetch(new URL("/api", server.url));
      expect(await response.text()).toBe("abc");
    }
  });

  test("comes as it is made, piece by piece", async () => {
    using backend = new RawBackend((peer) => {
      peer.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
    });
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send(get("/api/events"));
    const peer = await backend.peer();
    await client.until(() => client.text.includes("\r\n\r\n"));
    for (let i = 0; i < 3; i++) {
      peer.send(`9\r\ndata: ${i}\n\n\r\n`);
      await client.until(() => client.text.endsWith(`\r\n9\r\ndata: ${i}\n\n\r\n`));
    }
    peer.send("0\r\n\r\n");
    await client.until(() => client.text.endsWith("\r\n0\r\n\r\n"));
    client.close();
  });

  test("may come before the request is whole, and the connection isn't used again", async () => {
    using backend = new RawBackend();
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send("POST /api/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello");
    const peer = await backend.peer();
    await peer.has("\r\n\r\nhello");
    peer.send(ok("early"));
    await client.responses(1);
    await peer.until(({ hasEnded }) => hasEnded);
    // What follows is the rest of that request, and never one of its own.
    client.send(`GET /${get("/api/2")}`);
    await (await backend.peer(1)).has("GET /api/2 ");
    expect(backend.requestLines).toEqual(["/api/1", "/api/2"]);
    client.close();
  });

  test("that breaks off breaks the client's off, and is never made whole", async () => {
    for (const answer of [
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ]) {
      using backend = new RawBackend((peer) => peer.send(answer));
      await using server = await begin(backend);
      const client = await RawClient.connect(server.port);
      client.send(get("/api"));
      await client.until(() => client.text.includes("hello"));
      (await backend.peer()).shut();
      expect(await client.ending()).toBe("reset");
      expect(client.text).toMatch(/hello(?:\r\n)?$/);
    }
  });

  test("of a backend that resets the connection isn't taken for one that has ended", async () => {
    using backend = new RawBackend((peer) => peer.send("HTTP/1.1 200 OK\r\n\r\nhello"));
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send(get("/api"));
    await client.until(() => client.text.includes("hello"));
    (await backend.peer()).reset();
    expect(await client.ending()).toBe("reset");
    expect(client.text).not.toContain("\r\n0\r\n");
  });

  test("to HEAD, 204 and 304 have no content, and leave the connection clean", async () => {
    using backend = new RawBackend((peer) => {
      const last = peer.requestLines.at(-1);
      if (last === "/api/head") peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
      else if (last === "/api/204") peer.send("HTTP/1.1 204 No\r\n\r\n");
      else if (last === "/api/304") peer.send('HTTP/1.1 304 No\r\nETag: "x"\r\n\r\n');
      else peer.send(ok("last"));
    });
    await using server = await begin(backend);
    const head = `HEAD /api/head HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const text = await reply(
      server,
      head +
        get("/api/204") +
        get("/api/304", 'If-None-Match: "x"\r\n') +
        get("/api/200", "Connection: close\r\n"),
    );
    expect(plain(text)).toBe(
      [
        "HTTP/1.1 200 OK\r\nVia: 1.1 postern\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nVia: 1.1 postern\r\n\r\n",
        'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nVia: 1.1 postern\r\n\r\n',
        "HTTP/1.1 200 OK\r\nVia: 1.1 postern\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlast",
      ].join(""),
    );
    expect(backend.peers).toHaveLength(1);
  });

  test("may be told ahead by a 103, to clients of HTTP/1.1 (RFC 8297)", async () => {
    using backend = answering(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok("x")}`);
    await using server = await begin(backend);
    const hinted = await reply(server, get("/api", "Connection: close\r\n"));
    expect(hinted).toStartWith("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n");
    expect(await reply(server, "GET /api HTTP/1.0\r\n\r\n")).toStartWith("HTTP/1.1 200 OK\r\n");
  });

  test("of many megabytes is whole both ways, from a server of Node", async () => {
    const backend = createServer((request, response) => {
      let octets = 0;
      request.on("data", (piece: Buffer) => {
        octets += piece.length;
      });
      request.on("end", () => response.end(Buffer.alloc(octets, "y")));
    });
    await new Promise<void>((resolve) => void backend.listen(0, "127.0.0.1", resolve));
    const { port } = backend.address() as { port: number };
    await using server = await begin({ url: `http://localhost:${port}` });
    const body = Buffer.alloc(20_000_000, "x");
    const response = await fetch(new URL("/api", server.url), { method: "POST", body });
    expect(
      Buffer.compare(Buffer.from(await response.arrayBuffer()), Buffer.alloc(20_000_000, "y")),
    ).toBe(0);
    backend.closeAllConnections();
    backend.close();
  });
});

describe("back-pressure", () => {
  test("holds back a backend whose client doesn't read", async () => {
    const size = 64 * 1024 * 1024;
    using backend = new RawBackend((peer) => {
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      peer.send(new Uint8Array(size));
    });
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send(get("/api"));
    client.pause();
    const peer = await backend.peer();
    await peer.has("GET ");
    let before = -1;
    while (peer.unsent !== before) {
      before = peer.unsent;
      await Bun.sleep(200);
    }
    // The kernel's buffers hold some megabytes.
    expect(peer.unsent).toBeGreaterThan(size / 2);
    client.resume();
    await client.until(() => client.received > size);
    client.close();
  });

  test("holds back a client whose backend doesn't read", async () => {
    const size = 64 * 1024 * 1024;
    using backend = new RawBackend();
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send(`POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n`);
    const peer = await backend.peer();
    await peer.has("\r\n\r\n");
    peer.pause();
    client.send(new Uint8Array(size));
    const head = peer.received;
    await Bun.sleep(500);
    peer.resume();
    await peer.until(() => peer.received >= head + size);
    peer.send(ok("x"));
    await client.responses(1);
    client.close();
  });
});

describe("connections to a backend", () => {
  test("are used again, one after the other", async () => {
    using backend = answering(ok("x"));
    await using server = await begin(backend);
    await reply(server, get("/api/1") + get("/api/2") + get("/api/3", "Connection: close\r\n"));
    await reply(server, get("/api/4", "Connection: close\r\n"));
    expect(backend.peers.map(({ requestLines }) => requestLines)).toEqual([
      ["/api/1", "/api/2", "/api/3", "/api/4"],
    ]);
  });

  test("aren't, where the backend says so, or where more came than was asked for", async () => {
    for (const answer of [ok("x", "Connection: close\r\n"), `${ok("x")}HTTP/1.1 200 OK\r\n`]) {
      using backend = answering(answer);
      await using server = await begin(backend);
      await reply(server, get("/api/1") + get("/api/2", "Connection: close\r\n"));
      expect(backend.peers.map(({ requestLines }) => requestLines)).toEqual([
        ["/api/1"],
        ["/api/2"],
      ]);
    }
  });

  test("that a backend has closed meanwhile cost a request nothing", async () => {
    using backend = new RawBackend((peer) => {
      // The second request on a connection is never answered.
      if (peer.requestLines.length === 1) peer.send(ok("x"));
      else peer.reset();
    });
    await using server = await begin(backend);
    const text = await reply(server, get("/api/1") + get("/api/2", "Connection: close\r\n"));
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(backend.requestLines).toEqual(["/api/1", "/api/2", "/api/2"]);
  });

  test("are new for a request that must not be sent twice (RFC 9110 §9.2.2)", async () => {
    using backend = new RawBackend((peer) => {
      if (peer.requestLines.length === 1) peer.send(ok("x"));
      else peer.reset();
    });
    await using server = await begin(backend);
    await reply(
      server,
      get("/api/1") + "POST /api/2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    expect(backend.peers.map(({ requestLines }) => requestLines)).toEqual([["/api/1"], ["/api/2"]]);
  });

  test("that break off on a new connection are 502, and not tried again", async () => {
    using backend = new RawBackend((peer) => peer.reset());
    await using server = await begin(backend);
    expect((await fetch(new URL("/api", server.url))).status).toBe(502);
    expect(backend.requestLines).toEqual(["/api"]);
  });

  test("are bounded, and further requests wait for one", async () => {
    using backend = new RawBackend();
    await using server = await begin(backend, { limits: { backendConnectionsMax: 1 } });
    const first = fetch(new URL("/api/1", server.url));
    const peer = await backend.peer();
    await peer.has("GET /api/1 ");
    const second = fetch(new URL("/api/2", server.url));
    peer.send(ok("x"));
    expect((await first).status).toBe(200);
    await peer.has("GET /api/2 ");
    peer.send(ok("x"));
    expect((await second).status).toBe(200);
    expect(backend.peers).toHaveLength(1);
  });

  test("are waited for by backendQueueMax requests, for backendConnectTimeMs", async () => {
    using backend = new RawBackend();
    const limits = { backendConnectionsMax: 1, backendConnectTimeMs: 50 };
    await using server = await begin(backend, { limits });
    const first = fetch(new URL("/api/1", server.url));
    const peer = await backend.peer();
    await peer.has("GET /api/1 ");
    expect((await fetch(new URL("/api/2", server.url))).status).toBe(504);
    peer.send(ok("x"));
    expect((await first).status).toBe(200);
    await using full = await begin(backend, { limits: { ...limits, backendQueueMax: 0 } });
    const only = fetch(new URL("/api/3", full.url));
    const other = await backend.peer(1);
    await other.has("GET /api/3 ");
    expect((await fetch(new URL("/api/4", full.url))).status).toBe(503);
    other.send(ok("x"));
    expect((await only).status).toBe(200);
  });

  test("are given up when the client leaves", async () => {
    using backend = new RawBackend();
    await using server = await begin(backend);
    const client = await RawClient.connect(server.port);
    client.send(get("/api"));
    const peer = await backend.peer();
    await peer.has("\r\n\r\n");
    client.abort();
    await peer.until(({ isClosed }) => isClosed);
    const reader = await RawClient.connect(server.port);
    reader.send(get("/api/stream"));
    const other = await backend.peer(1);
    await other.has("\r\n\r\n");
    other.send("HTTP/1.1 200 OK\r\n\r\nhello");
    await reader.until(() => reader.text.includes("hello"));
    reader.abort();
    await other.until(({ isClosed }) => isClosed);
  });

  test("are closed when the server stops", async () => {
    using backend = answering(ok("x"));
    const server = await begin(backend);
    await (await fetch(new URL("/api", server.url))).text();
    await server.stop();
    await backend.until(() =>
      backend.peers.every(({ isClosed, hasEnded }) => isClosed || hasEnded),
    );
  });

  test("stay over a reload, and go to the new backend after it", async () => {
    using one = answering(ok("one"));
    using two = answering(ok("two"));
    await using server = await begin(one);
    const ask = async (): Promise<string> => (await fetch(new URL("/api", server.url))).text();
    expect(await ask()).toBe("one");
    server.reload({ proxy: { "/api": one.url } });
    expect(await ask()).toBe("one");
    expect(one.peers).toHaveLength(1);
    server.reload({ proxy: { "/api": two.url } });
    expect(await ask()).toBe("two");
    server.reload({});
    expect((await fetch(new URL("/api", server.url))).status).toBe(404);
    expect(await (await fetch(new URL("/own.txt", server.url))).text()).toBe("own");
  });
});

describe("no answer", () => {
  test("of a backend that isn't there is 502, with a page that says which", async () => {
    // Nothing listens on port 1.
    const gone = { url: "http://127.0.0.1:1" };
    await using server = await begin(gone);
    logged.length = 0;
    const response = await fetch(new URL("/api", server.url));
    expect(response.status).toBe(502);
    expect(await response.text()).toContain(
      `${gone.url}, the backend of /api, can&#39;t be reached.`,
    );
    await server.stop();
    expect(logged.join("")).toMatch(
      /GET \/api 502 \d+ B .* \(502 bad-gateway \(RFC 9110 §15\.6\.3\): http:\/\/127\.0\.0\.1:\d+: /,
    );
  });

  test("in time is 504, and handlerTimeMs doesn't count", async () => {
    using backend = new RawBackend();
    const limits = { backendResponseTimeMs: 300, handlerTimeMs: 1 };
    await using server = await begin(backend, { limits });
    expect((await fetch(new URL("/api", server.url))).status).toBe(504);
    await (await backend.peer()).until(({ isClosed }) => isClosed);
    server.reload({ proxy: { "/api": { target: backend.url, timeoutMs: 1 } } });
    expect((await fetch(new URL("/api", server.url))).status).toBe(504);
  });

  test("but one that HTTP doesn't have is 502", async () => {
    for (const answer of [
      "hello",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
      "HTTP/1.1 103 X\r\n\r\n".repeat(17),
      `HTTP/1.1 200 OK\r\nX: ${"a".repeat(40_000)}\r\n\r\n`,
    ]) {
      using backend = new RawBackend((peer) => {
        peer.send(answer);
        peer.shut();
      });
      await using server = await begin(backend);
      const text = await reply(server, get("/api", "Connection: close\r\n"));
      expect(text.replace(/HTTP\/1\.1 103 [^]*?\r\n\r\n/g, "")).toStartWith("HTTP/1.1 502 ");
    }
  });
});

const tellSecret = (peer: BackendPeer): void => peer.send(ok("secret"));

/** The status that `server` answers, and whether the secret is in the answer. */
const askSecret = async (server: Server): Promise<string> => {
  const response = await fetch(new URL("/api", server.url));
  return `${response.status} ${(await response.text()).includes("secret")}`;
};

describe("TLS to a backend", () => {
  test("is spoken after its certificate was checked", async () => {
    const tls = { cert: pemText("chain"), key: pemText("key") };
    using backend = new RawBackend(tellSecret, tls);
    // An address of loopback that the certificate is not for.
    using other = new RawBackend(tellSecret, tls, "127.0.0.2");
    const target = `https://localhost:${backend.port}`;
    const { ca } = clientTls;
    const proxies = {
      untrusted: target,
      trusted: { target, ca },
      unverified: { target, verify: false },
      misnamed: { target: `https://127.0.0.2:${other.port}`, ca },
    };
    const found: Record<string, string> = {};
    for (const [name, proxy] of Object.entries(proxies)) {
      await using server = await begin({ url: target }, { proxy: { "/api": proxy } });
      found[name] = await askSecret(server);
    }
    expect(found).toEqual({
      untrusted: "502 false",
      trusted: "200 true",
      unverified: "200 true",
      misnamed: "502 false",
    });
    expect(other.requestLines).toEqual([]);
  });
});

/** A client and a peer whose upgrade is over. */
async function upgraded(
  server: Server,
  backend: RawBackend,
): Promise<readonly [RawClient, BackendPeer]> {
  const client = await RawClient.connect(server.port);
  client.send(get("/api/up", "Connection: Upgrade\r\nUpgrade: echo/1\r\n") + "first");
  const peer = await backend.peer();
  await peer.has("Connection: Upgrade\r\nUpgrade: echo/1\r\n\r\n");
  peer.send(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo/1\r\nConnection: Upgrade\r\nX-A: 1\r\n\r\nwelcome",
  );
  await client.until(() => client.text.endsWith("welcome"));
  await peer.has("\r\n\r\nfirst");
  return [client, peer];
}

describe("an upgrade (RFC 9110 §7.8)", () => {
  test("is passed through, with what came ahead on both sides, and each side's end", async () => {
    using backend = new RawBackend();
    await using server = await begin(backend);
    const [client, peer] = await upgraded(server, backend);
    expect(plain(client.text)).toBe(
      "HTTP/1.1 101 Switching Protocols\r\nX-A: 1\r\nVia: 1.1 postern\r\nUpgrade: echo/1\r\nConnection: Upgrade\r\n\r\nwelcome",
    );
    client.send("\0\xff");
    await peer.has("first\0\xff");
    client.shut();
    await peer.until(({ hasEnded }) => hasEnded);
    peer.send("still");
    await client.until(() => client.text.endsWith("still"));
    peer.shut();
    expect(await client.ending()).toBe("end");
    await peer.until(({ isClosed }) => isClosed);
  });

  test("breaks off with either side", async () => {
    using backend = new RawBackend();
    await using server = await begin(backend);
    const [client, peer] = await upgraded(server, backend);
    client.abort();
    await peer.until(({ isClosed }) => isClosed);
    using other = new RawBackend();
    await using next = await begin(other);
    const [one, two] = await upgraded(next, other);
    two.reset();
    expect(await one.ending()).toBe("reset");
  });

  test("holds back who sends faster than the other side reads", async () => {
    using backend = new RawBackend();
    await using server = await begin(backend);
    const [client, peer] = await upgraded(server, backend);
    const size = 32 * 1024 * 1024;
    const start = client.received;
    client.pause();
    peer.send(new Uint8Array(size));
    await Bun.sleep(300);
    expect(peer.unsent).toBeGreaterThan(0);
    client.resume();
    await client.until(() => client.received >= start + size);
    peer.pause();
    const head = peer.received;
    client.send(new Uint8Array(size));
    await Bun.sleep(300);
    peer.resume();
    await peer.until(() => peer.received >= head + size);
    client.abort();
  });

  test("may be refused, and the answer is one like any", async () => {
    using backend = answering("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno");
    await using server = await begin(backend);
    const lines = "Connection: Upgrade, close\r\nUpgrade: echo/1\r\n";
    const text = await reply(server, get("/api", lines));
    expect(text).toStartWith("HTTP/1.1 426 Upgrade Required\r\n");
    expect(bodyOf(text)).toBe("no");
  });

  test("opens a WebSocket to Bun's own server, for Bun's own client", async () => {
    using backend = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request, own) => (own.upgrade(request) ? undefined : new Response("no")),
      websocket: { message: (socket, message) => void socket.send(`echo ${String(message)}`) },
    });
    await using server = await begin({ url: `http://127.0.0.1:${backend.port}` });
    const url = new URL("/api/chat", server.url);
    url.protocol = "ws:";
    const socket = new WebSocket(url);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    socket.addEventListener("open", () => socket.send("hello"));
    socket.addEventListener("message", ({ data }) => resolve(data));
    socket.addEventListener("error", () => reject(new Error("the socket failed")));
    expect(await promise).toBe("echo hello");
    const closed = new Promise<number>((done) => {
      socket.addEventListener("close", ({ code }) => done(code));
    });
    socket.close(1000);
    expect(await closed).toBe(1000);
  });
});

test("a server that is its own backend notices (RFC 9110 §7.6.3)", async () => {
  await using server = await begin({ url: "http://127.0.0.1:1" }, { host: "127.0.0.1" });
  server.reload({ proxy: { "/api": `http://127.0.0.1:${server.port}` } });
  const response = await fetch(new URL("/api", server.url));
  expect(response.status).toBe(502);
  expect(await response.text()).toContain("leads back to this server");
});

afterAll(() => {
  expect(errors).toEqual([]);
});
