import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";

import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import type { Server } from "../../src/server/serve.ts";
import { serve } from "../../src/server/serve.ts";
import type { ServeOptions } from "../../src/server/serve-options.ts";
import { ServeError } from "../../src/site/serve-error.ts";
import { canListDescriptors } from "../open-descriptors.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";

const get = (path: string, fields = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;

const site = new TempSite();
afterAll(() => site[Symbol.dispose]());

function start(options: ServeOptions = {}): Promise<Server> {
  return serve({ root: site.root, port: 0, ...options });
}

/** Why `serve` would not. */
async function refusalOf(options: ServeOptions): Promise<readonly [code: string, text: string]> {
  try {
    await using server = await serve(options);
    throw new Error(`it listens at ${server.url.href}`);
  } catch (error) {
    if (error instanceof ServeError) return [error.code, error.message];
    throw error;
  }
}

/** One answer on a connection of its own, as text. */
async function answerOf(port: number, request: string, hostname?: string): Promise<string> {
  const client = await RawClient.connect(port, hostname);
  client.send(request);
  await client.responses(1);
  client.close();
  return client.text;
}

/** Whether no server accepts connections on `port`. */
function isRefused(port: number): Promise<boolean> {
  return RawClient.connect(port).then(
    () => false,
    () => true,
  );
}

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);

describe("where it listens", () => {
  test("localhost: 127.0.0.1, on a free port, in the URL", async () => {
    await using server = await start();
    expect(server.port).toBeGreaterThan(0);
    expect(server.url.href).toBe(`http://localhost:${server.port}/`);
    expect(server.host).toBe("localhost");
    expect(await answerOf(server.port, get("/empty.txt"))).toStartWith("HTTP/1.1 200 OK\r\n");
  });

  test.skipIf(!hasIpv6)("localhost: ::1, on the same port (needs ::1)", async () => {
    await using server = await start();
    expect(await answerOf(server.port, get("/empty.txt"), "::1")).toStartWith("HTTP/1.1 200");
  });

  test.skipIf(!hasIpv6)("an IPv6 address, with or without brackets (needs ::1)", async () => {
    for (const host of ["::1", "[::1]"]) {
      await using server = await start({ host });
      expect(server.url.href).toBe(`http://[::1]:${server.port}/`);
      expect(await answerOf(server.port, get("/empty.txt"), "::1")).toStartWith("HTTP/1.1 200");
    }
  });

  test("a port that is taken is refused in one line, and stays the other's", async () => {
    await using other = await start();
    expect(await refusalOf({ root: site.root, port: other.port })).toEqual([
      "port-taken",
      `port ${other.port} on localhost is in use`,
    ]);
    expect(await answerOf(other.port, get("/empty.txt"))).toStartWith("HTTP/1.1 200");
  });

  test.skipIf(!hasIpv6)("a port taken on ::1 leaves 127.0.0.1 free (needs ::1)", async () => {
    await using six = await start({ host: "::1" });
    expect((await refusalOf({ root: site.root, port: six.port }))[0]).toBe("port-taken");
    await using four = await start({ host: "127.0.0.1", port: six.port });
    expect(four.port).toBe(six.port);
  });

  test("what can't be a port, a host, a root, a limit or a form page is refused in one line", async () => {
    const { root } = site;
    expect(await refusalOf({ root, port: 65_536 })).toEqual(["listen", "not a port: 65536"]);
    expect(await refusalOf({ root, port: -1 })).toEqual(["listen", "not a port: -1"]);
    expect(await refusalOf({ root, host: "192.0.2.77" })).toEqual([
      "listen",
      "no such address here: 192.0.2.77",
    ]);
    expect(await refusalOf({ root: site.at("nowhere") })).toEqual([
      "root",
      `no such folder: ${site.at("nowhere")}`,
    ]);
    expect(await refusalOf({ root: "/dev/null" })).toEqual(["root", "not a folder: /dev/null"]);
    expect(await refusalOf({ root, limits: { idleTimeMs: -1 } })).toEqual([
      "limits",
      "idleTimeMs must be a whole number, zero or more",
    ]);
    expect(await refusalOf({ root, form: "../form.html" })).toEqual([
      "form",
      "the form page must be a file's name, not ../form.html",
    ]);
  });
});

