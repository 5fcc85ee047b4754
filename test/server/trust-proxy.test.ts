/**
 * Whom a server takes for its client, over real connections: the trusted proxy connects from
 * 127.0.0.2, everyone else from 127.0.0.1.
 */

import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";

const site = new TempSite("empty");
site.file("a.txt", "a");
afterAll(() => site[Symbol.dispose]());

const proxy = "127.0.0.2";
const stranger = "127.0.0.1";
const lines: string[] = [];

async function open(trustProxy: readonly string[] = [proxy]): Promise<Server> {
  lines.length = 0;
  return serve({
    root: site.root,
    host: "127.0.0.1",
    trustProxy,
    log: "json",
    write: (text) => void lines.push(...text.trimEnd().split("\n")),
  });
}

/** Sends `octets` from `localAddress`; what comes until the server closes. */
async function exchange(server: Server, localAddress: string, octets: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let came = "";
  const socket = connect({ host: "127.0.0.1", port: server.port, localAddress });
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => void (came += text));
  socket.on("end", () => resolve(came));
  socket.on("error", reject);
  socket.write(octets, "latin1");
  return promise;
}

/** A request with `fields`, after which the connection closes. */
function request(fields: readonly string[], line = "GET /a.txt", host = "localhost"): string {
  const all = [`Host: ${host}`, "Connection: close", ...fields];
  return `${line} HTTP/1.1\r\n${all.map((field) => `${field}\r\n`).join("")}\r\n`;
}

/** A request after which the connection goes on. */
const keep = (address: string): string =>
  `GET /a.txt HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${address}\r\n\r\n`;

const post = (fields: readonly string[]): string =>
  request([...fields, "Content-Length: 0"], "POST /hook");

/** The address that the log and the recorder have for a request with `fields` from `peer`. */
async function addressOf(server: Server, peer: string, fields: readonly string[]): Promise<string> {
  const answer = await exchange(server, peer, request(fields));
  expect(answer).toStartWith("HTTP/1.1 200 OK\r\n");
  const { remoteAddress } = await server.next();
  return remoteAddress;
}

const forwarded = "Forwarded: for=203.0.113.5;proto=https;host=site.example";
const others = ["X-Forwarded-For: 203.0.113.5", "X-Forwarded-Host: site.example"];

describe("the client of a request", () => {
  test("is whom a trusted proxy names, and the peer for everyone else", async () => {
    await using server = await open();
    expect(await addressOf(server, proxy, [forwarded])).toBe("203.0.113.5");
    expect(await addressOf(server, proxy, others)).toBe("203.0.113.5");
    expect(await addressOf(server, proxy, [])).toBe(proxy);
    expect(await addressOf(server, stranger, [forwarded])).toBe(stranger);
    expect(await addressOf(server, stranger, others)).toBe(stranger);
  });

  test("stands in the log with the host that it asked for", async () => {
    const server = await open();
    await exchange(server, proxy, request([forwarded]));
    await exchange(server, stranger, request([forwarded]));
    await server.stop();
    const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told.map(({ remote, host }) => [remote, host])).toEqual([
      ["203.0.113.5", "site.example"],
      [stranger, "localhost"],
    ]);
  });

  test("is told anew by each request of a connection, though the octets are the same", async () => {
    await using server = await open();
    const all = ["203.0.113.5", "203.0.113.5", "2001:db8::1", "junk"];
    await exchange(server, proxy, all.map(keep).join("") + request([]));
    const named = server.requests.map(({ remoteAddress }) => remoteAddress);
    expect(named).toEqual(["203.0.113.5", "203.0.113.5", "2001:db8::1", proxy, proxy]);
  });

  test("isn't kept with a response that other clients get, too", async () => {
    await using server = await open();
    const octets = request(others);
    for (const peer of [proxy, stranger, proxy, stranger, proxy, stranger]) {
      await exchange(server, peer, octets);
    }
    const named = server.requests.map(({ remoteAddress }) => remoteAddress);
    expect(named).toEqual(Array.from({ length: 6 }, (_, i) => (i % 2 ? stranger : "203.0.113.5")));
  });

  test("is told to a route, with the scheme and the host", async () => {
    await using server = await open();
    server.route("GET", "/who", ({ remoteAddress, host, forwarded: told }) =>
      Response.json({ remoteAddress, host, told }),
    );
    const ask = async (peer: string): Promise<unknown> => {
      const answer = await exchange(server, peer, request([forwarded], "GET /who"));
      return JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
    };
    expect(await ask(proxy)).toEqual({
      remoteAddress: "203.0.113.5",
      host: "site.example",
      told: { peerAddress: proxy, scheme: "https", authority: { host: "site.example" } },
    });
    expect(await ask(stranger)).toEqual({ remoteAddress: stranger, host: "localhost" });
  });

  test("of a Unix socket is named by a proxy that connects there", async () => {
    const unix = site.at("proxied.sock");
    await using server = await serve({ root: site.root, unix, trustProxy: ["unix:"] });
    const headers = { Forwarded: "for=203.0.113.5" };
    await fetch("http://localhost/a.txt", { unix, headers });
    expect((await server.next()).remoteAddress).toBe("203.0.113.5");
  });
});

