/**
 * Content codings end to end: a server on a real socket, clients that decode what comes, and the
 * command line.
 */

import { afterAll, describe, expect, test } from "bun:test";
import { utimesSync } from "node:fs";
import { resolve } from "node:path";
import * as zlib from "node:zlib";

import { serve } from "../index.ts";
import { Command } from "./cli/command.ts";
import { RawClient } from "./raw-client.ts";
import { TempSite } from "./temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());

/** Text that shrinks, but not to nothing. */
const textOf = (size: number): string => {
  let state = 1;
  let content = "";
  while (content.length < size) {
    state = (state * 48_271) % 2_147_483_647;
    content += `${state % 5000} ${state % 7 === 0 ? "grüße\n" : "line "}`;
  }
  return content;
};

const small = textOf(2000);
const medium = textOf(100_000);
const large = textOf(4_000_000);
for (const [name, content] of [
  ["small.html", small],
  ["medium.js", medium],
  ["large.txt", large],
] as const) {
  site.file(name, content);
  utimesSync(site.at(name), 0, 0);
}
site.file("picture.png", "a picture");

const decoders: Record<string, (octets: Uint8Array) => Uint8Array> = {
  br: (octets) => zlib.brotliDecompressSync(octets),
  zstd: (octets) => Bun.zstdDecompressSync(octets),
  gzip: (octets) => zlib.gunzipSync(octets),
};

interface Received {
  readonly head: string;
  readonly body: Uint8Array;
}

/** Reads one response to `line` off a connection of its own, to the octet. */
async function receive(port: number, line: string, ...fields: string[]): Promise<Received> {
  const client = await RawClient.connect(port);
  const lines = [line, "Host: localhost", "Connection: close", ...fields, "", ""];
  client.send(lines.join("\r\n"));
  await client.ending();
  client.close();
  const end = client.text.indexOf("\r\n\r\n");
  return { head: client.text.slice(0, end + 2), body: client.octets.slice(end + 4) };
}

