/**
 * Faults of the answers of a backend, which have to go wrong as those of a route do; and faults
 * before a password.
 */

import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";

import type { FaultRule, ServeOptions, Server } from "../../index.ts";
import { ResponseBuilder, serve } from "../../index.ts";
import { latin1Bytes } from "../../src/http/octets/bytes.ts";
import { RawClient } from "../raw-client.ts";
import { answering, RawBackend } from "./raw-backend.ts";

setDefaultTimeout(120_000);

/** What the servers say of their own errors. */
const errors: unknown[] = [];
afterEach(() => {
  expect(errors).toEqual([]);
});

const content = "0123456789abcdef";
const pieces = ["0123", "456789ab", "cdef"];

const head = 'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Type: text/plain\r\n';

/** How a backend answers: all at once, with a length in pieces, and in chunks. */
const backends = {
  bytes: () => answering(`${head}Content-Length: 16\r\n\r\n${content}`),
  length: () => inPieces(`${head}Content-Length: 16\r\n\r\n`, (piece) => piece),
  chunks: () =>
    inPieces(`${head}Transfer-Encoding: chunked\r\n\r\n`, (piece) =>
      piece === "" ? "0\r\n\r\n" : `${piece.length.toString(16)}\r\n${piece}\r\n`,
    ),
} as const;

function inPieces(first: string, framed: (piece: string) => string): RawBackend {
  return new RawBackend((peer) => {
    if (!peer.text.endsWith("\r\n\r\n")) return;
    peer.send(first);
    void (async () => {
      for (const piece of [...pieces, ""]) {
        await Bun.sleep(1);
        peer.send(framed(piece));
      }
    })();
  });
}

type Kind = keyof typeof backends;

/** The content, as it is made. */
async function* chunks(): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    await Bun.sleep(1);
    yield latin1Bytes(piece);
  }
}

/** A server that passes /api on, and whose route /own answers the same. */
async function begin(kind: Kind, backend: RawBackend, options: ServeOptions = {}): Promise<Server> {
  const server = await serve({
    files: {},
    proxy: { "/api": backend.url },
    onError: (error) => void errors.push(error),
    ...options,
  });
  server.route("GET", "/own", () => {
    const builder = new ResponseBuilder(200)
      .field("ETag", '"a"')
      .field("Content-Type", "text/plain")
      .field("Via", "1.1 postern");
    const response = builder.build();
    if (kind === "bytes") {
      return { ...response, body: { kind: "bytes", bytes: latin1Bytes(content) } };
    }
    const octets = kind === "length" ? content.length : undefined;
    return { ...response, body: { kind: "stream", octets, chunks: chunks() } };
  });
  return server;
}

