/**
 * Connections that begin with a header of the PROXY protocol, over real sockets: the trusted proxy
 * connects from 127.0.0.2, all others from 127.0.0.1. Clients have addresses for documentation.
 */

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import { connect as connectTls } from "node:tls";

import type { Server, ServeOptions } from "../../index.ts";
import { serve } from "../../index.ts";
import type { Wiretap } from "../../src/base/wiretap.ts";
import type { FaultRule } from "../../src/server/faults/fault-options.ts";
import { concatBytes, latin1Bytes, latin1Text } from "../../src/http/octets/bytes.ts";
import { clientTls, serverTls } from "../certificates/certificates.ts";
import { DataHome } from "../data-home.ts";
import { TempSite } from "../temp-site.ts";

// It starts processes or many connections, on a machine that may be busy.
setDefaultTimeout(120_000);

const site = new TempSite("empty");
site.file("a.txt", "a");
afterAll(() => site[Symbol.dispose]());

const proxy = "127.0.0.2";
const stranger = "127.0.0.1";
const client = "203.0.113.5";

const line = `PROXY TCP4 ${client} 192.0.2.1 56324 443\r\n`;
const signature = "\r\n\r\n\0\r\nQUIT\n";
/** The same in version 2. */
const binary = `${signature}\x21\x11\0\x0c\xcb\0\x71\x05\xc0\0\x02\x01\xdc\x04\x01\xbb`;
const local = `${signature}\x20\0\0\0`;

const get = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const forwarded = get.replace("Connection", "X-Forwarded-For: 198.51.100.7\r\nConnection");

const lines: string[] = [];

const ofProxies = { trustProxy: [proxy, "10.0.0.0/8", "unix:"], proxyProtocol: true };

async function open(options: ServeOptions = {}): Promise<Server> {
  lines.length = 0;
  return serve({
    root: site.root,
    host: "127.0.0.1",
    ...ofProxies,
    log: "json",
    write: (text) => void lines.push(...text.trimEnd().split("\n")),
    ...options,
  });
}

/** What came until the end of a connection, and whether that was a reset. */
interface Came {
  readonly text: string;
  readonly isReset: boolean;
}

/** Sends `pieces` one after the other, and says what came. */
async function exchange(
  to: Server | number | string,
  pieces: readonly string[],
  localAddress = proxy,
): Promise<Came> {
  const { promise, resolve } = Promise.withResolvers<Came>();
  let text = "";
  const port = typeof to === "object" ? to.port : to;
  const socket =
    typeof port === "string"
      ? connect(port)
      : connect({ host: "127.0.0.1", port, localAddress, noDelay: true });
  socket.setEncoding("latin1");
  socket.on("data", (more: string) => void (text += more));
  socket.on("end", () => resolve({ text, isReset: false }));
  socket.on("error", () => resolve({ text, isReset: true }));
  for (const piece of pieces) {
    await new Promise<void>((written) => void socket.write(piece, "latin1", () => written()));
    // The server reads what was sent.
    await Bun.sleep(1);
  }
  return promise;
}

/** The address that the recorder has for the request in `pieces`, which is answered. */
async function addressOf(
  server: Server,
  pieces: readonly string[],
  to: Server | number | string = server,
): Promise<string> {
  const { text } = await exchange(to, pieces);
  expect(text).toStartWith("HTTP/1.1 200 OK\r\n");
  return (await server.next()).remoteAddress;
}

const closed: Came = { text: "", isReset: true };

/** Resolves when `server` has no connections. */
async function idle(server: Server): Promise<void> {
  while (server.connections > 0) await Bun.sleep(1);
}

/** The reasons in the log, with the peers' addresses. */
async function dropped(server: Server): Promise<string[]> {
  await server.stop();
  return lines
    .map((text) => JSON.parse(text) as { readonly remote: string; readonly dropped?: string })
    .flatMap(({ remote, dropped: why }) => (why === undefined ? [] : [`${remote} ${why}`]));
}

