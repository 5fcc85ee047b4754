/**
 * Recorded traffic plays green against the server that it came from: of curl, of fetch, of clients
 * that send what is no request, with postern and with others, in front of it and in it.
 */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import * as fc from "fast-check";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { recordScripts } from "../check.ts";
import type { FaultOptions, Server } from "../index.ts";
import { serve } from "../index.ts";
import type { Wiretap } from "../src/base/wiretap.ts";
import { latin1Text } from "../src/http/octets/bytes.ts";
import { RawClient } from "./raw-client.ts";
import { played, RecordedSession } from "./recorded-session.ts";

setDefaultTimeout(120_000);

const root = join(import.meta.dir, "../fixtures/site");
const curl = Bun.which("curl");
const node = Bun.which("node");

/** A server of others, which answers by what its targets say. */
const others = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://a");
  const status = Number(searchParams.get("status") ?? "200");
  const length = Number(searchParams.get("length") ?? "3");
  const body = Buffer.alloc(length, searchParams.get("of") ?? "abc\n");
  const fields: Record<string, string> = { "X-Method": request.method ?? "", "X-Id": "1" };
  if (searchParams.has("tag")) fields["ETag"] = `"${searchParams.get("tag")}"`;
  if (searchParams.has("type")) fields["Content-Type"] = searchParams.get("type") ?? "";
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (pathname === "/echo") {
      response.writeHead(200, fields);
      response.end(Buffer.concat(chunks));
    } else if (
      request.headers["if-none-match"] === fields["ETag"] &&
      fields["ETag"] !== undefined
    ) {
      response.writeHead(304, fields);
      response.end();
    } else if (searchParams.has("chunked")) {
      response.writeHead(status, fields);
      response.write(body.subarray(0, length >> 1));
      response.end(body.subarray(length >> 1));
    } else {
      response.writeHead(status, { ...fields, "Content-Length": String(length) });
      response.end(request.method === "HEAD" ? undefined : body);
    }
  });
});

let postern: Server;
let othersUrl: URL;

beforeAll(async () => {
  postern = await serve({ root });
  await new Promise<void>((resolve) => others.listen(0, "127.0.0.1", resolve));
  othersUrl = new URL(`http://127.0.0.1:${(others.address() as AddressInfo).port}/`);
});
afterAll(async () => {
  others.closeAllConnections();
  others.close();
  await postern.stop({ force: true });
});

async function run(words: readonly string[]): Promise<void> {
  const child = Bun.spawn([...words], { stdout: "ignore", stderr: "ignore" });
  await child.exited;
}

/** Sends `text` and waits until the server has closed, or has answered with `until`. */
async function raw(url: URL, text: string, until?: string): Promise<string> {
  const client = await RawClient.connect(Number(url.port), url.hostname);
  client.send(text);
  if (until === undefined) {
    client.shut();
    await client.ending();
  } else {
    while (!client.text.includes(until)) await Bun.sleep(1);
    client.shut();
  }
  return client.text;
}

/** Resolves when `client` has as many final answers as `count`. */
async function answers(client: RawClient, count: number): Promise<void> {
  while (client.statuses.length < count) await Bun.sleep(1);
}

