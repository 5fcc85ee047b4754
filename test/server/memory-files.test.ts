/**
 * A server of files in memory, on a real socket. What it answers is what a server of the same files
 * on disk answers, octet by octet; what only files in memory can be is shown by itself.
 */

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as zlib from "node:zlib";

import { kibibytes, mebibytes } from "../../src/base/units.ts";
import type { ServeOptions } from "../../src/server/serve-options.ts";
import type { Server } from "../../src/server/serve.ts";
import { serve } from "../../src/server/serve.ts";
import { ServeError } from "../../src/site/serve-error.ts";
import { memoryFilesOf } from "../memory-files-of.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";

const certificates = join(import.meta.dir, "../certificates");

const site = new TempSite();
for (const link of ["latest.txt", "outside"]) rmSync(site.at(link));
afterAll(() => site[Symbol.dispose]());

/** One answer as text, on a connection of its own, without what differs each time. */
async function answerOf(
  server: Server,
  line: string,
  fields: readonly string[] = [],
  body = "",
): Promise<string> {
  const client = await RawClient.connect(server.port);
  const head = [`${line} HTTP/1.1`, "Host: localhost", "Connection: close", ...fields];
  client.send(`${head.join("\r\n")}\r\n\r\n${body}`);
  await client.ending();
  client.close();
  return client.text
    .replace(/^Date: .*\r\n/gm, "")
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, "BOUNDARY");
}