describe("connections that are too many (RFC 9110 §15.6.4)", () => {
  test.each(["connectionsMax", "connectionsPerAddressMax"] as const)(
    "beyond %s get 503 and are closed; those before go on",
    async (limit) => {
      await using server = await start({ limits: { connectionsPerAddressMax: 2, [limit]: 2 } });
      const held = [await RawClient.connect(server.port), await RawClient.connect(server.port)];
      for (const client of held) {
        client.send(get("/empty.txt"));
        await client.responses(1);
      }
      const third = await RawClient.connect(server.port);
      third.send(get("/empty.txt"));
      expect(await third.ending()).toBe("end");
      expect(third.statuses).toEqual([503]);
      expect(third.text).toContain("\r\nRetry-After: 1\r\n");
      expect(third.text).toContain("\r\nConnection: close\r\n");
      third.close();
      held[0]?.send(get("/empty.txt"));
      await held[0]?.responses(2);
      for (const client of held) client.close();
    },
  );

  test("have room again when others have gone", async () => {
    await using server = await start({
      limits: { connectionsPerAddressMax: 1, connectionsMax: 1 },
    });
    for (let i = 0; i < 5; i++) {
      const client = await RawClient.connect(server.port);
      client.send(get("/empty.txt"));
      await client.responses(1);
      expect(client.statuses).toEqual([200]);
      client.shut();
      await client.ending();
      client.close();
      while (server.connections > 0) await Bun.sleep(1);
    }
  });
});

describe("stop", () => {
  const size = 20_000_000;
  beforeAll(() => site.file("twenty.bin", new Uint8Array(size).fill(7)));

  test("finishes a download that is in flight, then closes", async () => {
    const server = await start();
    const client = await RawClient.connect(server.port);
    client.send(get("/twenty.bin"));
    await client.until(() => client.received > 0);
    client.pause();
    const stopped = server.stop();
    const again = server.stop();
    client.resume();
    client.shut();
    expect(await client.ending()).toBe("end");
    expect(client.received).toBe(client.text.indexOf("\r\n\r\n") + 4 + size);
    await Promise.all([stopped, again]);
    expect(server.connections).toBe(0);
  });

  test("closes idle connections at once, and takes no new ones", async () => {
    const server = await start();
    const client = await RawClient.connect(server.port);
    client.send(get("/empty.txt"));
    await client.responses(1);
    await server.stop();
    expect(await client.ending()).toBe("end");
    expect(await isRefused(server.port)).toBe(true);
    await server.stop();
  });

  test("with force resets what is in flight", async () => {
    const server = await start();
    const client = await RawClient.connect(server.port);
    client.send(get("/twenty.bin"));
    await client.until(() => client.received > 0);
    client.pause();
    await server.stop({ force: true });
    expect(server.connections).toBe(0);
    client.resume();
    expect(await client.ending()).toBe("reset");
    expect(client.received).toBeLessThan(size);
  });

  test("resets what is not finished after stopTimeMs", async () => {
    const server = await start({ limits: { stopTimeMs: 50 } });
    const client = await RawClient.connect(server.port);
    const asked = Promise.withResolvers<void>();
    server.route("GET", "/never", () => {
      asked.resolve();
      return new Promise(() => undefined);
    });
    client.send(get("/never"));
    await asked.promise;
    await server.stop();
    expect(await client.ending()).toBe("reset");
  });

  test("of a server that is disposed of closes it, too", async () => {
    let port = 0;
    {
      await using server = await start();
      ({ port } = server);
    }
    expect(await isRefused(port)).toBe(true);
  });
});

test.skipIf(!canListDescriptors)(
  "no descriptor is left behind by 500 requests of all sorts (needs /proc)",
  async () => {
    // The sockets of this process are those of other tests, too; of the child they are all its own.
    const script = `${import.meta.dir}/left-open.ts`;
    const words = [process.execPath, script, site.root];
    const child = Bun.spawn(words, { stdout: "pipe", stderr: "pipe" });
    const [out, complaint] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    expect([complaint, await child.exited]).toEqual(["", 0]);
    expect(JSON.parse(out)).toEqual({ asked: 512, left: [] });
  },
);

