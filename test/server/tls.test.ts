import { afterAll, describe, expect, setDefaultTimeout, spyOn, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { truncateSync } from "node:fs";
import { connect } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";

import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import type { Server } from "../../src/server/serve.ts";
import { serve } from "../../src/server/serve.ts";
import type { ServeOptions, TlsOptions } from "../../src/server/serve-options.ts";
import { ServeError } from "../../src/site/serve-error.ts";
import { systemCalls } from "../../src/system/system-choice.ts";
import { clientTls, pemPath, pemText, serverTls } from "../certificates/certificates.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";

// Tens of megabytes are encrypted, which takes a busy machine longer than the 5 s of `bun test`.
setDefaultTimeout(120_000);

const site = new TempSite();
const size = 20_000_000;
const large = new Uint8Array(size).map((_, i) => (i * 7) ^ (i >> 9));
site.file("large.bin", large);
site.file("hello.txt", "hello, world\n");
afterAll(() => site[Symbol.dispose]());

const get = (path: string, fields = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;

/** What the server says of its own errors. */
const errors: unknown[] = [];

function onError(error: unknown): void {
  errors.push(error);
}

function start(options: ServeOptions = {}): Promise<Server> {
  return serve({ root: site.root, tls: serverTls, onError, ...options });
}

function rawClient({ port }: Server): Promise<RawClient> {
  return RawClient.connect(port, "127.0.0.1", clientTls);
}

/** The header section and the body of the one answer that came. */
function partsOf(client: RawClient): readonly [head: string, body: Uint8Array] {
  const { octets } = client;
  const at = Buffer.from(octets.buffer).indexOf("\r\n\r\n") + 4;
  return [new TextDecoder().decode(octets.subarray(0, at)), octets.subarray(at)];
}

/** Waits until all of `/large.bin` has come. */
async function allOfLarge(client: RawClient): Promise<void> {
  await client.until(() => client.received > 1000);
  const whole = partsOf(client)[0].length + size;
  await client.until(() => client.received >= whole);
}

/** What a handshake comes to: the socket, or the error's code. */
function shakeHands(
  { port }: Server,
  options: ConnectionOptions = {},
): Promise<TLSSocket | string> {
  const { promise, resolve } = Promise.withResolvers<TLSSocket | string>();
  const name = { host: "127.0.0.1", servername: "localhost" };
  // The type doesn't know of half-open sockets.
  const all = { port, ...name, allowHalfOpen: true, ...clientTls, ...options };
  const socket = connect(all, () => resolve(socket));
  socket.on("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
  socket.on("close", () => resolve("closed"));
  return promise;
}

/** The common name of the certificate that a client is shown. */
async function shownName(server: Server): Promise<unknown> {
  const socket = await shakeHands(server, { rejectUnauthorized: false });
  if (typeof socket === "string") return socket;
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

/** For a client that knows one cipher suite, of TLS 1.2. */
function only(suite: string): ConnectionOptions {
  return { ciphers: suite, maxVersion: "TLSv1.2", rejectUnauthorized: false };
}

describe("a server with a certificate", () => {
  test("says so in its URL, and serves over TLS to a client that trusts the root", async () => {
    await using server = await start();
    expect(server.url.href).toBe(`https://localhost:${server.port}/`);
    const response = await fetch(new URL("hello.txt", server.url), { tls: clientTls });
    expect([response.status, await response.text()]).toEqual([200, "hello, world\n"]);
    expect(server.requests.map(({ target }) => target)).toEqual(["/hello.txt"]);
  });

  test("takes PEM text for the paths of files", async () => {
    await using server = await start({
      tls: { cert: pemText("other"), key: pemText("other-key") },
    });
    expect(await shownName(server)).toBe("other");
  });

  test("speaks TLS 1.2 and 1.3, and nothing older (RFC 8996 §4, §5)", async () => {
    await using server = await start();
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await shakeHands(server, { minVersion: version, maxVersion: version });
      if (typeof socket === "string") throw new Error(socket);
      expect(socket.getProtocol()).toBe(version);
      socket.destroy();
    }
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1" } as const;
    expect(await shakeHands(server, old)).toMatch(/PROTOCOL|EPROTO|ECONNRESET|closed/);
  });

  test.each([
    ["ECDSA", serverTls],
    ["RSA", { cert: pemPath("rsa"), key: pemPath("rsa-key") }],
  ])(
    "with an %s key agrees on no CBC and no RSA key transport (RFC 9325 §4)",
    async (kind, tls) => {
      await using server = await start({ tls });
      const good = [`ECDHE-${kind}-AES128-GCM-SHA256`, `ECDHE-${kind}-CHACHA20-POLY1305`];
      const bad = [`ECDHE-${kind}-AES128-SHA`, "AES128-GCM-SHA256", "AES128-SHA", "AES256-SHA"];
      for (let certificates = 0; certificates < 2; certificates++) {
        for (const suite of good) {
          const socket = await shakeHands(server, only(suite));
          if (typeof socket === "string") throw new Error(socket);
          expect(socket.getCipher().name).toBe(suite);
          socket.destroy();
        }
        for (const suite of bad) {
          expect([suite, await shakeHands(server, only(suite))]).toEqual([
            suite,
            expect.stringMatching(/HANDSHAKE_FAILURE|EPROTO|ECONNRESET|closed/),
          ]);
        }
        // The one that a reload presents has suites of its own.
        server.reload({ tls });
      }
    },
  );

  test("acknowledges a handshake before it has something to send (RFC 8446 §2)", async () => {
    await using server = await start();
    const acknowledge = spyOn(systemCalls(), "acknowledge");
    const client = await rawClient(server);
    client.send(get("/hello.txt"));
    await client.responses(1);
    client.send(get("/hello.txt"));
    await client.responses(2);
    expect(acknowledge).toHaveBeenCalledTimes(1);
    expect(acknowledge.mock.calls[0]?.[0]).toBeGreaterThan(2);
    acknowledge.mockRestore();
    client.close();
  });

  test("agrees on http/1.1 by ALPN, and refuses clients that offer only others (RFC 7301 §3.2)", async () => {
    await using server = await start();
    for (const [offered, agreed] of [
      [["http/1.1"], "http/1.1"],
      [["h2", "http/1.1"], "http/1.1"],
      [undefined, false],
    ] as const) {
      const options = offered === undefined ? {} : { ALPNProtocols: [...offered] };
      const socket = await shakeHands(server, options);
      if (typeof socket === "string") throw new Error(socket);
      expect(socket.alpnProtocol).toBe(agreed);
      socket.destroy();
    }
    expect(await shakeHands(server, { ALPNProtocols: ["h2"] })).toBeString();
  });

  test("serves https resources, and no http ones (RFC 9110 §7.4)", async () => {
    await using secure = await start();
    const client = await rawClient(secure);
    client.send(get("https://localhost/hello.txt") + get("HTTPS://localhost/hello.txt"));
    client.send(get("http://localhost/hello.txt"));
    await client.responses(3);
    expect(client.statuses).toEqual([200, 200, 421]);
    client.close();
    await using clear = await serve({ root: site.root });
    const other = await RawClient.connect(clear.port);
    other.send(get("http://localhost/hello.txt") + get("https://localhost/hello.txt"));
    await other.responses(2);
    expect(other.statuses).toEqual([200, 421]);
    other.close();
  });

  test("redirects by a path, which keeps the scheme", async () => {
    await using server = await start();
    const url = new URL("img", server.url);
    const response = await fetch(url, { tls: clientTls, redirect: "manual" });
    expect(response.headers.get("location")).toBe("img/");
  });

  test("hints at what its own https origin has", async () => {
    const { port } = await start().then(async (server) => {
      await server.stop();
      return server;
    });
    const base = `localhost:${port}`;
    site.file(
      "hints.html",
      `<link rel=stylesheet href=https://${base}/a.css><link rel=stylesheet href=http://${base}/b.css>`,
    );
    await using server = await start({ port, earlyHints: true });
    const client = await rawClient(server);
    client.send(`GET /hints.html HTTP/1.1\r\nHost: ${base}\r\n\r\n`);
    await client.responses(1);
    expect(client.text).toContain("Link: </a.css>; rel=preload; as=style\r\n");
    expect(client.text).not.toContain("b.css>; rel");
    client.close();
  });
});

describe("a client that sends a request in cleartext", () => {
  test("is led to https, whatever its method is (RFC 9110 §15.4.8)", async () => {
    await using server = await start();
    const host = `localhost:${server.port}`;
    for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"]) {
      const client = await RawClient.connect(server.port);
      client.send(`${method} /a%20b?c HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 2\r\n\r\nab`);
      expect(await client.ending()).toBe("end");
      const [head, body] = partsOf(client);
      expect(head).toStartWith("HTTP/1.1 307 Temporary Redirect\r\nDate: ");
      expect(head).toContain(`\r\nLocation: https://${host}/a%20b?c\r\n`);
      expect(head).toContain("\r\nContent-Length: 0\r\nConnection: close\r\n");
      expect(body.length).toBe(0);
      client.close();
    }
    expect(server.requests.map(({ status }) => status)).toEqual(
      Array.from({ length: 7 }, () => 307),
    );
  });

  test("is led there by fetch, with its content", async () => {
    await using server = await start();
    server.route("POST", "/echo", async (request) => new Response(await request.bytes()));
    const url = `http://localhost:${server.port}/echo`;
    const response = await fetch(url, { method: "POST", body: "hello", tls: clientTls });
    expect([response.status, await response.text()]).toEqual([200, "hello"]);
    expect(response.url).toBe(`https://localhost:${server.port}/echo`);
  });

  test("is led to https by a head whose end is still to come", async () => {
    await using server = await start();
    const client = await RawClient.connect(server.port);
    client.send("GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ");
    expect(await client.ending()).toBe("end");
    expect(client.text).toContain(`\r\nLocation: https://127.0.0.1:${server.port}/x\r\n`);
    client.close();
  });

  test("is led to no https on a host that is not the server's, nor by a malformed head", async () => {
    await using server = await start();
    for (const [request, status] of [
      ["GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421],
      ["GET https://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421],
      ["GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
      ["GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
      ["GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505],
    ] as const) {
      const client = await RawClient.connect(server.port);
      client.send(request);
      expect(await client.ending()).toBe("end");
      expect([request, client.statuses]).toEqual([request, [status]]);
      expect(client.text).not.toContain("Location:");
      client.close();
    }
  });

  test("follows the hosts of a reload", async () => {
    await using server = await start();
    const ask = async (): Promise<readonly number[]> => {
      const client = await RawClient.connect(server.port);
      client.send("GET / HTTP/1.1\r\nHost: lab.example\r\n\r\n");
      await client.ending();
      client.close();
      return client.statuses;
    };
    expect(await ask()).toEqual([421]);
    server.reload({ allowHosts: ["lab.example"] });
    expect(await ask()).toEqual([307]);
  });

  test("is in the log", async () => {
    const lines: string[] = [];
    const server = await start({ log: "json", write: (text) => lines.push(text) });
    const client = await RawClient.connect(server.port);
    client.send("GET /x?y HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.ending();
    client.close();
    while (server.connections > 0) await Bun.sleep(2);
    await server.stop();
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { remote: "127.0.0.1", method: "GET", target: "/x?y", status: 307, whole: true },
    ]);
  });
});

describe("a client that does not get as far as a request", () => {
  test("is answered in cleartext that TLS is required, if it begins one", async () => {
    await using server = await start();
    for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE"]) {
      const client = await RawClient.connect(server.port);
      client.send(`${method} / HTTP/1.1\r\nHos`);
      expect(await client.ending()).toBe("end");
      const [head, body] = partsOf(client);
      expect(head).toStartWith("HTTP/1.1 400 Bad Request\r\nDate: ");
      expect(head).toContain(`\r\nContent-Length: ${body.length}\r\n`);
      expect(head).toContain("\r\nConnection: close\r\n");
      expect(new TextDecoder().decode(body)).toContain("https://");
      client.close();
    }
    expect(server.requests).toEqual([]);
  });

  test("is answered so when its first octets come one by one, too", async () => {
    await using server = await start();
    const client = await RawClient.connect(server.port);
    for (const octet of "GET /") {
      client.send(octet);
      await Bun.sleep(1);
    }
    expect(await client.ending()).toBe("end");
    expect(client.statuses).toEqual([400]);
    expect(client.text).toContain("https://");
    client.close();
  });

  test("is in the log when it was answered in cleartext", async () => {
    const lines: string[] = [];
    const server = await start({ log: "json", write: (text) => lines.push(text) });
    const client = await RawClient.connect(server.port);
    client.send("GET / HTTP/1.1\r\n");
    expect(await client.ending()).toBe("end");
    const [, body] = partsOf(client);
    client.close();
    while (server.connections > 0) await Bun.sleep(2);
    await server.stop();
    expect(lines.length).toBe(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      remote: "127.0.0.1",
      method: null,
      target: null,
      status: 400,
      bytes: body.length,
      whole: true,
      refusal: "cleartext",
    });
  });

  test("is closed after headerTimeMs if it is silent, or stops halfway", async () => {
    await using server = await start({ limits: { headerTimeMs: 100, idleTimeMs: 60_000 } });
    for (const beginning of ["", "\x16", "\x16\x03\x01\x00\xff\x01\x00"]) {
      const client = await RawClient.connect(server.port);
      client.send(beginning);
      await client.ending();
      expect(client.received).toBe(0);
      client.close();
    }
    while (server.connections > 0) await Bun.sleep(2);
  });

  test("and leaves is forgotten, and is not reported", async () => {
    errors.length = 0;
    await using server = await start();
    const leaving: readonly ((client: RawClient) => void)[] = [
      (client) => client.shut(),
      (client) => client.abort(),
      (client) => client.close(),
      (client) => client.send("SSH-2.0-Scanner\r\n"),
      (client) => client.send("\x16\x03\x01\x00\x04\x01\x00\x00\x00"),
      (client) => client.send(new Uint8Array(70_000).fill(0x16)),
    ];
    for (const leave of leaving) {
      const client = await RawClient.connect(server.port);
      leave(client);
      await client.ending();
      client.close();
    }
    // It finds the certificate wrong, and says so with an alert.
    expect(await shakeHands(server, { ca: pemText("other") })).toBeString();
    while (server.connections > 0) await Bun.sleep(2);
    expect(errors).toEqual([]);
  });

  test("counts as a connection, and is turned away where there is no room", async () => {
    await using server = await start({
      limits: { connectionsMax: 2, connectionsPerAddressMax: 2 },
    });
    const silent = await RawClient.connect(server.port);
    const first = await rawClient(server);
    first.send(get("/hello.txt"));
    await first.responses(1);
    expect(server.connections).toBe(2);
    const second = await rawClient(server);
    await second.responses(1);
    expect(second.statuses).toEqual([503]);
    for (const client of [silent, first, second]) client.close();
  });

  test("does not keep the server from stopping", async () => {
    const server = await start({ limits: { headerTimeMs: 60_000, stopTimeMs: 60_000 } });
    const client = await RawClient.connect(server.port);
    client.send("\x16\x03\x01");
    while (server.connections === 0) await Bun.sleep(2);
    await server.stop();
    await client.ending();
    client.close();
  });
});

describe("within TLS", () => {
  test("a large file arrives whole, at a slow reader's speed", async () => {
    await using server = await start();
    const client = await rawClient(server);
    client.send(get("/large.bin"));
    for (let read = 0; read < size / 4; read = client.received) {
      await client.until(() => client.received > read);
      client.pause();
      await Bun.sleep(1);
      client.resume();
    }
    await allOfLarge(client);
    expect(Bun.SHA256.hash(partsOf(client)[1], "hex")).toBe(Bun.SHA256.hash(large, "hex"));
    client.close();
  });

  test("a client that shuts its side gets all of the answer, then close_notify", async () => {
    await using server = await start();
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await shakeHands(server, {
        minVersion: version,
        maxVersion: version,
      });
      if (typeof socket === "string") throw new Error(socket);
      let received = 0;
      let failure = "";
      const ended = new Promise((resolve) => {
        socket.on("end", () => resolve("end"));
        socket.on("error", (error: Error) => (failure = `, ${error.message}`));
        socket.on("close", () => resolve(`close after ${received} octets${failure}`));
      });
      socket.on("data", (octets: Uint8Array) => (received += octets.length));
      socket.end(get("/large.bin"));
      expect(await ended).toBe("end");
      expect(received).toBeGreaterThan(size);
    }
  });

  test("an early answer is read by a client that goes on sending (RFC 9112 §9.6)", async () => {
    await using server = await start();
    const client = await rawClient(server);
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12000000\r\n\r\n");
    for (let i = 0; i < 12; i++) client.send(new Uint8Array(1_000_000));
    expect(await client.ending()).toBe("end");
    expect(client.statuses).toEqual([413]);
    const [head, body] = partsOf(client);
    expect(head).toContain(`\r\nContent-Length: ${body.length}\r\n`);
    client.close();
  });

  test("a body is handed on as it comes", async () => {
    await using server = await start();
    server.route("POST", "/hash", async (request) => {
      const hash = new Bun.CryptoHasher("sha256");
      for await (const chunk of request.body.chunks(size)) hash.update(chunk);
      return new ResponseBuilder(200).text(hash.digest("hex")).build();
    });
    const url = new URL("hash", server.url);
    const response = await fetch(url, { method: "POST", body: large, tls: clientTls });
    expect(await response.text()).toBe(Bun.SHA256.hash(large, "hex"));
  });

  test("many requests at once are answered in their order", async () => {
    await using server = await start();
    const client = await rawClient(server);
    client.send(get("/hello.txt").repeat(100) + get("/nothing", "Connection: close\r\n"));
    expect(await client.ending()).toBe("end");
    expect(client.statuses).toEqual([...Array.from({ length: 100 }, () => 200), 404]);
    client.close();
  });

  test("a file that shrinks while it is sent ends without close_notify (RFC 9112 §9.8)", async () => {
    await using server = await start();
    site.file("shrinks.bin", large);
    const socket = await shakeHands(server);
    if (typeof socket === "string") throw new Error(socket);
    let received = 0;
    const end = new Promise((resolve) => {
      socket.on("error", (error: Error & { code?: string }) => resolve(error.code));
      socket.on("end", () => resolve("end"));
      socket.on("data", (octets: Uint8Array) => {
        if (received === 0) truncateSync(site.at("shrinks.bin"), 100);
        received += octets.length;
      });
    });
    socket.write(get("/shrinks.bin"));
    expect(await end).not.toBe("end");
    expect(received).toBeLessThan(size);
    socket.destroy();
  });

  test("a malformed record ends the connection, and is not reported", async () => {
    errors.length = 0;
    await using server = await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    const raw = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port,
      socket: { data: () => undefined, close: () => resolve() },
    });
    const [plain, secure] = raw.upgradeTLS({
      data: undefined,
      tls: clientTls,
      socket: {
        handshake: () => void plain.write("\x17\x03\x03\x00\x20".padEnd(37, "x")),
        data: () => undefined,
        close: () => resolve(),
      },
    });
    await promise;
    secure.terminate();
    while (server.connections > 0) await Bun.sleep(2);
    expect(errors).toEqual([]);
  });

  test("an idle connection ends with close_notify", async () => {
    await using server = await start({ limits: { idleTimeMs: 50 } });
    const socket = await shakeHands(server);
    if (typeof socket === "string") throw new Error(socket);
    const { promise, resolve } = Promise.withResolvers<string>();
    socket.on("end", () => resolve("end"));
    socket.on("error", () => resolve("error"));
    socket.resume();
    expect(await promise).toBe("end");
  });
});

describe("a client that takes no more", () => {
  test("loses its connection after writeTimeMs", async () => {
    await using server = await start({ limits: { writeTimeMs: 100 } });
    const client = await rawClient(server);
    client.pause();
    client.send(get("/large.bin"));
    await client.ending();
    expect(server.connections).toBe(0);
    client.abort();
  });
});

/** Why `serve` would not. */
async function refusalOf(tls: object): Promise<string> {
  try {
    await using server = await start({ tls: tls as typeof serverTls });
    return `it listens at ${server.url.href}`;
  } catch (error) {
    if (error instanceof ServeError && error.code === "tls") return error.message;
    throw error;
  }
}

describe("a certificate that can't be used", () => {
  test("is one whose key the server would serve", async () => {
    const tls = { cert: serverTls.cert, key: site.at("key.pem") };
    site.file("key.pem", pemText("key"), 0o644);
    const line = `the key ${tls.key} would be served to everyone: move it elsewhere, or chmod o-r it`;
    expect(await refusalOf(tls)).toBe(line);
    site.file("key.pem", pemText("key"), 0o600);
    await using server = await start({ tls });
    const response = await fetch(new URL("key.pem", server.url), { tls: clientTls });
    expect(response.status).toBe(403);
  });
});

let renewals = 0;

/**
 * Another certificate, in a text that wasn't there before. Whatever has the same text has the same
 * context in Bun, so what happened under one in an earlier test would count here.
 */
function renewedTls(): TlsOptions {
  return { cert: pemText("other") + "\n".repeat(++renewals), key: pemText("other-key") };
}

/**
 * What a handshake agrees on for each offer, if the certificate `pem` is shown: under TLS 1.2, then
 * under 1.3.
 */
async function agreements(server: Server, pem: string): Promise<unknown[]> {
  const { fingerprint256 } = new X509Certificate(pem);
  const outcomes: unknown[] = [];
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const versions = { minVersion: version, maxVersion: version, rejectUnauthorized: false };
    for (const ALPNProtocols of [["http/1.1"], ["h2", "http/1.1"], [], ["h2"]]) {
      const socket = await shakeHands(server, { ...versions, ALPNProtocols });
      if (typeof socket === "string") {
        outcomes.push("refused");
        continue;
      }
      const isShown = socket.getPeerCertificate().fingerprint256 === fingerprint256;
      outcomes.push(isShown ? socket.alpnProtocol : "another certificate");
      socket.destroy();
    }
  }
  return outcomes;
}