describe("recorded between a client and postern, what passes plays green", () => {
  test.skipIf(curl === null)("of curl: pages, ranges, conditions, forms (needs curl)", async () => {
    using session = await RecordedSession.begin(postern.url);
    const at = (path: string): string => new URL(path, session.url).href;
    const quiet = [curl ?? "", "-s", "-o", "/dev/null", "-o", "/dev/null"];
    await run([...quiet, at("/"), at("/css/site.css")]);
    await run([...quiet, "--compressed", at("/MySchedule.html"), at("/nothing")]);
    await run([...quiet, "-r", "0-9,20-29", at("/MySchedule.html")]);
    await run([...quiet, "-I", at("/img/")]);
    await run([...quiet, "-d", "name=ines&password=sesame99", "-b", "sid=abcdef", at("/")]);
    await run([...quiet, "-F", "file=@package.json", at("/")]);
    const told = await session.end();
    expect(told).toStartWith("Recorded 5 scripts with 8 phases.\nPlay them: postern check ");
    expect(session.text).not.toContain("sesame99");
    expect(session.text).not.toContain("abcdef");
    const before = await played(session.folder, postern.url, true);
    expect(before).toEqual({ held: 8, failed: [] });
  });

  test("of fetch: with tags that are saved and sent again", async () => {
    using session = await RecordedSession.begin(postern.url);
    const first = await fetch(new URL("/css/site.css", session.url));
    await first.text();
    const tag = first.headers.get("ETag") ?? "";
    const headers = { "If-None-Match": tag };
    const second = await fetch(new URL("/css/site.css", session.url), { headers });
    expect(second.status).toBe(304);
    await session.end();
    expect(session.text).toContain("save tag = ETag\n");
    expect(session.text).toContain("> If-None-Match: {{tag}}\n");
    expect(session.text).toContain("< ETag: {{tag}}\n");
    expect(session.text).not.toContain(tag);
    expect(await played(session.folder, postern.url, true)).toEqual({ held: 2, failed: [] });
  });

  test("of clients that are rude: malformed, pipelined, half-closed, gone", async () => {
    using session = await RecordedSession.begin(postern.url);
    const get = "GET /empty.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
    await raw(session.url, "nonsense\r\n\r\n");
    await raw(session.url, get.replace("Host:", "Host :"));
    await raw(session.url, get.replaceAll("\r", ""), "HTTP/1.1");
    await raw(session.url, get + get.replace("GET", "HEAD") + get);
    await raw(session.url, get.replace("1.1", "1.0"));
    await raw(session.url, get.slice(0, -2));
    const gone = await RawClient.connect(Number(session.url.port));
    gone.send(get.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 9\r\n\r\n"));
    gone.shut();
    await gone.ending();
    await session.end();
    const { held, failed } = await played(session.folder, postern.url, true);
    expect(failed).toEqual([]);
    expect(held).toBeGreaterThanOrEqual(6);
    expect(session.text).toContain("## What is no request gets 400 (recorded, must)");
    expect(session.text).toContain("sent together, get 200 (recorded, must)");
  });

  test("with the server's own name in Host, if it is wanted", async () => {
    using session = await RecordedSession.begin(postern.url, ["--rewrite-host"]);
    expect((await fetch(new URL("/empty.txt", session.url))).status).toBe(200);
    await session.end();
    expect(session.text).toContain(`> Host: ${postern.url.host}\n`);
    expect(await played(session.folder, postern.url, false)).toEqual({ held: 1, failed: [] });
  });
});

describe("recorded in postern itself, what passes plays green", () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-own-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("in cleartext and under TLS, with large files, too", async () => {
    for (const tls of [false, true]) {
      const into = join(folder, String(tls));
      const said: string[] = [];
      const wiretap = recordScripts(into, { say: (line) => said.push(line) });
      const server = await serve({ root, tls, wiretap });
      const ca = server.ca === undefined ? {} : { tls: { ca: server.ca } };
      for (const path of ["/", "/img/", "/img/lab-at-dusk.png", "/nothing"]) {
        await (await fetch(new URL(path, server.url), ca)).bytes();
      }
      await server.stop();
      expect(said).toEqual([]);
      expect(readdirSync(into).some((name) => name.endsWith(".wire"))).toBe(true);
      const again = await serve({ root, tls });
      expect(await played(into, again.url, false)).toEqual({ held: 4, failed: [] });
      await again.stop({ force: true });
    }
  });

  test("and a folder that can't be written to is an error", () => {
    expect(() => recordScripts(join(root, "index.html"))).toThrow("is no folder");
    expect(() => recordScripts(folder, { limits: { recordPhasesMax: 0 } })).toThrow(
      "limits.recordPhasesMax must be at least 1",
    );
  });
});