describe("the client of a connection", () => {
  test.each([
    ["version 1", line, client],
    ["version 1 over IPv6", "PROXY TCP6 2001:DB8::5 ::1 1 2\r\n", "2001:db8::5"],
    ["version 2", binary, client],
    ["UNKNOWN", "PROXY UNKNOWN\r\n", proxy],
    ["LOCAL", local, proxy],
  ])("is named by a header of %s", async (_, header, address) => {
    await using server = await open();
    expect(await addressOf(server, [header + get])).toBe(address);
    expect(await addressOf(server, [header, get])).toBe(address);
    const all = header + get;
    for (let cut = 1; cut < header.length + 2; cut++) {
      expect(await addressOf(server, [all.slice(0, cut), all.slice(cut)])).toBe(address);
    }
    expect(await addressOf(server, [...header.split(""), get])).toBe(address);
  });

  test("stands in the log, in a route, and for each request of the connection", async () => {
    const server = await open();
    server.route("GET", "/who", ({ remoteAddress }) => new Response(remoteAddress));
    const who = "GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const { text } = await exchange(server, [line + who + who + get]);
    expect(text.split(client)).toHaveLength(3);
    await server.stop();
    const remotes = lines.map((one) => (JSON.parse(one) as { readonly remote: string }).remote);
    expect(remotes).toEqual([client, client, client]);
  });

  test("on a Unix socket is named by a proxy that connects there", async () => {
    const unix = site.at("headed.sock");
    await using server = await open({ unix });
    expect(await addressOf(server, [binary + get], unix)).toBe(client);
    expect(await addressOf(server, [local + get], unix)).toBe("unix:");
  });

  test("may have as many connections as connectionsPerAddressMax, and a proxy all", async () => {
    await using server = await open({ limits: { connectionsPerAddressMax: 1 } });
    const keep = connect({ host: "127.0.0.1", port: server.port, localAddress: proxy });
    keep.write(line);
    const other = line.replace(client, "198.51.100.9");
    while (server.connections < 1) await Bun.sleep(1);
    const status = async (header: string): Promise<string> =>
      (await exchange(server, [header + get])).text.slice(9, 12);
    // The connection that waits is the client's from when its header has come.
    while ((await status(line)) !== "503") await Bun.sleep(1);
    expect(await status(other)).toBe("200");
    expect(await status(local)).toBe("200");
    keep.destroy();
  });
});

describe("Forwarded and X-Forwarded-For", () => {
  test("count when the client that the header names is trusted itself", async () => {
    await using server = await open();
    const inner = "PROXY TCP4 10.0.0.9 192.0.2.1 1 2\r\n";
    expect(await addressOf(server, [inner + forwarded])).toBe("198.51.100.7");
    expect(await addressOf(server, [inner + get])).toBe("10.0.0.9");
  });

  test("don't count from a client that is named, or that isn't", async () => {
    await using server = await open();
    expect(await addressOf(server, [line + forwarded])).toBe(client);
    expect(await addressOf(server, [`PROXY UNKNOWN\r\n${forwarded}`])).toBe(proxy);
    expect(await addressOf(server, [local + forwarded])).toBe(proxy);
  });
});

describe("a connection is closed without an answer", () => {
  test("when its peer isn't trusted, whatever it sends", async () => {
    const server = await open();
    expect(await exchange(server, [line + get], stranger)).toEqual(closed);
    expect(await exchange(server, [get], stranger)).toEqual(closed);
    await idle(server);
    expect(server.requests).toEqual([]);
    expect(await dropped(server)).toEqual(Array(2).fill(`${stranger} not a trusted proxy`));
  });

  test.each([
    ["no header", get, "no header"],
    ["a header behind a request", get + line + get, "no header"],
    ["a malformed line", line.replace("TCP4", "TCP6") + get, "a malformed line"],
    ["another version", `${signature}\x31\x11\0\0`, "another version than 2"],
    ["a TLS record", "\x16\x03\x01\x02\0\x01", "no header"],
  ])("when it begins with %s", async (_, octets, why) => {
    const server = await open();
    expect(await exchange(server, [octets])).toEqual(closed);
    await idle(server);
    expect(await dropped(server)).toEqual([`${proxy} PROXY protocol: ${why}`]);
  });

  test("when its header doesn't come whole within headerTimeMs", async () => {
    const server = await open({ limits: { headerTimeMs: 50 } });
    expect(await exchange(server, ["PROXY TCP4 "])).toEqual(closed);
    expect(await dropped(server)).toEqual([`${proxy} PROXY protocol: no whole header in time`]);
  });

  test("and a second header is an ordinary request line, a bad one", async () => {
    await using server = await open();
    expect((await exchange(server, [line + line + get])).text).toStartWith("HTTP/1.1 400 ");
  });

  test("and a server that stops doesn't wait for a header", async () => {
    const server = await open();
    const socket = connect({ host: "127.0.0.1", port: server.port, localAddress: proxy });
    socket.on("error", () => undefined);
    while (server.connections < 1) await Bun.sleep(1);
    await server.stop();
    expect(server.connections).toBe(0);
  });
});