describe("a page of another origin", () => {
  test("is told by the host that a trusted proxy names (RFC 6454 §7)", async () => {
    await using server = await open();
    server.route("POST", "/hook", () => new Response("done"));
    const status = async (peer: string, ...fields: readonly string[]): Promise<string> =>
      (await exchange(server, peer, post(fields))).slice(9, 12);
    const own = "Origin: https://site.example";
    for (let turn = 0; turn < 3; turn++) {
      expect(await status(proxy, own, forwarded)).toBe("200");
      expect(await status(stranger, own, forwarded)).toBe("403");
      expect(await status(proxy, "Origin: http://localhost", forwarded)).toBe("403");
      expect(await status(stranger, "Origin: http://localhost", forwarded)).toBe("200");
      expect(await status(proxy, "Origin: https://evil.example", forwarded)).toBe("403");
    }
  });
});

describe("a foreign host on loopback", () => {
  test("stays foreign, whatever a proxy says of it", async () => {
    await using server = await open(["loopback"]);
    for (const field of ["X-Forwarded-For: 203.0.113.5", "X-Forwarded-Host: localhost"]) {
      const answer = await exchange(server, proxy, request([field], "GET /a.txt", "evil.example"));
      expect(answer).toStartWith("HTTP/1.1 421 ");
    }
  });
});

describe("the option", () => {
  test("changes with a reload, for connections to come", async () => {
    await using server = await open();
    server.reload({ trustProxy: [] });
    expect(await addressOf(server, proxy, others)).toBe(proxy);
    server.reload({ trustProxy: ["127.0.0.0/30"] });
    expect(await addressOf(server, proxy, others)).toBe("203.0.113.5");
    expect(() => server.reload({ trustProxy: ["nobody"] })).toThrow("a trusted proxy must be");
    expect(await addressOf(server, proxy, others)).toBe("203.0.113.5");
  });

  test("is refused at the start when it names no address", async () => {
    expect(serve({ root: site.root, trustProxy: ["10.0.0.0/40"] })).rejects.toMatchObject({
      code: "trustProxy",
    });
  });

  test("spares a proxy the bound on the connections of one address", async () => {
    const limits = { connectionsPerAddressMax: 1 };
    await using server = await serve({
      root: site.root,
      host: "127.0.0.1",
      trustProxy: [proxy],
      limits,
    });
    const three = async (peer: string): Promise<string[]> => {
      const answers = Array.from({ length: 3 }, () => exchange(server, peer, request([])));
      return (await Promise.all(answers)).map((answer) => answer.slice(9, 12)).toSorted();
    };
    expect(await three(proxy)).toEqual(["200", "200", "200"]);
    expect(await three(stranger)).toContain("503");
  });
});