describe("recorded between a client and another server, what passes plays green", () => {
  /** A request that the other server answers alike each time. */
  const exchange = fc.record({
    method: fc.constantFrom("GET", "GET", "HEAD", "OPTIONS", "POST", "PUT"),
    path: fc.constantFrom("/", "/echo", "/a/b.css", "/\\x7b{{a}}", "/a%20b"),
    status: fc.constantFrom(200, 201, 404, 500),
    length: fc.constantFrom(0, 1, 3, 500, 3000, 200_000),
    of: fc.constantFrom("abc%0A", "%00%FF", "x", "%7B%7Ba%7D%7D"),
    isChunked: fc.boolean(),
    tag: fc.constantFrom("", "", "t1", "t2"),
    sends: fc.constantFrom(
      "",
      'If-None-Match: "t1"\r\n',
      "Cookie: a=b\r\n",
      "X: \xe9 \\ {{a}}\r\n",
    ),
    body: fc.oneof(fc.constant(""), fc.string({ maxLength: 40 }), fc.constant("y".repeat(3000))),
    isTogether: fc.boolean(),
  });

  type Exchange = typeof exchange extends fc.Arbitrary<infer Value> ? Value : never;

  function requestOf({ method, path, sends, tag, isChunked, ...one }: Exchange): Uint8Array {
    const query = new URLSearchParams({ status: String(one.status), length: String(one.length) });
    if (isChunked) query.set("chunked", "");
    if (tag !== "") query.set("tag", tag);
    const body = method === "POST" || method === "PUT" ? Buffer.from(one.body) : Buffer.alloc(0);
    const length = body.length === 0 ? "" : `Content-Length: ${body.length}\r\n`;
    const line = `${method} ${path}?${query.toString()}&of=${one.of} HTTP/1.1`;
    return Buffer.concat([
      Buffer.from(`${line}\r\nHost: a\r\n${sends}${length}\r\n`, "latin1"),
      body,
    ]);
  }

  test("whatever the exchanges are", async () => {
    const exchanges = fc.array(exchange, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(exchanges, async (all) => {
        using session = await RecordedSession.begin(othersUrl);
        const port = Number(session.url.port);
        const clients = [await RawClient.connect(port), await RawClient.connect(port)];
        const counts = [0, 0];
        for (const [index, one] of all.entries()) {
          const at = index % 3 === 2 ? 1 : 0;
          clients[at]?.send(requestOf(one));
          counts[at] = (counts[at] ?? 0) + 1;
          if (!one.isTogether && clients[at] !== undefined) await answers(clients[at], counts[at]);
        }
        for (const [at, client] of clients.entries()) {
          await answers(client, counts[at] ?? 0);
          client.shut();
          await client.ending();
        }
        await session.end();
        expect(session.text).not.toContain("Left out");
        const { held, failed } = await played(session.folder, othersUrl, false);
        expect(failed).toEqual([]);
        expect(held).toBeGreaterThan(0);
      }),
      { numRuns: 15 },
    );
  });
});