describe("bad input", () => {
  const whole = [
    get("/empty.txt", "Accept: */*\r\nUser-Agent: test\r\n"),
    "POST /MyForm.html HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\na=b&c=d",
    "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
  ];
  const mutated = fc
    .record({
      base: fc.constantFrom(...whole),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      removed: fc.nat({ max: 5 }),
      inserted: fc.uint8Array({ maxLength: 5 }),
    })
    .map(({ base, at, removed, inserted }) => {
      const from = Math.floor(at * base.length);
      const octets = Buffer.from(base, "latin1");
      return Buffer.concat([octets.subarray(0, from), inserted, octets.subarray(from + removed)]);
    });
  const truncated = fc
    .record({
      base: fc.constantFrom(...whole),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ base, at }) => Buffer.from(base.slice(0, Math.floor(at * base.length)), "latin1"));
  const anything = fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated, truncated);

  test("is answered or closed, while a good client goes on being served", async () => {
    const errors: unknown[] = [];
    await using server = await start({ onError: (error) => errors.push(error) });
    const good = await RawClient.connect(server.port);
    let asked = 0;
    await fc.assert(
      fc.asyncProperty(anything, fc.boolean(), async (octets, aborts) => {
        const bad = await RawClient.connect(server.port);
        bad.send(octets);
        if (aborts) bad.abort();
        else bad.shut();
        good.send(get("/empty.txt"));
        await good.responses(++asked);
        if (aborts) return;
        await bad.ending();
        // Whatever came is a row of responses, the last of which may have been anything.
        if (bad.received > 0) expect(bad.text).toStartWith("HTTP/1.1 ");
        expect(bad.statuses.filter((status) => status >= 500 && status !== 501)).toSatisfy(
          (statuses: number[]) => statuses.every((status) => status === 505),
        );
        bad.close();
      }),
      { numRuns: 300 },
    );
    expect(new Set(good.statuses)).toEqual(new Set([200]));
    expect(errors).toEqual([]);
    good.close();
  });

  test("that never comes to an end is answered 408, or closed in silence", async () => {
    await using server = await start({ limits: { headerTimeMs: 50, idleTimeMs: 50 } });
    const begun = await RawClient.connect(server.port);
    begun.send("GET / HTTP/1.1\r\nHo");
    const silent = await RawClient.connect(server.port);
    expect(await silent.ending()).toBe("end");
    expect(silent.received).toBe(0);
    expect(await begun.ending()).toBe("end");
    expect(begun.statuses).toEqual([408]);
    begun.close();
    silent.close();
  });
});

describe("bodies that no handler reads (RFC 9112 §9.6)", () => {
  test("of 5 MB don't turn a 405 into a reset", async () => {
    await using server = await start();
    for (let i = 0; i < 10; i++) {
      const client = await RawClient.connect(server.port);
      client.send("PUT /file HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n");
      client.send(new Uint8Array(5_000_000));
      expect(await client.ending()).toBe("end");
      expect(client.statuses).toEqual([405]);
      expect(client.text).toEndWith("</html>\n");
      client.close();
    }
  });
});