describe("the sample site, on disk and in memory", () => {
  const files = memoryFilesOf(site.root);
  // Tags are of octets where these are in memory; on disk, too, when all files are small ones.
  const limits = { inlineBytesMax: mebibytes(1), sendPieceBytes: mebibytes(1) };
  const bothWith = async (options: ServeOptions): Promise<readonly [Server, Server]> => [
    await serve({ ...options, limits, root: site.root }),
    await serve({ ...options, limits, files }),
  ];

  const paths = Object.keys(files).flatMap((path) => [path, path.replace(/\/$/, "")]);
  const asked = [
    "/",
    ...new Set(paths),
    "/missing",
    "/missing/",
    "/locked/missing",
    "/index.html/",
  ];

  test.each<ServeOptions>([
    {},
    { hidden: true, explain: true },
    { permissions: "process", listing: false },
    { index: "MySchedule.html", cleanUrls: true, cache: 60, compress: false },
    { single: true, earlyHints: true, cors: true },
  ])("give the same answers at every path, with %j", async (options) => {
    const [disk, memory] = await bothWith(options);
    for (const path of asked) {
      const inMemory = await answerOf(memory, `GET ${path}`);
      if (path === "/locked/missing" && options.permissions !== "process") {
        expect(inMemory).toStartWith("HTTP/1.1 403 Forbidden\r\n");
      }
      expect([path, withoutTiming(inMemory)]).toEqual([
        path,
        withoutTiming(await answerOf(disk, `GET ${path}`)),
      ]);
    }
    await Promise.all([disk.stop(), memory.stop()]);
  });

  test.each<readonly [method: string, path: string, ...fields: string[]]>([
    ["HEAD", "/"],
    ["HEAD", "/private.html"],
    ["OPTIONS", "/index.html"],
    ["PUT", "/index.html"],
    ["GET", "/index.html", "Accept-Encoding: gzip"],
    ["GET", "/index.html", "Accept-Encoding: br"],
    ["GET", "/index.html", "Accept-Encoding: zstd"],
    ["GET", "/index.html", "Accept-Encoding: identity;q=0"],
    ["GET", "/", "If-None-Match: *"],
    ["GET", "/", 'If-Match: "other"'],
    ["GET", "/", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"],
    ["GET", "/data/large.bin", "Range: bytes=100-199"],
    ["GET", "/data/large.bin", "Range: bytes=-5"],
    ["GET", "/data/large.bin", "Range: bytes=0-9,100-109,524287-"],
    ["GET", "/data/large.bin", "Range: bytes=524288-"],
    ["GET", "/empty.txt", "Range: bytes=0-"],
    ["GET", "/names/", "Accept-Encoding: gzip"],
  ])("give the same answer to %s %s with %s", async (method, path, ...fields) => {
    const [disk, memory] = await bothWith({});
    expect(await answerOf(memory, `${method} ${path}`, fields)).toBe(
      await answerOf(disk, `${method} ${path}`, fields),
    );
    await Promise.all([disk.stop(), memory.stop()]);
  });

  test("give the same answer to a form", async () => {
    const [disk, memory] = await bothWith({});
    const fields = ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 8"];
    const inMemory = await answerOf(memory, "POST /", fields, "name=ann");
    expect(inMemory).toStartWith("HTTP/1.1 200 OK\r\n");
    expect(inMemory).toBe(await answerOf(disk, "POST /", fields, "name=ann"));
    await Promise.all([disk.stop(), memory.stop()]);
  });
});

/** An answer that explains itself tells how long it took. */
function withoutTiming(answer: string): string {
  return answer.replace(/^Server-Timing: .*\r\n/m, "");
}

describe("files in memory", () => {
  const mtime = new Date("2024-01-01T00:00:00Z");

  test("are a server in one line, and are asked for with conditions", async () => {
    await using server = await serve({ files: { "/a.txt": { body: "hello", mtime } } });
    expect(server.root).toBe("");
    const first = await fetch(new URL("a.txt", server.url));
    expect([first.status, await first.text()]).toEqual([200, "hello"]);
    expect(first.headers.get("last-modified")).toBe(mtime.toUTCString());
    const tag = first.headers.get("etag") ?? "";
    const again = await fetch(new URL("a.txt", server.url), { headers: { "If-None-Match": tag } });
    expect([again.status, again.headers.get("etag")]).toEqual([304, tag]);
  });

  test("have the time at which the server started for their date", async () => {
    const before = Math.floor(Date.now() / 1000);
    await using server = await serve({ files: { "/a.txt": "a" } });
    const answer = await fetch(new URL("a.txt", server.url));
    const seconds = Date.parse(answer.headers.get("last-modified") ?? "") / 1000;
    expect(seconds).toBeGreaterThanOrEqual(before);
    expect(seconds).toBeLessThanOrEqual(Date.now() / 1000);
  });

  test("are refused by their modes and by those of their folders, with the tree's own page", async () => {
    await using server = await serve({
      files: {
        "/shut": { body: "secret", mode: 0o600, mtime },
        "/private/": { mode: 0o700 },
        "/private/a.txt": "secret",
        "/403.html": "<h1>Closed</h1>",
        "/404.html": "<h1>Nothing</h1>",
      },
    });
    for (const path of ["shut", "private/a.txt", "private/missing", "private/"]) {
      const answer = await fetch(new URL(path, server.url));
      expect([path, answer.status, await answer.text()]).toEqual([path, 403, "<h1>Closed</h1>"]);
    }
    const missing = await fetch(new URL("missing", server.url));
    expect([missing.status, await missing.text()]).toEqual([404, "<h1>Nothing</h1>"]);
  });

  test("explain a refusal by the mode", async () => {
    await using server = await serve({
      files: { "/shut": { body: "secret", mode: 0o600 } },
      explain: true,
    });
    const answer = await answerOf(server, "GET /shut");
    expect(answer).toContain("shut: -rw------- lacks o+r; chmod o+r to serve it");
  });

  test("are listed, and redirected to", async () => {
    await using server = await serve({ files: { "/sub/b.txt": "b", "/sub/a/": {} } });
    const redirect = await answerOf(server, "GET /sub?x");
    expect(redirect).toMatch(/^HTTP\/1\.1 308 .*\r\nLocation: sub\/\?x\r\n/s);
    const listing = await (await fetch(new URL("sub/", server.url))).text();
    expect(listing.match(/(?<=<td><a )href="\.\/[^"]*"/g)).toEqual([
      'href="./a/"',
      'href="./b.txt"',
    ]);
  });

  test("are sent compressed ahead of time, or here", async () => {
    const text = "a text that shrinks ".repeat(200);
    const ahead = zlib.gzipSync(text, { level: 1 });
    await using server = await serve({ files: { "/a.txt": text, "/a.txt.gz": ahead } });
    for (const [coding, decode] of [
      ["gzip", zlib.gunzipSync],
      ["br", zlib.brotliDecompressSync],
      ["zstd", Bun.zstdDecompressSync],
    ] as const) {
      const url = new URL("a.txt", server.url);
      const headers = { "Accept-Encoding": coding };
      const answer = await fetch(url, { headers, decompress: false });
      const octets = await answer.bytes();
      expect(answer.headers.get("content-encoding")).toBe(coding);
      expect(decode(octets).toString()).toBe(text);
      if (coding === "gzip") expect(Buffer.compare(octets, ahead)).toBe(0);
    }
  });

  test("are what a route answers with", async () => {
    await using server = await serve({
      files: { "/a.txt": "hello", "/shut": { body: "", mode: 0o600 } },
    });
    server.route("GET", "/mine", (request) => request.answerWithFile("/a.txt"));
    server.route("GET", "/other", (request) => request.answerWithFile("/shut"));
    const mine = await fetch(new URL("mine", server.url), { headers: { Range: "bytes=1-2" } });
    expect([mine.status, await mine.text()]).toEqual([206, "el"]);
    expect((await fetch(new URL("other", server.url))).status).toBe(403);
  });

  test("are cached like others: the same request gets the same answer", async () => {
    await using server = await serve({ files: { "/a.txt": { body: "hello", mtime } } });
    const client = await RawClient.connect(server.port);
    const request = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (let count = 1; count <= 5; count++) {
      client.send(request);
      await client.responses(count);
    }
    client.close();
    const answers = client.text.replace(/^Date: .*\r\n/gm, "").split("HTTP/1.1 200 OK\r\n");
    expect(new Set(answers.slice(1)).size).toBe(1);
  });
});