describe("a client whose server", () => {
  test("can't be reached gets 502, and nothing is recorded", async () => {
    const gone = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
    const server = new URL(`http://127.0.0.1:${gone.port}/`);
    gone.stop(true);
    using session = await RecordedSession.begin(server);
    const response = await fetch(session.url);
    const line = `no connection to ${server.origin}: ECONNREFUSED`;
    expect([response.status, await response.text()]).toEqual([502, `${line}\n`]);
    await fetch(session.url);
    expect(await session.end()).toBe("Recorded 0 scripts with 0 phases.\n");
    expect(session.said).toEqual([`postern: ${line}\n`]);
  });

  test("has a certificate that isn't trusted gets 502", async () => {
    const server = await serve({ root, tls: true });
    using session = await RecordedSession.begin(server.url);
    const response = await fetch(session.url);
    expect(response.status).toBe(502);
    expect(await response.text()).toContain("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    await session.end();
    await server.stop({ force: true });
  });
});

test.skipIf(node === null)("what Node's own server answers plays green (needs node)", async () => {
  const program = `
    require("node:http").createServer((request, response) => {
      if (request.url === "/login") {
        response.writeHead(303, { Location: "/me", "Set-Cookie": "sid=" + process.pid });
        return response.end();
      }
      const known = request.headers.cookie === "sid=" + process.pid;
      response.writeHead(known ? 200 : 401, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ known }));
    }).listen(0, "127.0.0.1", function () { console.log(this.address().port); });
  `;
  const start = async (): Promise<{ url: URL; child: Bun.Subprocess<"ignore", "pipe"> }> => {
    const child = Bun.spawn(["node", "-e", program], { stdin: "ignore", stdout: "pipe" });
    const { value } = await child.stdout.getReader().read();
    return { url: new URL(`http://127.0.0.1:${new TextDecoder().decode(value).trim()}/`), child };
  };
  const first = await start();
  using session = await RecordedSession.begin(first.url);
  const login = await fetch(new URL("/login", session.url), { redirect: "manual" });
  const cookie = login.headers.get("Set-Cookie") ?? "";
  await fetch(new URL("/me", session.url), { headers: { Cookie: cookie } });
  await raw(session.url, "GET / HTTP/1.1\r\nHost : a\r\n\r\n");
  await session.end();
  first.child.kill();
  expect(session.text).toContain("> Cookie: sid={{cookie-sid}}\n");
  // Another process gives another cookie.
  const second = await start();
  const { failed, held } = await played(session.folder, second.url, true);
  second.child.kill();
  expect(failed).toEqual([]);
  expect(held).toBe(3);
});

test("a recorded folder has scripts that a person can read", async () => {
  using session = await RecordedSession.begin(othersUrl);
  await fetch(new URL("/a?of=hi%0A&length=3", session.url), { headers: { "User-Agent": "t" } });
  await session.end();
  expect(session.names).toEqual(["0001-get-a.wire"]);
  const text = readFileSync(join(session.folder, "0001-get-a.wire"), "utf8");
  expect(text).toStartWith("# GET /a?of=hi%0A&length=3\n\nWhat http://127.0.0.1:");
});

/** A fault, and what the recording says: a line of its script, or why there is none. */
const faults: readonly (readonly [FaultOptions, recorded: string])[] = [
  [{ corruptBytes: 1 }, "    || 0123456799abcdef\n"],
  [{ headFields: 1 }, "    < X-Fault-1: a\n"],
  [{ cutAfterBytes: 5 }, "the server closed the connection after 5 bytes of the answer's body"],
  [{ contentLength: 4 }, "the server closed the connection after 16 bytes of the answer's body"],
  [{ bareLf: true }, "a player would refuse the answer, since it expects lines ended by CRLF"],
];

test.each(faults)("of a server with the fault %j it is what the client saw", async (...row) => {
  const [fault, recorded] = row;
  const folder = mkdtempSync(join(tmpdir(), "postern-recorded-"));
  const said: string[] = [];
  const recording = recordScripts(folder, { say: (line) => said.push(line) });
  let sent = "";
  const wiretap: Wiretap = {
    connected() {
      const heard = recording.connected();
      return {
        received: (octets) => heard.received(octets),
        sent(octets) {
          sent += latin1Text(octets);
          heard.sent(octets);
        },
        clientEnded: () => heard.clientEnded(),
        serverEnded: (how) => heard.serverEnded(how),
        closed: () => heard.closed(),
      };
    },
    ended: () => recording.ended(),
  };
  const server = await serve({ files: { "/a.txt": "0123456789abcdef" }, wiretap });
  server.fault("GET", "/a.txt", fault);
  const client = await RawClient.connect(server.port);
  client.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await client.ending();
  client.shut();
  await server.stop();
  expect(client.text).toContain("200 OK");
  expect(sent).toBe(client.text);
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".wire"));
  const text = scripts.map((name) => readFileSync(join(folder, name), "utf8")).join("");
  expect(text + said.join("\n")).toContain(recorded);
  rmSync(folder, { recursive: true });
});