/** A stream over `socket`, whose first octets are sent with `header` before them, as `send` does. */
function headed(socket: Socket, header: string, send: (octets: Uint8Array) => void): Duplex {
  let first: string | undefined = header;
  const stream = new Duplex({
    read: () => undefined,
    write: (octets: Uint8Array, _encoding, written) => {
      if (first === undefined) socket.write(octets);
      else send(concatBytes([latin1Bytes(first), octets]));
      first = undefined;
      written();
    },
  });
  socket.on("data", (octets: Uint8Array) => stream.push(octets));
  socket.on("end", () => stream.push(null));
  socket.on("error", (error: Error) => stream.destroy(error));
  return stream;
}

/**
 * What comes over TLS for `get`, whose ClientHello is behind `header`, with the names in the
 * certificate that is shown, and the protocol that was agreed on. The octets are cut at the places `cuts`, from the header's end on.
 */
async function overTls(
  server: Server,
  cuts: readonly number[],
  servername: string | undefined,
  header = binary,
  checks: ConnectionOptions = { ca: server.ca ?? clientTls.ca },
): Promise<{
  readonly text: string;
  readonly names: string | undefined;
  readonly alpn: string | false | null;
}> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof overTls>>>();
  const socket = connect({ host: "127.0.0.1", port: server.port, localAddress: proxy });
  socket.setNoDelay(true);
  await new Promise<void>((connected) => void socket.on("connect", () => connected()));
  const send = async (octets: Uint8Array): Promise<void> => {
    let at = 0;
    for (const cut of [...cuts.map((one) => header.length + one), octets.length]) {
      socket.write(octets.subarray(at, cut));
      at = cut;
      await Bun.sleep(1);
    }
  };
  const stream = headed(socket, header, (octets) => void send(octets));
  const secure = connectTls(
    {
      socket: stream,
      ALPNProtocols: ["h2", "http/1.1"],
      ...checks,
      ...(servername && { servername }),
    },
    () => void secure.write(get),
  );
  let text = "";
  let names: string | undefined;
  let alpn: string | false | null = null;
  secure.on("secureConnect", () => {
    names = secure.getPeerCertificate().subjectaltname;
    alpn = secure.alpnProtocol;
  });
  secure.on("data", (octets: Uint8Array) => void (text += latin1Text(octets)));
  secure.on("end", () => resolve({ text, names, alpn }));
  secure.on("error", reject);
  return promise.finally(() => socket.destroy());
}

describe("before a TLS handshake", () => {
  /** In one piece with the ClientHello, apart from it, and cut within it. */
  const ways = [[], [0], [-5], [1], [4], [5], [6], [100], [0, 3, 60]];

  test("a header names the client, wherever what follows is cut", async () => {
    await using server = await open({ tls: serverTls });
    for (const cuts of ways) {
      for (const header of [line, binary]) {
        const { text } = await overTls(server, cuts, "localhost", header);
        expect(text).toStartWith("HTTP/1.1 200 OK\r\n");
        expect((await server.next()).remoteAddress).toBe(client);
      }
    }
    await idle(server);
  });

  test("the client that names a host is shown the certificate for names", async () => {
    using home = new DataHome();
    await using server = await open({ tls: "local" });
    const shown = async (name?: string): Promise<(string | undefined)[]> => {
      const all: (string | undefined)[] = [];
      for (const cuts of ways) {
        const { names, alpn } = await overTls(server, cuts, name, binary, {
          rejectUnauthorized: false,
        });
        expect(alpn).toBe("http/1.1");
        if (!all.includes(names)) all.push(names);
      }
      return all;
    };
    const byName = await shown("localhost");
    const byAddress = await shown();
    expect([byName.length, byAddress.length]).toEqual([1, 1]);
    expect(byName[0]).toContain("DNS:localhost");
    expect(byName).not.toEqual(byAddress);
    expect(existsSync(home.at("ca.pem"))).toBe(true);
  });

  test("a peer that isn't trusted, and one without a header, see no handshake", async () => {
    const server = await open({ tls: serverTls });
    expect(await exchange(server, ["\x16\x03\x01\x02\0\x01"])).toEqual(closed);
    expect(await exchange(server, [line], stranger)).toEqual(closed);
    await idle(server);
    expect(await dropped(server)).toEqual([
      `${proxy} PROXY protocol: no header`,
      `${stranger} not a trusted proxy`,
    ]);
  });

  test.each([
    ["in one piece", [line + get]],
    ["apart", [line, get]],
    ["cut in the method", [`${line}GE`, get.slice(2)]],
  ])("a request in cleartext behind it is redirected, %s", async (_, pieces) => {
    await using server = await open({ tls: serverTls });
    const { text } = await exchange(server, pieces);
    expect(text).toStartWith("HTTP/1.1 307 ");
    expect(text).toContain(`\r\nLocation: https://localhost:${server.port}/a.txt\r\n`);
    expect((await server.next()).remoteAddress).toBe(client);
    await idle(server);
  });

  test("what is neither TLS nor a request leaves no connection", async () => {
    // The first of them could still become a handshake.
    await using server = await open({ tls: serverTls, limits: { headerTimeMs: 100 } });
    for (const junk of ["\x16\x03\x01\0\x05abcde", "\0\0\0\0\0\0\0", "\x80\x2e\x01\x03\x01"]) {
      await exchange(server, [line + junk]);
      await exchange(server, [line, junk]);
      await exchange(server, [line + junk.slice(0, 3), junk.slice(3)]);
    }
    await idle(server);
    // A handshake has longer.
    server.reload({ ...ofProxies, limits: { headerTimeMs: 600_000 } });
    const { text } = await overTls(server, [], "localhost");
    expect(text).toStartWith("HTTP/1.1 200 OK\r\n");
  });

  test("stands a header on the port that redirects to https, too", async () => {
    await using server = await open({ tls: serverTls, tlsRedirect: 0 });
    const port = server.tlsRedirect ?? 0;
    const { text } = await exchange(port, [line + get]);
    expect(text).toStartWith("HTTP/1.1 307 ");
    expect(await exchange(port, [get])).toEqual(closed);
    expect(await exchange(port, [line + get], stranger)).toEqual(closed);
  });
});