describe("a large file in memory", () => {
  const size = mebibytes(20);
  const body = new Uint8Array(size);
  for (let i = 0; i < size; i += kibibytes(4)) body[i] = i / kibibytes(4);
  const files = { "/large.bin": body };

  test("is sent whole, to many at once", async () => {
    await using server = await serve({ files });
    const url = new URL("large.bin", server.url);
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => (await fetch(url)).bytes()),
    );
    for (const answer of answers) expect(Buffer.compare(answer, body)).toBe(0);
  });

  test("is sent whole over TLS", async () => {
    const tls = { cert: join(certificates, "chain.pem"), key: join(certificates, "key.pem") };
    await using server = await serve({ files, tls });
    const url = new URL("large.bin", server.url);
    const answer = await fetch(url, { tls: { rejectUnauthorized: false } });
    expect(Buffer.compare(await answer.bytes(), body)).toBe(0);
  });

  test("is sent in parts of any size", async () => {
    await using server = await serve({ files });
    const url = new URL("large.bin", server.url);
    const one = await fetch(url, { headers: { Range: `bytes=${size - 100_000}-` } });
    expect(Buffer.compare(await one.bytes(), body.subarray(size - 100_000))).toBe(0);
    const half = size / 2;
    const headers = { Range: `bytes=0-${half - 10_000},${half}-` };
    const both = await fetch(url, { headers });
    const boundary = /boundary=(.*)$/.exec(both.headers.get("content-type") ?? "")?.[1] ?? "";
    const octets = Buffer.from(await both.bytes());
    expect(octets.length).toBe(Number(both.headers.get("content-length")));
    const parts = [0, 1].map((n) => {
      const at = n === 0 ? 0 : octets.indexOf(`\r\n--${boundary}`, 10) + 2;
      const start = octets.indexOf("\r\n\r\n", at) + 4;
      return octets.subarray(start, octets.indexOf(`\r\n--${boundary}`, start));
    });
    expect(Buffer.compare(parts[0] ?? body, body.subarray(0, half - 9999))).toBe(0);
    expect(Buffer.compare(parts[1] ?? body, body.subarray(half))).toBe(0);
  });
});