describe("clients that read as they like", () => {
  const size = 100 * 1024 * 1024;
  const large = "hundred.bin";
  let digest = "";
  beforeAll(() => {
    const content = new Uint8Array(size);
    const words = new Uint32Array(content.buffer);
    for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2_654_435_761);
    digest = Bun.SHA256.hash(content, "hex");
    site.file(large, content);
  });

  test("100 MB arrive as they are on the disk", async () => {
    await using server = await start();
    const response = await fetch(new URL(large, server.url));
    expect(response.headers.get("content-length")).toBe(String(size));
    const hash = new Bun.SHA256();
    for await (const piece of response.body ?? []) hash.update(piece);
    expect(hash.digest("hex")).toBe(digest);
  });

  test("a slow reader gets all of it, in order", async () => {
    await using server = await start();
    const content = await Bun.file(site.at("data/large.bin")).bytes();
    const client = await RawClient.connect(server.port);
    client.send(get("/data/large.bin").repeat(20));
    for (let i = 0; i < 40; i++) {
      client.pause();
      await Bun.sleep(2);
      client.resume();
      const seen = client.received;
      await client.until(() => client.received > seen || client.received > 20 * content.length);
    }
    const one = 20 * content.length;
    await client.until(() => client.received > one && client.statuses.length === 20);
    const head = client.text.indexOf("\r\n\r\n") + 4;
    await client.until(() => client.received === 20 * (head + content.length));
    for (let i = 0; i < 20; i++) {
      const from = i * (head + content.length) + head;
      const octets = client.octets.subarray(from, from + content.length);
      expect(Buffer.compare(octets, content)).toBe(0);
    }
    client.close();
  });

  test("one that never reads is reset, and costs no more than the sockets' buffers", async () => {
    await using server = await start({ limits: { writeTimeMs: 100 } });
    const client = await RawClient.connect(server.port);
    client.pause();
    client.send(get(`/${large}`).repeat(50));
    const before = process.memoryUsage().rss;
    while (server.connections > 0) await Bun.sleep(5);
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
    client.resume();
    expect(await client.ending()).toBe("reset");
  });

  test("one that aborts in the middle leaves the others alone", async () => {
    await using server = await start();
    const other = fetch(new URL(large, server.url)).then((response) => response.bytes());
    for (let i = 0; i < 10; i++) {
      const client = await RawClient.connect(server.port);
      client.send(get(`/${large}`));
      await client.until(() => client.received > 100_000);
      client.abort();
    }
    expect(Bun.SHA256.hash(await other, "hex")).toBe(digest);
    while (server.connections > 1) await Bun.sleep(1);
  });

  test("many at once get each their own", async () => {
    await using server = await start();
    for (const name of ["a", "b", "c", "d", "e"]) site.file(`${name}.txt`, name.repeat(40_000));
    const clients = Array.from({ length: 60 }, async (_, i) => {
      const name = "abcde"[i % 5] ?? "";
      const client = await RawClient.connect(server.port);
      for (let n = 1; n <= 5; n++) {
        client.send(get(`/${name}.txt`));
        await client.responses(n);
      }
      const bodies = (): string[] => client.text.split(/HTTP\/1\.1 200[^]*?\r\n\r\n/).slice(1);
      await client.until(() => bodies().join("").length === 5 * 40_000);
      for (const body of bodies()) expect(body).toBe(name.repeat(40_000));
      client.close();
    });
    await Promise.all(clients);
  });
});

describe("requests that are remembered", () => {
  test("are as they came, with the status, oldest first, and no more than were asked for", async () => {
    await using server = await start({ limits: { requestsKeptMax: 2 } });
    for (const path of ["/1", "/empty.txt", "/private.html?x=%41"]) {
      await answerOf(server.port, get(path, "X-Odd:  a b \r\n"));
    }
    expect(server.requests.map(({ target, status }) => [target, status])).toEqual([
      ["/empty.txt", 200],
      ["/private.html?x=%41", 403],
    ]);
    const [, last] = server.requests;
    expect(last?.method).toBe("GET");
    expect([...(last?.fields ?? [])]).toEqual([
      ["Host", "localhost"],
      ["X-Odd", "a b"],
    ]);
    expect(Buffer.from(last?.raw ?? []).toString("latin1")).toBe(
      get("/private.html?x=%41", "X-Odd:  a b \r\n"),
    );
  });

  test("are none when the record is off", async () => {
    await using server = await start({ record: false });
    await answerOf(server.port, get("/empty.txt"));
    expect(server.requests).toEqual([]);
  });
});

test("an error of a handler is told to onError, and not to the client", async () => {
  const errors: unknown[] = [];
  await using server = await start({ onError: (error) => errors.push(error) });
  const error = new Error("/secret/path");
  server.route("GET", "/x", () => Promise.reject(error));
  const text = await answerOf(server.port, get("/x"));
  expect(text).toStartWith("HTTP/1.1 500 Internal Server Error\r\n");
  expect(text).not.toContain("secret");
  expect(errors).toEqual([error]);
});