const faults = (rule: FaultRule): ServeOptions => ({ faults: [rule] });
const noop = (): void => undefined;

describe("what stands around a connection", () => {
  test("a fault of an accept comes before the header, and one of a handshake behind it", async () => {
    const sent = await open(faults({ closeAtAccept: "fin" }));
    expect(await exchange(sent, [line + get])).toEqual({ text: "", isReset: false });
    expect(await dropped(sent)).toEqual([]);
    await using late = await open(faults({ acceptAfterMs: 20 }));
    expect(await addressOf(late, [line + get])).toBe(client);
    expect(await exchange(late, [get])).toEqual(closed);
    await using cut = await open({ tls: true, ...faults({ cutHandshake: "reset" }) });
    expect(overTls(cut, [], "localhost")).rejects.toThrow();
    expect(overTls(cut, [0], "localhost")).rejects.toThrow();
    await idle(cut);
    await using flawed = await open({ tls: true, ...faults({ certificate: "self-signed" }) });
    expect(overTls(flawed, [], "localhost")).rejects.toThrow(/certificate/);
  });

  test("a wiretap hears the request and not the header, over a slow line, too", async () => {
    const heard: string[] = [];
    const wiretap: Wiretap = {
      connected: () => ({
        received: (octets) => void heard.push(latin1Text(octets)),
        sent: noop,
        clientEnded: noop,
        serverEnded: noop,
        closed: noop,
      }),
      ended: noop,
    };
    await using server = await open({ wiretap, throttle: "1Mbit/1ms" });
    expect(await addressOf(server, [line + get])).toBe(client);
    expect(await addressOf(server, [line.slice(0, 9), line.slice(9), get])).toBe(client);
    expect(heard).toEqual([get, get]);
  });
});

describe("the option", () => {
  test("needs trusted proxies", async () => {
    const refused = serve({ root: site.root, proxyProtocol: true });
    expect(refused).rejects.toMatchObject({ code: "proxyProtocol" });
    expect(refused).rejects.toThrow("--trust-proxy");
    const elsewhere = { unix: site.at("refused.sock"), trustProxy: ["loopback"] };
    const socket = serve({ root: site.root, proxyProtocol: true, ...elsewhere });
    expect(socket).rejects.toMatchObject({ code: "proxyProtocol" });
    expect(socket).rejects.toThrow('"unix:"');
  });

  test("changes with a reload, for connections to come", async () => {
    await using server = await open();
    const trustProxy = [proxy];
    const kept = connect({ host: "127.0.0.1", port: server.port, localAddress: proxy });
    kept.write(line);
    while (server.connections < 1) await Bun.sleep(1);
    server.reload({ trustProxy });
    expect(await addressOf(server, [get])).toBe(proxy);
    expect((await exchange(server, [line + get])).text).toStartWith("HTTP/1.1 400 ");
    expect(() => server.reload({ proxyProtocol: true })).toThrow("--trust-proxy");
    expect(await addressOf(server, [get])).toBe(proxy);
    server.reload({ trustProxy, proxyProtocol: true });
    expect(await addressOf(server, [line + get])).toBe(client);
    expect(await exchange(server, [get])).toEqual(closed);
    kept.destroy();
  });
});