const fieldOf = (head: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)\r$`, "im").exec(head)?.[1];

const withoutDate = (text: string): string => text.replace(/^Date: .*\r\n/m, "");

const requestFor = (name: string, coding: string): string =>
  `GET /${name} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: ${coding}\r\n\r\n`;

describe("over a socket", () => {
  test.each(Object.keys(decoders))("%s comes whole, octet for octet", async (coding) => {
    await using server = await serve({ root: site.root, port: 0 });
    for (const [name, content] of [
      ["small.html", small],
      ["medium.js", medium],
      ["large.txt", large],
    ] as const) {
      const accepted = `Accept-Encoding: ${coding}`;
      const { head, body } = await receive(server.port, `GET /${name} HTTP/1.1`, accepted);
      expect(fieldOf(head, "Content-Encoding")).toBe(coding);
      expect(fieldOf(head, "Content-Length")).toBe(String(body.length));
      expect(Buffer.from(decoders[coding]?.(body) ?? "").toString()).toBe(content);
      expect(body.length).toBeLessThan(content.length / 2);
    }
  });

  test("fetch decodes each of them, and what it decodes is the file", async () => {
    await using server = await serve({ root: site.root, port: 0 });
    for (const coding of ["br", "zstd", "gzip", "gzip, deflate, br, zstd", "identity"]) {
      const headers = { "Accept-Encoding": coding };
      const response = await fetch(new URL("large.txt", server.url), { headers });
      expect(response.headers.get("Vary")).toBe("Accept-Encoding");
      expect(await response.text()).toBe(large);
    }
  });

  test("a hundred simultaneous requests get the same", async () => {
    await using server = await serve({ root: site.root, port: 0 });
    const line = "GET /large.txt HTTP/1.1";
    const asked = Array.from({ length: 100 }, () =>
      receive(server.port, line, "Accept-Encoding: gzip"),
    );
    const all = await Promise.all(asked);
    const digests = new Set(all.map(({ body }) => Bun.hash.xxHash64(body)));
    expect(digests.size).toBe(1);
    expect(new Set(all.map(({ head }) => fieldOf(head, "ETag"))).size).toBe(1);
    expect(zlib.gunzipSync(all[0]?.body ?? "").toString()).toBe(large);
  });

  test("HEAD, 304, 206 and 406 have no content, none, a part of it, and a page", async () => {
    await using server = await serve({ root: site.root, port: 0 });
    const gzip = "Accept-Encoding: gzip";
    const ask = (method: string, ...fields: string[]): Promise<Received> =>
      receive(server.port, `${method} /medium.js HTTP/1.1`, ...fields);
    const whole = await ask("GET", gzip);
    const head = await ask("HEAD", gzip);
    expect([withoutDate(head.head), head.body.length]).toEqual([withoutDate(whole.head), 0]);
    const tag = fieldOf(whole.head, "ETag") ?? "";
    const same = await ask("GET", gzip, `If-None-Match: ${tag}`);
    expect(same.head).toStartWith("HTTP/1.1 304 ");
    expect([fieldOf(same.head, "Vary"), same.body.length]).toEqual(["Accept-Encoding", 0]);
    const rest = await ask("GET", gzip, "Range: bytes=100-", `If-Range: ${tag}`);
    expect(rest.head).toStartWith("HTTP/1.1 206 ");
    expect(fieldOf(rest.head, "Vary")).toBe("Accept-Encoding");
    expect(rest.body).toEqual(whole.body.slice(100));
    const none = await ask("GET", "Accept-Encoding: *;q=0");
    expect(none.head).toStartWith("HTTP/1.1 406 ");
    expect([fieldOf(none.head, "Vary"), fieldOf(none.head, "Content-Encoding")]).toEqual([
      "Accept-Encoding",
      undefined,
    ]);
  });

  test("a client that disconnects while its variant is made leaves nothing open", async () => {
    await using server = await serve({ root: site.root, port: 0 });
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => RawClient.connect(server.port)),
    );
    for (const client of clients) {
      client.send("GET /large.txt HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\n\r\n");
    }
    await Bun.sleep(5);
    for (const client of clients) client.abort();
    const { body } = await receive(server.port, "GET /large.txt HTTP/1.1", "Accept-Encoding: br");
    expect(zlib.brotliDecompressSync(body).toString()).toBe(large);
    // The last one's end may not have been seen yet.
    while (server.connections > 0) await Bun.sleep(1);
  });

  test("answers to a pipeline keep their order, made or found or plain", async () => {
    await using server = await serve({ root: site.root, port: 0 });
    const client = await RawClient.connect(server.port);
    client.send(
      requestFor("medium.js", "br") +
        requestFor("picture.png", "br") +
        requestFor("medium.js", "br") +
        requestFor("small.html", "gzip") +
        requestFor("small.html", "identity"),
    );
    await client.until(() => client.text.endsWith(Buffer.from(small).toString("latin1")));
    const codings = client.text.match(/HTTP\/1\.1 200|Content-Encoding: \w+/g);
    const ok = "HTTP/1.1 200";
    const [br, gzip] = ["Content-Encoding: br", "Content-Encoding: gzip"];
    expect(codings).toEqual([ok, br, ok, ok, br, ok, gzip, ok]);
    client.close();
  });
});

describe("nothing is compressed", () => {
  test("with compress: false", async () => {
    await using server = await serve({ root: site.root, port: 0, compress: false });
    const line = "GET /medium.js HTTP/1.1";
    const { head, body } = await receive(server.port, line, "Accept-Encoding: gzip, br, zstd");
    expect([fieldOf(head, "Content-Encoding"), fieldOf(head, "Vary")]).toEqual([
      undefined,
      undefined,
    ]);
    expect(Buffer.from(body).toString()).toBe(medium);
  });

  test.each([
    [["--no-compress"], undefined],
    [[], "gzip"],
  ])("on the command line with %p: %p", async (words, coding) => {
    await using command = new Command([site.root, "--port", "0", "--ready", "json", ...words]);
    const { port } = JSON.parse((await command.line()) ?? "") as { port: number };
    const line = "GET /medium.js HTTP/1.1";
    const { head } = await receive(port, line, "Accept-Encoding: gzip");
    expect(fieldOf(head, "Content-Encoding")).toBe(coding);
  });
});

/**
 * Runs `source` by `bun` with `words`, under a name; there are `serve`, the `root` to be served, `ask`
 * for a file in a coding, and a count of the `threads` that were started. Answers with the exit
 * status, standard output and standard error.
 */
async function run(
  words: readonly string[],
  name: string,
  source: string,
): Promise<[status: number, output: string, complaints: string]> {
  using folder = new TempSite("empty");
  folder.file(
    name,
    `import { serve } from ${JSON.stringify(resolve(import.meta.dir, "../index.ts"))};
     const root = ${JSON.stringify(site.root)};
     let threads = 0;
     globalThis.Worker = class extends Worker {
       constructor(...given) {
         super(...given);
         threads++;
       }
     };
     const ask = async (server, coding, name = "large.txt") => {
       const headers = { "Accept-Encoding": coding };
       const response = await fetch(new URL(name, server.url), { headers, decompress: false });
       await response.arrayBuffer();
       return response.headers.get("Content-Encoding");
     };
     ${source}`,
  );
  const child = Bun.spawn([process.execPath, ...words, `./${name}`], {
    cwd: folder.root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 60_000,
  });
  const [output, complaints] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return [await child.exited, output, complaints];
}

describe("the thread that compresses", () => {
  test("starts with the first br or gzip, is one, and lets the process end", async () => {
    const source = `
      await using server = await serve({ root, port: 0 });
      await using other = await serve({ root, port: 0 });
      const counts = [];
      for (const coding of ["identity", "zstd", "br", "gzip"]) {
        await ask(server, coding);
        counts.push(threads);
      }
      await Promise.all(["br", "gzip"].map((coding) => ask(other, coding)));
      counts.push(threads);
      console.log(counts.join());`;
    expect(await run([], "one.ts", source)).toEqual([0, "0,0,1,1,1\n", ""]);
  });

  test.each([
    ["ends by itself", "", 0],
    ["is made to exit", "process.exit(3);", 3],
  ])("is no matter to a process that %s in the midst of it", async (_, end, status) => {
    for (const pauseMs of [0, 15, 60]) {
      const source = `
        const server = await serve({ root, port: 0 });
        const asked = ["br", "gzip"].map((coding) => ask(server, coding).catch(() => {}));
        await Bun.sleep(${pauseMs});
        await server.stop({ force: true });
        ${end}`;
      expect([pauseMs, await run([], "midst.ts", source)]).toEqual([pauseMs, [status, "", ""]]);
    }
  });

  test("is no matter to a test runner", async () => {
    const source = `
      import { test } from "bun:test";
      for (const coding of ["br", "gzip", "br"]) {
        test(coding, async () => {
          await using server = await serve({ root, port: 0 });
          const found = await ask(server, coding, "medium.js");
          if (found !== coding || threads !== 1) throw new Error(found + threads);
          void ask(server, coding).catch(() => {});
          await Bun.sleep(5);
          await server.stop({ force: true });
        });
      }`;
    const [status] = await run(["test"], "site.test.ts", source);
    expect(status).toBe(0);
  });

  test("is no matter to the command line", async () => {
    await using command = new Command([site.root, "--port", "0", "--ready", "json"]);
    const { port } = JSON.parse((await command.line()) ?? "") as { port: number };
    await receive(port, "GET /medium.js HTTP/1.1", "Accept-Encoding: br");
    command.signal("SIGTERM");
    expect([await command.status, await command.stderr]).toEqual([0, ""]);
  });
});