/** Connects, asks for `/hello.txt`, and answers with the protocol agreed on and the status line. */
async function visit(server: Server): Promise<readonly unknown[]> {
  const offer = { rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] };
  const socket = await shakeHands(server, offer);
  if (typeof socket === "string") return [socket];
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on("data", (octets: Uint8Array) => resolve(new TextDecoder("latin1").decode(octets)));
  socket.on("close", () => resolve(""));
  socket.write(get("/hello.txt"));
  const [statusLine] = (await promise).split("\r\n");
  socket.destroy();
  return [socket.alpnProtocol, statusLine];
}

describe("another certificate", () => {
  const other = { cert: pemPath("other"), key: pemPath("other-key") };

  test("is shown to clients that connect after a reload, and earlier ones go on", async () => {
    await using server = await start();
    const client = await rawClient(server);
    client.send(get("/large.bin"));
    await client.until(() => client.received > 0);
    expect(await shownName(server)).toBe("localhost");
    server.reload({ tls: other });
    expect(await shownName(server)).toBe("other");
    await allOfLarge(client);
    client.send(get("/hello.txt"));
    await client.responses(2);
    client.close();
    server.reload({ tls: serverTls });
    expect(await shownName(server)).toBe("localhost");
    server.reload({ hidden: true });
    expect(await shownName(server)).toBe("localhost");
  });

  test("changes nothing about ALPN (RFC 7301 §3.2)", async () => {
    await using server = await start();
    const before = await agreements(server, pemText("chain"));
    const agreed = ["http/1.1", "http/1.1", false, "refused"];
    expect(before).toEqual([...agreed, ...agreed]);
    for (let i = 0; i < 2; i++) {
      server.reload({ tls: renewedTls() });
      expect(await agreements(server, pemText("other"))).toEqual(before);
    }
    server.reload({ tls: serverTls });
    expect(await agreements(server, pemText("chain"))).toEqual(before);
  });

  test("loses no client that connects during it", async () => {
    await using server = await start();
    const client = await rawClient(server);
    const visits: Promise<readonly unknown[]>[] = [];
    for (let i = 0; i < 25; i++) {
      for (let j = 0; j < 4; j++) visits.push(visit(server));
      server.reload({ tls: renewedTls() });
      client.send(get("/hello.txt"));
      await client.responses(i + 1);
    }
    const answered = ["http/1.1", "HTTP/1.1 200 OK"];
    expect(await Promise.all(visits)).toEqual(Array.from(visits, () => answered));
    expect(client.statuses).toEqual(Array.from({ length: 25 }, () => 200));
    client.close();
  });

  test("goes with TLS 1.2 as with 1.3, and has its chain with it", async () => {
    await using server = await start({ tls: other });
    server.reload({ tls: serverTls });
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await shakeHands(server, { minVersion: version, maxVersion: version });
      if (typeof socket === "string") throw new Error(socket);
      expect(socket.authorized).toBeTrue();
      socket.destroy();
    }
  });

  test("that can't be used leaves all as it was", async () => {
    await using server = await start();
    const wrong = { cert: other.cert, key: serverTls.key };
    expect(() => server.reload({ hidden: true, tls: wrong })).toThrow(ServeError);
    expect(await shownName(server)).toBe("localhost");
  });

  test("can't be the first", async () => {
    await using server = await serve({ root: site.root });
    expect(() => server.reload({ tls: other })).toThrow("TLS can only be begun by a restart");
  });
});
