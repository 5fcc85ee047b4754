/**
 * Attempts to have a backend see another request than the proxy saw, or a client another response
 * (request smuggling, response splitting, RFC 9112 §11). Each is sent as it stands, with a request
 * for /api/smuggled in it where there is room for one. What is asked: which requests the backend
 * got, and what the client did.
 */

import { describe, expect, test } from "bun:test";

import { serve } from "../../index.ts";
import { RawClient } from "../raw-client.ts";
import { RawBackend } from "./raw-backend.ts";

const smuggled = "GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";

/**
 * What becomes of `text`: the statuses that its client gets, and the requests that the backend
 * counts by a strict reading of what it gets, "…" for one whose content isn't whole.
 */
async function outcome(text: string, backendAnswer = ok): Promise<string> {
  using backend = new RawBackend((peer) => {
    if (isWhole(peer.text)) peer.send(backendAnswer);
  });
  await using server = await serve({
    files: {},
    proxy: { "/api": `http://127.0.0.1:${backend.port}` },
    limits: { lingerTimeMs: 1, backendResponseTimeMs: 400, backendConnectTimeMs: 1000 },
    onError: (error) => {
      throw error;
    },
  });
  const client = await RawClient.connect(server.port);
  client.send(text);
  // A request of its own says when all before it has been answered, if the connection goes on.
  client.send("GET /end HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await client.ending();
  client.close();
  return `${client.statuses.join(" ")} | ${backend.requestLines.join(" ")}`;
}

/** Whether the last request in `text` has come whole. */
function isWhole(text: string): boolean {
  const start = text.search(
    /[A-Z]+ \S+ HTTP\/1\.1\r\n(?:[^\r]+\r\n)*\r\n(?![^]*\r\n\r\n[A-Z]+ \S+ HTTP)/,
  );
  const [head = "", ...rest] = text.slice(Math.max(0, start)).split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  if (/\r\nTransfer-Encoding: chunked/.test(head)) return body.endsWith("0\r\n\r\n");
  const length = /\r\nContent-Length: (\d+)/.exec(head)?.[1];
  return text.includes("\r\n\r\n") && body.length >= Number(length ?? 0);
}

const post = (lines: string, body: string): string =>
  `POST /api/one HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n${body}`;

/** Attempts that are refused before a backend hears of them, by name. */
const refused: Readonly<Record<string, readonly [text: string, status: number]>> = {
  "CL.TE": [
    post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${smuggled}`),
    400,
  ],
  "TE.CL": [
    post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", `5c\r\n${smuggled}\r\n0\r\n\r\n`),
    400,
  ],
  "TE.TE, one of them unknown": [
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", `0\r\n\r\n${smuggled}`),
    400,
  ],
  "TE: xchunked": [post("Transfer-Encoding: xchunked\r\n", `0\r\n\r\n${smuggled}`), 400],
  "TE with a vertical tab": [
    post("Transfer-Encoding: \x0bchunked\r\n", `0\r\n\r\n${smuggled}`),
    400,
  ],
  "TE with a blank before its colon": [
    post("Transfer-Encoding : chunked\r\n", `0\r\n\r\n${smuggled}`),
    400,
  ],
  "TE with a tab in its name": [post("Transfer\tEncoding: chunked\r\n", smuggled), 400],
  "TE in HTTP/1.0": [
    `POST /api HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    400,
  ],
  "TE: chunked, identity": [post("Transfer-Encoding: chunked, identity\r\n", smuggled), 400],
  "two lengths": [post("Content-Length: 0\r\nContent-Length: 50\r\n", smuggled), 400],
  "two equal lengths": [post("Content-Length: 0\r\nContent-Length: 0\r\n", smuggled), 400],
  "a list of lengths": [post("Content-Length: 0, 50\r\n", smuggled), 400],
  "a length with a sign": [post("Content-Length: +0\r\n", smuggled), 400],
  "a length in hexadecimal": [post("Content-Length: 0x32\r\n", smuggled), 400],
  "a length beyond 2^53": [post("Content-Length: 18446744073709551616\r\n", smuggled), 413],
  "a field that is folded": [post("X: a\r\n Transfer-Encoding: chunked\r\n", smuggled), 400],
  "a field name behind a blank": [
    `POST /api HTTP/1.1\r\n Content-Length: 50\r\nHost: localhost\r\n\r\n${smuggled}`,
    400,
  ],
  "a bare LF as a line's end": [post("X: a\nContent-Length: 50\r\n", smuggled), 400],
  "a bare CR in a value": [post("X: a\rContent-Length: 50\r\n", smuggled), 400],
  "NUL in a value": [post("X: a\0b\r\n", smuggled), 400],
  "NUL in a name": [post("X\0: a\r\n", smuggled), 400],
  "a second Host": [post("Host: localhost\r\n", smuggled), 400],
  "no Host": [`GET /api HTTP/1.1\r\n\r\n${smuggled}`, 400],
  "a request line of two lines": [`GET /api HTTP/1.1\rX: y\r\n\r\n${smuggled}`, 400],
  "a version with a tail": [
    `GET /api HTTP/1.1 HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`,
    400,
  ],
  "a target with a blank": [`GET /api x HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`, 400],
  "a target with a fragment": [`GET /api#x HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`, 400],
  "a head that is too long": [post(`X: ${"a".repeat(40_000)}\r\n`, smuggled), 431],
  "a host that isn't ours": [`GET /api HTTP/1.1\r\nHost: evil.test\r\n\r\n${smuggled}`, 421],
  "an absolute target of a host that isn't ours": [
    `GET http://evil.test/api HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`,
    421,
  ],
  "dots behind an escaped slash": [
    `GET /api/..%2f..%2fx HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`,
    400,
  ],
  "a line's end in a target, escaped twice over": [
    `GET /api/\\..\\x HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`,
    400,
  ],
};

describe("a request that two parties could read in two ways", () => {
  for (const [name, [text, status]] of Object.entries(refused)) {
    test(`is refused: ${name}`, async () => {
      expect(await outcome(text)).toBe(`${status} | `);
    });
  }
});

describe("content that could be taken for a request", () => {
  test("stays the content of its own: a length", async () => {
    const text = post(`Content-Length: ${smuggled.length}\r\n`, smuggled);
    // The backend's reading counts lines in the content, too.
    expect(await outcome(text)).toBe("200 404 | /api/one /api/smuggled");
  });

  test("is refused where a chunk isn't as long as it says, and the backend sees no end", async () => {
    const broken: readonly (readonly [string, string])[] = [
      ["no CRLF behind a chunk", `1\r\nab\r\n0\r\n\r\n${smuggled}`],
      ["a size with a sign", `+1\r\na\r\n0\r\n\r\n${smuggled}`],
      ["a size in 0x", `0x1\r\na\r\n0\r\n\r\n${smuggled}`],
      ["a bare LF behind a size", `1\na\r\n0\r\n\r\n${smuggled}`],
      ["a bare LF in an extension", `1;a\nb\r\na\r\n0\r\n\r\n${smuggled}`],
      ["a bare CR in an extension", `1;a\rb\r\na\r\n0\r\n\r\n${smuggled}`],
      ["a size beyond 2^53", `ffffffffffffffff\r\n${smuggled}`],
      ["a trailer with a blank before its colon", `0\r\nX : a\r\n\r\n${smuggled}`],
      ["a trailer that is folded", `0\r\nX: a\r\n b\r\n\r\n${smuggled}`],
    ];
    for (const [name, body] of broken) {
      const said = await outcome(post("Transfer-Encoding: chunked\r\n", body));
      expect([name, said.replace(/^\d+/, "4xx")]).toEqual([name, "4xx | /api/one"]);
    }
  });

  test("has no extensions and no trailers behind the proxy", async () => {
    using backend = new RawBackend((peer) => {
      if (peer.text.endsWith("0\r\n\r\n")) peer.send(ok);
    });
    await using server = await serve({
      files: {},
      proxy: { "/api": `http://127.0.0.1:${backend.port}` },
    });
    const client = await RawClient.connect(server.port);
    const body = '4;a="x\\"y";b\r\nabcd\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\n\r\n';
    client.send(post("Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n", body));
    await client.responses(1);
    expect(backend.peers[0]?.text).toEndWith(
      "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
    );
    expect(backend.peers[0]?.text).not.toContain("Trailer");
    client.close();
  });
});

describe("fields about the connection", () => {
  test("take no field of the proxy's own away: Connection: Host, Content-Length", async () => {
    using backend = new RawBackend((peer) => peer.send(ok));
    await using server = await serve({
      files: {},
      proxy: { "/api": `http://127.0.0.1:${backend.port}` },
    });
    const client = await RawClient.connect(server.port);
    const named = "Host, Content-Length, Transfer-Encoding, X-Forwarded-For, Forwarded, Via";
    client.send(post(`Connection: ${named}\r\nContent-Length: 2\r\n`, "ab"));
    await client.responses(1);
    const text = backend.peers[0]?.text ?? "";
    for (const line of [
      "Host: 127",
      "Content-Length: 2",
      "X-Forwarded-For: ",
      "Forwarded: ",
      "Via: ",
    ]) {
      expect(text).toContain(`\r\n${line}`);
    }
    expect(text).toEndWith("\r\n\r\nab");
    client.close();
  });

  test("open no HTTP/2 behind the guards: Upgrade: h2c", async () => {
    using backend = new RawBackend((peer) => peer.send(ok));
    await using server = await serve({
      files: {},
      proxy: { "/api": `http://127.0.0.1:${backend.port}` },
    });
    const client = await RawClient.connect(server.port);
    const lines =
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    client.send(`GET /api HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`);
    await client.responses(1);
    expect(backend.peers[0]?.text).not.toMatch(/h2c|HTTP2|Upgrade/);
    client.close();
  });
});

describe("a response that could be taken for two", () => {
  test("gives the client one, and the next request gets its own", async () => {
    const second = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    using backend = new RawBackend((peer) => {
      peer.send(peer.requestLines.at(-1) === "/api/one" ? ok + second : ok);
    });
    await using server = await serve({
      files: {},
      proxy: { "/api": `http://127.0.0.1:${backend.port}` },
    });
    const client = await RawClient.connect(server.port);
    client.send(`GET /api/one HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`);
    await client.responses(2);
    expect(client.text).not.toContain("poison");
    expect(backend.peers.map(({ requestLines }) => requestLines)).toEqual([
      ["/api/one"],
      ["/api/smuggled"],
    ]);
    client.close();
  });

  test("is 502 where its extent is in doubt, and where a line breaks in a field", async () => {
    for (const answer of [
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b\r\nContent-Length: 1\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nX: a\r\n\tSet-Cookie: b\r\nContent-Length: 1\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 1\r\n\r\nx",
      "HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n",
      "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nabcde",
      "\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
    ]) {
      const text = "GET /api/one HTTP/1.1\r\nHost: localhost\r\n\r\n";
      expect([answer, await outcome(text, answer)]).toEqual([answer, "502 404 | /api/one"]);
    }
  });
});