test("an error of a handler is on standard error with its request and the handler's lines", async () => {
  const program = `
    import { serve } from ${JSON.stringify(join(import.meta.dir, "../../index.ts"))};
    await using server = await serve({ files: {} });
    server.route("GET", "/none", () => undefined);
    server.route("GET", "/throws", async () => {
      await null;
      throw new RangeError("mine");
    });
    for (const path of ["none?x", "throws"]) await fetch(new URL(path, server.url));`;
  await using child = Bun.spawn([process.execPath, "-"], {
    stdin: new Blob([program]),
    stdout: "ignore",
    stderr: "pipe",
  });
  const lines = (await child.stderr.text()).trimEnd().split("\n");
  expect(lines).toEqual([
    "GET /none?x: TypeError: a route's handler must answer with a response, not undefined",
    "GET /throws: RangeError: mine",
    expect.stringMatching(/^    at .*\[stdin\]:7:\d+\)?$/),
  ]);
});

test("a change of mode counts on the very next request", async () => {
  await using server = await start();
  const client = await RawClient.connect(server.port);
  let count = 0;
  for (const [mode, status] of [
    [0o644, 200],
    [0o640, 403],
    [0o604, 200],
    [0o600, 403],
  ] as const) {
    site.file("door.txt", "open", mode);
    client.send(get("/door.txt"));
    await client.responses(++count);
    expect(client.statuses.at(-1)).toBe(status);
  }
  client.close();
});

test("the log is written, in the format that was asked for", async () => {
  const lines: string[] = [];
  const server = await start({ log: "common", write: (text) => lines.push(text) });
  await answerOf(server.port, get("/empty.txt"));
  server.route("GET", "/x", () => new ResponseBuilder(204).build());
  await answerOf(server.port, get("/x"));
  await server.stop();
  const text = lines.join("");
  expect(text).toMatch(/^127\.0\.0\.1 - - \[[^\]]+\] "GET \/empty\.txt HTTP\/1\.1" 200 -\n/);
  expect(text).toEndWith('"GET /x HTTP/1.1" 204 -\n');
});

/** The line of the log for a request for a file whose name has another case. */
async function missingLine(options: Pick<ServeOptions, "log" | "isTerminal">): Promise<string> {
  const written = Promise.withResolvers<string>();
  const server = await start({ ...options, write: written.resolve });
  await answerOf(server.port, get("/myschedule.html"));
  const line = await written.promise;
  await server.stop();
  return line;
}

function refuseToTell(): never {
  throw new Error("it is not asked");
}

describe("names that are similar to a missing one", () => {
  test("are in the short log of a terminal", async () => {
    const line = await missingLine({ log: "short", isTerminal: () => true });
    expect(line).toEndWith(" ms (similar: /MySchedule.html)\n");
  });

  test("are in no other log", async () => {
    expect(await missingLine({ log: "short", isTerminal: () => false })).toEndWith(" ms\n");
    for (const log of ["common", "combined", "json"] as const) {
      expect(await missingLine({ log, isTerminal: refuseToTell })).not.toContain("similar");
    }
  });

  test("make a server ask for its terminal when one is missing, and not before", async () => {
    let asked = 0;
    const isTerminal = (): boolean => ++asked > 0;
    const server = await start({ log: "short", write: () => undefined, isTerminal });
    await answerOf(server.port, get("/empty.txt"));
    expect(asked).toBe(0);
    for (let i = 0; i < 3; i++) await answerOf(server.port, get("/nothing"));
    await server.stop();
    expect(asked).toBe(1);
  });
});

test("callbacks that throw are reported, and the server continues", async () => {
  const script = `
    import { serve } from ${JSON.stringify(`${import.meta.dir}/../../index.ts`)};
    const raise = () => { throw new Error("a callback's own mistake"); };
    const server = await serve({ root: ${JSON.stringify(site.root)}, log: "short", write: raise, onError: raise });
    server.route("GET", "/fails", raise);
    const statuses = [];
    for (const path of ["fails", "fails"]) {
      statuses.push((await fetch(new URL(path, server.url))).status);
      await Bun.sleep(10);
    }
    await server.stop();
    process.stdout.write(statuses.join());
  `;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
  const [out, complaint] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect([out, await child.exited]).toEqual(["500,500", 0]);
  expect(complaint).toContain("a callback's own mistake");
});