async function contentOf(server: Server, path: string): Promise<string> {
  const answer = await fetch(new URL(path, server.url));
  return `${answer.status} ${answer.status === 200 ? await answer.text() : ""}`.trimEnd();
}

/** The code and the message with which a server with `options` doesn't start. */
async function refusalOf(options: ServeOptions): Promise<readonly [string, string]> {
  try {
    await using server = await serve(options);
    throw new Error(`it listens at ${server.url.href}`);
  } catch (error) {
    if (error instanceof ServeError) return [error.code, error.message];
    throw error;
  }
}

describe("files in memory that are reloaded", () => {
  test("stay what they were when they are left out, under other options", async () => {
    const octets = new TextEncoder().encode("octets");
    await using server = await serve({ files: { "/a.txt": octets, "/.b.txt": "hidden" } });
    const before = await fetch(new URL("a.txt", server.url));
    octets.fill(0);
    await Bun.sleep(1000);
    server.reload({ hidden: true, cache: 60 });
    expect(await contentOf(server, ".b.txt")).toBe("200 hidden");
    const after = await fetch(new URL("a.txt", server.url));
    expect(await after.text()).toBe("octets");
    for (const name of ["etag", "last-modified"]) {
      expect(after.headers.get(name)).toBe(before.headers.get(name));
    }
    expect(after.headers.get("cache-control")).toBe("max-age=60");
  });

  test("are replaced by others, and by a folder and back", async () => {
    await using server = await serve({ files: { "/a.txt": "one" } });
    const client = await RawClient.connect(server.port);
    const request = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (let count = 1; count <= 3; count++) {
      client.send(request);
      await client.responses(count);
    }
    server.reload({ files: { "/a.txt": "two" } });
    client.send(request);
    await client.responses(4);
    expect(client.text).toEndWith("\r\n\r\ntwo");
    client.close();
    server.reload({ root: site.root });
    expect([server.root, await contentOf(server, "a.txt")]).toEqual([site.root, "404"]);
    server.reload({ files: { "/a.txt": "three" } });
    expect([server.root, await contentOf(server, "a.txt")]).toEqual(["", "200 three"]);
  });

  test("stay when a reload is refused", async () => {
    await using server = await serve({ files: { "/a.txt": "one" } });
    expect(() => server.reload({ files: { "a.txt": "two" } })).toThrow(ServeError);
    expect(await contentOf(server, "a.txt")).toBe("200 one");
  });
});

describe("files that can't be served", () => {
  test("are refused in one line that names the path", async () => {
    expect(await refusalOf({ files: { "/a%2": "" } })).toEqual([
      "files",
      'files: /a%2: a "%" must be followed by two hexadecimal digits; "%25" stands for itself',
    ]);
  });
});

/** Status and content of `path`, on connections that stay open and heads that are remembered. */
async function statusAndText(server: Server, path: string): Promise<readonly [number, string]> {
  const response = await fetch(new URL(path, server.url));
  return [response.status, await response.text()];
}