/** All that a client gets for `path`, and how the connection ends; "open" if it stays. */
async function reply(server: Server, path: string, isOver: boolean): Promise<[string, string]> {
  const client = await RawClient.connect(server.port);
  client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  if (isOver) {
    const ending = await client.ending();
    client.abort();
    return [timeless(client.text), ending];
  }
  // What comes behind the answer to a second request shows where the first one ends.
  client.send("GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await client.until(() => client.text.includes("HTTP/1.1 404 "));
  client.abort();
  return [timeless(client.text.slice(0, client.text.indexOf("HTTP/1.1 404 "))), "open"];
}

const timeless = (text: string): string =>
  text.replaceAll(/Date: \w{3}, [^\r\n]*(\r?\n)/g, "Date: then$1");

/** Faults, and whether the connection ends with them. */
const rows: readonly (readonly [faults: FaultRule, isOver: boolean])[] = [
  [{ latencyMs: 1, jitterMs: 1 }, false],
  [{ interim: 2 }, false],
  [{ garbageHead: 20 }, true],
  [{ headBytes: 10, headFields: 2 }, false],
  [{ duplicateField: "ETag: x" }, false],
  [{ bareLf: true }, false],
  [{ charset: "x", contentCoding: "br", date: "never" }, false],
  [{ headBytesPerSecond: 50_000 }, false],
  [{ cutHeadAfterBytes: 0 }, true],
  [{ cutHeadAfterBytes: 0, by: "reset" }, true],
  [{ cutHeadAfterBytes: 30 }, true],
  [{ chunk: "malformed" }, true],
  [{ chunk: "overflow" }, true],
  [{ chunk: "missing" }, true],
  [{ bodyLatencyMs: 1 }, false],
  [{ bytesPerSecond: 4000 }, false],
  [{ stallAfterBytes: 5, stallMs: 1 }, false],
  [{ corruptBytes: 3 }, false],
  [{ cutAfterBytes: 5 }, true],
  [{ cutAfterBytes: 5, by: "reset" }, true],
  [{ keepAliveClose: "now" }, true],
  [{ changingValidator: true }, false],
  [{ statuses: [503], retryAfter: 1 }, false],
];

describe.each<Kind>(["bytes", "length", "chunks"])("an answer of a backend (%s)", (kind) => {
  test.each(rows)("goes wrong as a route's does: %j", async (faults, isOver) => {
    using backend = backends[kind]();
    await using server = await begin(kind, backend);
    server.fault("GET", "/api", { ...faults, seed: 7 });
    server.fault("GET", "/own", { ...faults, seed: 7 });
    const own = await reply(server, "/own", isOver);
    const proxied = await reply(server, "/api", isOver);
    expect(proxied).toEqual(own);
    const names = server.requests
      .filter(({ path }) => path !== "/missing")
      .map((request) => request.faults);
    expect(names[1]?.length).toBeGreaterThan(0);
    expect(names[1]).toEqual(names[0] ?? []);
  });
});

test.each<Kind>(["bytes", "length"])("a length may be wrong (%s)", async (kind) => {
  for (const contentLength of [3, -3]) {
    using backend = backends[kind]();
    await using server = await begin(kind, backend);
    server.fault("GET", "/api", { contentLength });
    server.fault("GET", "/own", { contentLength });
    const isOver = contentLength > 0;
    expect(await reply(server, "/api", isOver)).toEqual(await reply(server, "/own", isOver));
  }
});

describe("a fault that leaves the answer unread", () => {
  test("gives the backend's connection up", async () => {
    using backend = new RawBackend((peer) => {
      if (peer.text.endsWith("\r\n\r\n")) peer.send(`${head}Content-Length: 9999\r\n\r\n01234567`);
    });
    await using server = await begin("length", backend);
    server.fault("GET", "/api", { cutAfterBytes: 5 });
    const [text] = await reply(server, "/api", true);
    expect(text).toEndWith("\r\n\r\n01234");
    await backend.until(() => backend.peers[0]?.hasEnded === true);
  });

  test("by a stall holds the backend back, and ends with the client", async () => {
    const octets = 50_000_000;
    using backend = new RawBackend((peer) => {
      if (peer.text.endsWith("\r\n\r\n") && peer.unsent === 0) {
        peer.send(`${head}Content-Length: ${octets}\r\n\r\n`);
        peer.send(new Uint8Array(octets));
      }
    });
    await using server = await begin("length", backend);
    server.fault("GET", "/api", { stallAfterBytes: 5 });
    const client = await RawClient.connect(server.port);
    client.send("GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.until(() => client.text.endsWith("\r\n\r\n\0\0\0\0\0"));
    const peer = await backend.peer();
    // Most of it waits at the backend for as long as nothing is read.
    expect(peer.unsent).toBeGreaterThan(octets / 2);
    client.abort();
    await peer.until(({ hasEnded }) => hasEnded);
  });

  test("by another status doesn't ask the backend", async () => {
    using backend = backends.bytes();
    await using server = await begin("bytes", backend);
    server.fault("*", "/api/*", { statuses: [503, 200] });
    const { url } = server;
    const statuses: number[] = [];
    for (let i = 0; i < 2; i++) {
      statuses.push((await fetch(new URL("api/x", url), { method: "POST" })).status);
    }
    expect([statuses, backend.requestLines]).toEqual([[503, 200], ["/api/x"]]);
  });
});

test("validators that change are made of the backend's own, which is asked without conditions", async () => {
  using backend = new RawBackend((peer) => {
    if (peer.text.endsWith("\r\n\r\n")) {
      void Bun.sleep(100).then(() => peer.send(`${head}Content-Length: 1\r\n\r\nx`));
    }
  });
  // The proxy has deadlines of its own, also for a request that a fault has changed.
  await using server = await begin("bytes", backend, { limits: { handlerTimeMs: 20 } });
  server.fault("GET", "/api", { changingValidator: true });
  const client = await RawClient.connect(server.port);
  client.send('GET /api HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: "a"\r\n\r\n');
  await client.until(() => client.text.endsWith("\r\n\r\nx"));
  client.abort();
  expect(client.text).toStartWith("HTTP/1.1 200 OK\r\n");
  expect(client.text).toContain('\r\nETag: "a-fault1"\r\n');
  expect(backend.peers[0]?.text).not.toContain("If-None-Match");
});

test("a 101 is passed on as ever", async () => {
  using backend = answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nhello");
  await using server = await begin("bytes", backend);
  using fault = server.fault("GET", "/api", { cutAfterBytes: 1 });
  const client = await RawClient.connect(server.port);
  client.send("GET /api HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  await client.until(() => client.text.endsWith("\r\n\r\nhello"));
  client.abort();
  expect(fault.hits).toBe(0);
});

/** The status and the content of each of the requests for `paths`, which have `headers`. */
async function ask(
  server: Server,
  headers: Readonly<Record<string, string>>,
  ...paths: readonly string[]
): Promise<[number, string][]> {
  const answers: [number, string][] = [];
  for (const path of paths) {
    const response = await fetch(new URL(path, server.url), { headers });
    answers.push([response.status, await response.text()]);
  }
  return answers;
}

describe("a request without the password that it needs", () => {
  const auth = { users: { ines: "sesame" }, rules: [{ path: "/pub/**", public: true }] } as const;
  const basic = { Authorization: "Basic aW5lczpzZXNhbWU=" };
  const files = { "/a.txt": content, "/pub/b.txt": content };

  test.each<FaultRule>([{ statuses: [200] }, { statuses: [404] }, { changingValidator: true }])(
    "gets the challenge, and no answer of %j, which isn't used up",
    async (faults) => {
      await using server = await serve({
        files,
        auth,
        onError: (error) => void errors.push(error),
      });
      using fault = server.fault("*", "/*", { ...faults, times: 1 });
      const answers = await ask(server, {}, "a.txt", "missing.txt");
      expect(answers.map(([status]) => status)).toEqual([401, 401]);
      // No name is told from another one, and nothing of a file is told.
      expect(answers[0]?.[1]).toBe(answers[1]?.[1] ?? "");
      const [[unmet] = []] = await ask(server, { "If-Match": '"x"' }, "a.txt");
      expect([unmet, fault.hits]).toEqual([401, 0]);
      const wanted = faults.statuses?.[0] ?? 200;
      const [[status] = []] = await ask(server, basic, "a.txt");
      expect([status, fault.hits]).toEqual([wanted, 1]);
    },
  );

  test("has the octets of its challenge spoiled, and no others", async () => {
    await using server = await serve({ files, auth, onError: (error) => void errors.push(error) });
    using fault = server.fault("*", "/*", { latencyMs: 1, corruptBytes: 1 });
    const [[status, text] = []] = await ask(server, {}, "a.txt");
    expect([status, fault.hits]).toEqual([401, 1]);
    expect(text).not.toContain(content.slice(0, 8));
  });

  test("gets the answer of a fault where none is needed", async () => {
    await using server = await serve({ files, auth, onError: (error) => void errors.push(error) });
    server.fault("*", "/*", { statuses: [503] });
    const answers = await ask(server, {}, "pub/b.txt", "a.txt");
    expect(answers.map(([status]) => status)).toEqual([503, 401]);
  });
});
