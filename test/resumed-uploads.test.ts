/**
 * Resumable uploads over connections that break, processes that are killed, and several processes.
 */

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";

import { serve } from "../index.ts";
import type { ServeOptions } from "../index.ts";
import { Command } from "./cli/command.ts";
import { RawClient } from "./raw-client.ts";
import { TempSite } from "./temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const options: ServeOptions = {
  root: site.root,
  port: 0,
  post: "upload",
  put: true,
  uploadMode: 0o644,
};

const fileOctets = 4 * 1024 * 1024;
/** No two parts of it are equal. */
const content = new Uint8Array(fileOctets).map(
  (_, i) => (i * 31 + (i >> 8) * 17 + (i >> 16)) & 0xff,
);

const digest = (octets: Uint8Array): string =>
  new Bun.CryptoHasher("sha256").update(octets).digest("hex");
const digestOf = (name: string): string => digest(readFileSync(site.at(name)));

const partial = { "Content-Type": "application/partial-upload" } as const;

/** Begins an upload of `content` as `name`; its address. */
async function begin(url: URL | string, name: string): Promise<URL> {
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "Upload-Complete": "?0",
      "Upload-Length": String(content.length),
      "Content-Disposition": `inline; filename="${name}"`,
    },
    body: "",
  });
  expect(answer.status).toBe(201);
  return new URL(answer.headers.get("Location") ?? "", url);
}

/** Appends `content` from `offset` on, as the end of it. */
const append = (way: URL, offset: number): Promise<Response> =>
  fetch(way, {
    method: "PATCH",
    headers: { ...partial, "Upload-Offset": String(offset), "Upload-Complete": "?1" },
    body: content.subarray(offset),
  });

const offsetOf = async (way: URL): Promise<number> => {
  const answer = await fetch(way, { method: "HEAD" });
  expect([answer.status, answer.headers.get("Upload-Complete")]).toEqual([204, "?0"]);
  return Number(answer.headers.get("Upload-Offset"));
};