describe("files in memory that change while the server runs", () => {
  test("are what the next request gets, also where an answer was remembered", async () => {
    await using server = await serve({ files: { "/a.txt": "one" } });
    for (let i = 0; i < 4; i++) expect(await statusAndText(server, "a.txt")).toEqual([200, "one"]);
    server.write("/a.txt", "two");
    for (let i = 0; i < 4; i++) expect(await statusAndText(server, "a.txt")).toEqual([200, "two"]);
    server.chmod("/a.txt", 0o600);
    expect((await statusAndText(server, "a.txt"))[0]).toBe(403);
    server.write("/a.txt", "three");
    expect((await statusAndText(server, "a.txt"))[0]).toBe(403);
    server.chmod("/a.txt", 0o644);
    expect(await statusAndText(server, "a.txt")).toEqual([200, "three"]);
    server.remove("/a.txt");
    expect((await statusAndText(server, "a.txt"))[0]).toBe(404);
    server.write("/a.txt", { body: new Uint8Array([0x34]), mtime: 0 });
    expect(await statusAndText(server, "a.txt")).toEqual([200, "4"]);
  });

  test("have another tag, so that caches notice", async () => {
    await using server = await serve({ files: { "/a.txt": { body: "one", mtime: 0 } } });
    const before = await fetch(new URL("a.txt", server.url));
    const headers = { "If-None-Match": before.headers.get("etag") ?? "" };
    expect((await fetch(new URL("a.txt", server.url), { headers })).status).toBe(304);
    server.write("/a.txt", "two");
    expect((await fetch(new URL("a.txt", server.url), { headers })).status).toBe(200);
  });

  test("may be new folders, shut ones, and go with all in them", async () => {
    await using server = await serve({ files: {} });
    server.write("/docs/deep/a.txt", "a");
    server.write("/empty/", {});
    expect((await statusAndText(server, ""))[1]).toContain("docs/");
    expect(await statusAndText(server, "docs/deep/a.txt")).toEqual([200, "a"]);
    expect((await statusAndText(server, "empty/"))[0]).toBe(200);
    server.chmod("/docs", 0o700);
    expect((await statusAndText(server, "docs/deep/a.txt"))[0]).toBe(403);
    server.chmod("/docs/", 0o755);
    server.remove("/docs");
    expect((await statusAndText(server, "docs/deep/a.txt"))[0]).toBe(404);
    expect((await statusAndText(server, ""))[1]).not.toContain("docs/");
  });

  test("stay as they are changed after a reload, and are found under a base", async () => {
    await using server = await serve({ files: { "/a.txt": "one" }, base: "/app/" });
    server.write("/a.txt", "two");
    server.reload({ hidden: true });
    expect(await statusAndText(server, "a.txt")).toEqual([200, "two"]);
    server.write("/.b.txt", "hidden");
    expect(await statusAndText(server, ".b.txt")).toEqual([200, "hidden"]);
  });

  test.each<readonly [what: string, edit: (server: Server) => void, message: string]>([
    ["a path", (server) => server.write("a.txt", "a"), 'a.txt: a path must begin with "/"'],
    [
      "a file as a folder",
      (server) => server.write("/a/b", "b"),
      "/a/b: /a is both a file and a folder",
    ],
    ["a folder as a file", (server) => server.write("/d", "d"), "/d: both a file and a folder"],
    [
      "no body",
      (server) => server.write("/b", {}),
      "/b: a file must have a body, a string or a Uint8Array",
    ],
    ["a mode", (server) => server.chmod("/a", 0o10000), "/a: the mode must be from 0 to 0o7777"],
    ["nothing there", (server) => server.chmod("/b", 0o600), "/b: nothing is there"],
    ["nothing in a file", (server) => server.remove("/a/b"), "/a/b: nothing is there"],
    ["a file with a slash", (server) => server.remove("/a/"), "/a/: nothing is there"],
    ["the root", (server) => server.remove("/"), "/: the root can't be removed"],
  ])("can't be what contradicts itself: %s", async (_what, edit, message) => {
    await using server = await serve({ files: { "/a": "a", "/d/": {} } });
    expect(() => edit(server)).toThrow(new ServeError("files", message));
    expect(await statusAndText(server, "a")).toEqual([200, "a"]);
    expect((await statusAndText(server, "d/"))[0]).toBe(200);
  });

  test("are none on a server of a folder", async () => {
    await using server = await serve({ root: site.root });
    expect(() => server.write("/a.txt", "a")).toThrow(ServeError);
    expect((await statusAndText(server, "a.txt"))[0]).toBe(404);
  });
});