const headOf = (line: string, fields: Readonly<Record<string, string | number>>): string =>
  `${line} HTTP/1.1\r\nHost: localhost\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;

/** Waits until `holds`, which the disk decides. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(2);
}

/** Whether an upload has octets on the disk. */
const receives = (): boolean =>
  readdirSync(site.root).some(
    (name) => /^\.postern-upload-\w+$/.test(name) && statSync(site.at(name)).size > 0,
  );

/** The address that a 104 has told. */
const wayIn = (text: string, url: URL): URL =>
  new URL(/^Location: (.+)\r$/m.exec(text)?.[1] ?? "none", url);

describe("a connection that breaks", () => {
  test("is told of in time: a 104 comes before the content (§5)", async () => {
    await using server = await serve(options);
    const client = await RawClient.connect(server.port);
    const fields = {
      "Upload-Complete": "?1",
      "Upload-Draft-Interop-Version": 8,
      "Content-Length": content.length,
      Expect: "100-continue",
    };
    client.send(headOf("PUT /a.bin", fields));
    await client.until(() => client.text.includes("100 Continue\r\n\r\n"));
    expect(client.text).toMatch(
      /^HTTP\/1\.1 104 Upload Resumption Supported\r\nLocation: \.\/\?upload=[\w-]{22}\r\nUpload-Limit: max-size=\d+, max-age=86400\r\nUpload-Draft-Interop-Version: 8\r\n\r\nHTTP\/1\.1 100 Continue\r\n\r\n$/,
    );
    client.send(content.subarray(0, 1_000_000));
    const way = wayIn(client.text, server.url);
    client.abort();
    const offset = await offsetOf(way);
    expect(offset).toBeLessThanOrEqual(1_000_000);
    expect(existsSync(site.at("a.bin"))).toBe(false);
    expect((await append(way, offset)).status).toBe(201);
    expect(digestOf("a.bin")).toBe(digest(content));
    expect(readdirSync(site.root)).toEqual(["a.bin"]);
  });

  test("of a client of HTTP/1.0 is not: nothing is left", async () => {
    await using server = await serve(options);
    const client = await RawClient.connect(server.port);
    const head = headOf("PUT /a.bin", {
      "Upload-Complete": "?1",
      "Upload-Draft-Interop-Version": 8,
      "Content-Length": 10,
    }).replace("HTTP/1.1", "HTTP/1.0");
    client.send(`${head}01234`);
    client.shut();
    await client.ending();
    expect(client.text).toMatch(/^HTTP\/1\.1 400 /);
    await until(() => readdirSync(site.root).length === 0);
  });

  test("isn't waited for: the client that comes again ends it (§4.6)", async () => {
    await using server = await serve(options);
    const way = await begin(server.url, "a.bin");
    const stuck = await RawClient.connect(server.port);
    const fields = {
      ...partial,
      "Upload-Offset": 0,
      "Upload-Complete": "?1",
      "Content-Length": content.length,
    };
    stuck.send(headOf(`PATCH ${way.pathname}${way.search}`, fields));
    stuck.send(content.subarray(0, 500_000));
    await until(receives);
    const offset = await offsetOf(way);
    await stuck.ending();
    expect(stuck.text).toBe("");
    expect((await append(way, offset)).status).toBe(201);
    expect(digestOf("a.bin")).toBe(digest(content));
  });

  test("in the middle of a chunk keeps what came", async () => {
    await using server = await serve(options);
    const way = await begin(server.url, "a.bin");
    const client = await RawClient.connect(server.port);
    const fields = {
      ...partial,
      "Upload-Offset": 0,
      "Upload-Complete": "?0",
      "Transfer-Encoding": "chunked",
    };
    client.send(headOf(`PATCH ${way.pathname}${way.search}`, fields));
    client.send("10\r\n");
    client.send(content.subarray(0, 8));
    client.shut();
    await client.ending();
    expect(await offsetOf(way)).toBe(8);
    expect((await append(way, 8)).status).toBe(201);
    expect(digestOf("a.bin")).toBe(digest(content));
  });
});

test("a wrong offset is refused before the content is sent (RFC 9110 §10.1.1)", async () => {
  await using server = await serve(options);
  const way = await begin(server.url, "a.bin");
  const client = await RawClient.connect(server.port);
  const fields = {
    ...partial,
    "Upload-Offset": 5,
    "Upload-Complete": "?1",
    "Content-Length": content.length - 5,
    Expect: "100-continue",
  };
  client.send(headOf(`PATCH ${way.pathname}${way.search}`, fields));
  await client.responses(1);
  client.abort();
  expect(client.text).toMatch(/^HTTP\/1\.1 409 Conflict\r\n/);
  expect(client.text).toContain("\r\nUpload-Offset: 0\r\n");
});

test("progress is told as it is put on the disk", async () => {
  await using server = await serve(options);
  const octets = 70 * 1024 * 1024;
  const client = await RawClient.connect(server.port);
  const fields = {
    "Upload-Complete": "?1",
    "Upload-Draft-Interop-Version": 8,
    "Content-Length": octets,
  };
  client.send(headOf("PUT /a.bin", fields));
  client.send(new Uint8Array(octets));
  await client.responses(1);
  const told = /HTTP\/1\.1 104 [^\r]+\r\nUpload-Offset: (\d+)\r\nUpload-Draft/.exec(client.text);
  expect(Number(told?.[1])).toBeGreaterThan(60 * 1024 * 1024);
  expect(client.statuses).toEqual([201]);
  client.close();
});

const as = (name: string, password: string): Record<string, string> => ({
  Authorization: `Basic ${btoa(`${name}:${password}`)}`,
});

describe("users", () => {
  const users = {
    auth: { realm: "x", users: { ada: "secret-one", bob: "secret-two" } },
  };

  test("only the one that began an upload goes on with it", async () => {
    await using server = await serve({ ...options, ...(users as object) });
    const [ada, bob] = [as("ada", "secret-one"), as("bob", "secret-two")];
    const body = "one";
    const begun = await fetch(server.url, {
      method: "POST",
      headers: { ...ada, "Upload-Complete": "?0" },
      body,
    });
    const way = new URL(begun.headers.get("Location") ?? "", server.url);
    const ask = async (method: string, headers: Record<string, string>): Promise<number> =>
      (await fetch(way, { method, headers })).status;
    expect(await ask("HEAD", {})).toBe(401);
    for (const method of ["HEAD", "DELETE"]) expect(await ask(method, bob)).toBe(404);
    expect(await ask("HEAD", ada)).toBe(204);
  });
});

/** A server of the command line, and its address. */
async function start(...words: readonly string[]): Promise<readonly [Command, URL]> {
  const ready = ["--port", "0", "--ready", "json", "--quiet"];
  const uploads = ["--post", "upload", "--upload-mode", "644"];
  const command = new Command([site.root, ...ready, ...uploads, ...words]);
  const { url } = JSON.parse((await command.line()) ?? "null") as { url: string };
  return [command, new URL(url)];
}

test("a server that is killed, at any moment, is gone on with by the next one", async () => {
  const rounds = Number(process.env["POSTERN_KILLS"] ?? 8);
  for (let round = 0; round < rounds; round++) {
    const name = `${round}.bin`;
    const [first, url] = await start();
    const way = await begin(url, name);
    const sent = append(way, 0).catch(() => undefined);
    await Bun.sleep(Math.random() * 40);
    first.signal("SIGKILL");
    await first.status;
    await sent;
    // Under its name there is nothing, or all of it.
    if (existsSync(site.at(name))) expect(digestOf(name)).toBe(digest(content));
    const [second, nextUrl] = await start();
    await using _ = second;
    const next = new URL(way.pathname + way.search, nextUrl);
    const head = await fetch(next, { method: "HEAD" });
    if (head.status === 404) {
      // It was over: the next server doesn't know the answer, and the file is there.
      expect(existsSync(site.at(name))).toBe(true);
    } else {
      const offset = Number(head.headers.get("Upload-Offset"));
      expect((await append(next, offset)).status).toBe(201);
    }
    expect(digestOf(name)).toBe(digest(content));
    expect(readdirSync(site.root).filter((other) => other.startsWith("."))).toEqual([]);
    rmSync(site.at(name));
  }
}, 120_000);

test("of several processes any goes on, and the one that receives lets go", async () => {
  const [command, url] = await start("--workers", "2");
  await using _ = command;
  for (let i = 0; i < 4; i++) {
    const way = await begin(url, `${i}.bin`);
    const stuck = await RawClient.connect(Number(url.port));
    const fields = {
      ...partial,
      "Upload-Offset": 0,
      "Upload-Complete": "?1",
      "Content-Length": content.length,
    };
    stuck.send(headOf(`PATCH ${way.pathname}${way.search}`, fields));
    stuck.send(content.subarray(0, 300_000));
    await until(receives);
    // Each on a connection of its own, which either process may get.
    const offset = await offsetOf(way);
    await stuck.ending();
    expect((await append(way, offset)).status).toBe(201);
    expect(digestOf(`${i}.bin`)).toBe(digest(content));
  }
}, 120_000);