describe("files in memory over a folder", () => {
  test("hide what has their path, and leave the rest", async () => {
    site.file("layer/a.txt", "disk a");
    site.file("layer/b.txt", "disk b");
    site.file("layer/index.html", "disk index");
    site.file("layer/sub/c.txt", "disk c");
    await using server = await serve({
      root: site.at("layer"),
      files: { "/a.txt": "memory a", "/sub/d.txt": "memory d", "/only/e.txt": "memory e" },
    });
    expect(server.root).toBe(site.at("layer"));
    expect(await statusAndText(server, "a.txt")).toEqual([200, "memory a"]);
    expect(await statusAndText(server, "b.txt")).toEqual([200, "disk b"]);
    expect(await statusAndText(server, "")).toEqual([200, "disk index"]);
    expect(await statusAndText(server, "sub/c.txt")).toEqual([200, "disk c"]);
    expect(await statusAndText(server, "sub/d.txt")).toEqual([200, "memory d"]);
    expect(await statusAndText(server, "only")).toEqual(await statusAndText(server, "only/"));
    expect((await statusAndText(server, "none.txt"))[0]).toBe(404);
  });

  test("are listed with those of the folder, each once, by their own permission", async () => {
    site.file("listed/disk.txt", "d");
    site.file("listed/both.txt", "on disk");
    site.file("listed/sub/disk.txt", "d");
    await using server = await serve({
      root: site.at("listed"),
      files: {
        "/both.txt": "b",
        "/memory.txt": "m",
        "/shut.txt": { body: "s", mode: 0o600 },
        "/sub/memory.txt": "m",
        "/only/memory.txt": "m",
      },
    });
    const links = async (path: string): Promise<readonly string[]> => {
      const [, page] = await statusAndText(server, path);
      const rows = page.matchAll(/<tr class="\w+( locked)?"><td><a href="\.\/([^"]+)"/g);
      return Array.from(rows, ([, locked = "", href = ""]) => href + locked);
    };
    const open = ["only/", "sub/", "both.txt", "disk.txt", "memory.txt"];
    expect(await links("")).toEqual([...open, "shut.txt locked"]);
    expect(await links("sub/")).toEqual(["disk.txt", "memory.txt"]);
    expect(await links("only/")).toEqual(["memory.txt"]);
    server.write("/new.txt", "n");
    expect(await links("")).toContain("new.txt");
  });

  test("keep the folder's permission, and shut what they hide", async () => {
    site.file("shut/a.txt", "a");
    site.file("shut/locked/b.txt", "b");
    chmodSync(site.at("shut/locked"), 0o700);
    site.file("shut/open/c.txt", "c");
    await using server = await serve({
      root: site.at("shut"),
      files: {
        "/a.txt": { body: "", mode: 0o600 },
        "/locked/": {},
        "/open/": { mode: 0o700 },
      },
    });
    for (const path of ["a.txt", "locked/", "locked/b.txt", "open/", "open/c.txt"]) {
      expect([path, (await statusAndText(server, path))[0]]).toEqual([path, 403]);
    }
  });

  test("are seen at once when they or the folder's change, and stay after a reload", async () => {
    site.file("live/a.txt", "disk");
    await using server = await serve({ root: site.at("live"), files: {} });
    expect(await statusAndText(server, "a.txt")).toEqual([200, "disk"]);
    server.write("/a.txt", "memory");
    expect(await statusAndText(server, "a.txt")).toEqual([200, "memory"]);
    server.reload({ hidden: true });
    expect(await statusAndText(server, "a.txt")).toEqual([200, "memory"]);
    server.remove("/a.txt");
    expect(await statusAndText(server, "a.txt")).toEqual([200, "disk"]);
    site.file("live/a.txt", "disk again");
    expect(await statusAndText(server, "a.txt")).toEqual([200, "disk again"]);
    await using based = await serve({ root: site.at("live"), files: { "/b": "b" }, base: "/x/" });
    expect(await statusAndText(based, "b")).toEqual([200, "b"]);
    expect(await statusAndText(based, "a.txt")).toEqual([200, "disk again"]);
  });
});
