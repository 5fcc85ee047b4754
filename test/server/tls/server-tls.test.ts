import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import { connect } from "node:tls";

import type { Server } from "../../../src/server/serve.ts";
import { serve } from "../../../src/server/serve.ts";
import type { ServeOptions } from "../../../src/server/serve-options.ts";
import { ServeError } from "../../../src/site/serve-error.ts";
import { clientTls, serverTls } from "../../certificates/certificates.ts";
import { loopbackAddresses } from "../../loopback.ts";
import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import { shownNumber as numberOf } from "../../cli/certificate-client.ts";
import { DataHome } from "../../data-home.ts";

const home = new DataHome();
const site = new TempSite("empty");
site.file("hello.txt", "hello, world\n");
afterEach(() => home.empty());
afterAll(() => {
  site[Symbol.dispose]();
  home[Symbol.dispose]();
});

function start(options: ServeOptions): Promise<Server> {
  return serve({ root: site.root, ...options });
}

/** The message of the `ServeError` that `options` come to. */
async function refusalOf(options: ServeOptions): Promise<readonly [code: string, text: string]> {
  try {
    await using server = await start(options);
    return ["", `it listens at ${server.url.href}`];
  } catch (error) {
    if (error instanceof ServeError) return [error.code, error.message];
    throw error;
  }
}

/** What is wrong with the certificate that is shown; "fine" if nothing is. */
async function verdict({ port, ca }: Pick<Server, "port" | "ca">, name: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const servername = /^[\d.:]+$/.test(name) ? {} : { servername: name };
  const socket = connect({
    port,
    host: "127.0.0.1",
    ca,
    checkServerIdentity: () => undefined,
    ...servername,
  });
  socket.on("secureConnect", () => {
    const peer = new X509Certificate(socket.getPeerCertificate().raw);
    const isFor = /^[\d.:]+$/.test(name) ? peer.checkIP(name) : peer.checkHost(name);
    resolve(isFor === undefined ? "another name" : "fine");
  });
  socket.on("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
  const said = await promise;
  socket.destroy();
  return said;
}

/** The names in the certificate that a client is shown, and the protocol agreed on. */
async function handshake(
  { port }: Server,
  options: ConnectionOptions,
): Promise<{ readonly names: string | undefined; readonly protocol: unknown }> {
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<typeof handshake>>>();
  const all = { port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] };
  const socket = connect({ ...all, ...options });
  socket.on("secureConnect", () => {
    const names = new X509Certificate(socket.getPeerCertificate().raw).subjectAltName;
    resolve({ names, protocol: socket.alpnProtocol });
    socket.destroy();
  });
  socket.on("error", () => resolve({ names: undefined, protocol: "refused" }));
  return promise;
}

/** The certificate that is shown, by its number. */
function shownNumber({ port }: Server): Promise<string> {
  return numberOf(port);
}

describe("tls: true", () => {
  test("is trusted by a client that trusts the server's authority, and by no other", async () => {
    await using server = await start({ tls: true });
    const { url, ca = "" } = server;
    expect(url.protocol).toBe("https:");
    for (const host of ["localhost", "127.0.0.1"]) {
      const response = await fetch(`https://${host}:${server.port}/hello.txt`, { tls: { ca } });
      expect(await response.text()).toBe("hello, world\n");
    }
    expect(await fetch(url).catch(() => "refused")).toBe("refused");
    for (const name of ["localhost", "127.0.0.1", "::1"]) {
      expect([name, await verdict(server, name)]).toEqual([name, "fine"]);
    }
    expect(await verdict(server, "evil.example")).toBe("another name");
  });

  test("touches no file of the user", async () => {
    await using server = await start({ tls: true });
    expect(server.ca).toContain("CERTIFICATE");
    expect(existsSync(home.at(""))).toBe(false);
  });

  test("is one authority for all servers of the process, fifty at once", async () => {
    const servers = await Promise.all(Array.from({ length: 50 }, () => start({ tls: true })));
    expect(new Set(servers.map(({ ca }) => ca)).size).toBe(1);
    const statuses = await Promise.all(
      servers.map(async ({ url, ca = "" }) => {
        const response = await fetch(new URL("hello.txt", url), { tls: { ca } });
        await response.text();
        return response.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    await Promise.all(servers.map((server) => server.stop({ force: true })));
  });

  test("is for the names below localhost that the server answers to, after a reload too", async () => {
    await using server = await start({ tls: true, allowHosts: ["app.localhost"] });
    expect(await verdict(server, "app.localhost")).toBe("fine");
    expect(await verdict(server, "b.localhost")).toBe("another name");
    server.reload({ allowHosts: ["b.localhost"] });
    expect(await verdict(server, "b.localhost")).toBe("fine");
  });
});

describe('tls: "local"', () => {
  test("presents the certificate that is kept for the user", async () => {
    await using first = await start({ tls: "local" });
    await using second = await start({ tls: "local" });
    expect(second.ca).toBe(first.ca ?? "");
    expect(await shownNumber(second)).toBe(await shownNumber(first));
    expect(existsSync(home.at("authority.pem"))).toBe(true);
  });

  test("is trusted by Bun's own fetch, by name", async () => {
    await using server = await start({ tls: "local" });
    const { url, ca = "", port } = server;
    const response = await fetch(new URL("hello.txt", url), { tls: { ca } });
    expect(await response.text()).toBe("hello, world\n");
    // Not by address: its verifier doesn't know constraints on addresses.
    const byAddress = fetch(`https://127.0.0.1:${port}/`, { tls: { ca } });
    const code = await byAddress.catch((error: Error & { code?: string }) => error.code);
    expect(code).toBe("UNSUPPORTED_CONSTRAINT_TYPE");
  });

  test("shows a certificate without addresses to those who name a host, and ALPN agrees", async () => {
    await using server = await start({ tls: "local" });
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      for (const [name, addresses] of [
        [{ servername: "localhost" }, false],
        [{}, true],
      ] as const) {
        const shown = await handshake(server, {
          ...name,
          minVersion: version,
          maxVersion: version,
        });
        expect(shown.names?.includes("IP Address:127.0.0.1")).toBe(addresses);
        expect(shown.names).toStartWith("DNS:localhost");
        expect(shown.protocol).toBe("http/1.1");
        const others = { ...name, ALPNProtocols: ["h2"] };
        expect((await handshake(server, others)).protocol).toBe("refused");
      }
    }
  });

  test("is chosen by a ClientHello that comes in pieces, too", async () => {
    await using server = await start({ tls: "local" });
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    const between = new Duplex({
      read: () => undefined,
      write: (octets: Uint8Array, _encoding, done) => {
        for (const octet of octets) client.send(new Uint8Array([octet]));
        done();
      },
    });
    const client = await RawClient.connect(server.port);
    const socket = connect({ socket: between, servername: "localhost", rejectUnauthorized: false });
    socket.on("secureConnect", () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw).subjectAltName);
    });
    socket.on("error", reject);
    let given = 0;
    void (async () => {
      for (;;) {
        await client.until(() => client.received > given);
        between.push(Buffer.from(client.octets.subarray(given)));
        given = client.received;
      }
    })().catch(() => undefined);
    expect(await promise).not.toContain("IP Address");
    socket.destroy();
    client.close();
  });

  test("is renewed while the server runs, when what is kept has to be", async () => {
    await using server = await start({ tls: "local", limits: { certificateLookTimeMs: 10 } });
    const before = await shownNumber(server);
    rmSync(home.at("server.pem"));
    while ((await shownNumber(server)) === before) await Bun.sleep(5);
    expect(existsSync(home.at("server.pem"))).toBe(true);
  });

  test("is renewed by a reload", async () => {
    await using server = await start({ tls: "local" });
    const before = await shownNumber(server);
    server.reload({});
    expect(await shownNumber(server)).toBe(before);
    rmSync(home.at("server.pem"));
    server.reload({});
    expect(await shownNumber(server)).not.toBe(before);
  });

  test("that can't be read any more is reported, and stays", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await using server = await start({
      tls: "local",
      limits: { certificateLookTimeMs: 10 },
      onError: resolve,
    });
    const before = await shownNumber(server);
    const path = home.at("authority.pem");
    chmodSync(path, 0o644);
    const line = `${path} may be read by others: chmod 600 ${path}`;
    expect(String(await promise)).toContain(line);
    expect(() => server.reload({ hidden: true })).toThrow(line);
    expect(await shownNumber(server)).toBe(before);
  });
});

describe("a server's own certificate", () => {
  test("has no authority that postern knows, and is read when a reload names it", async () => {
    await using server = await start({ tls: serverTls });
    expect(server.ca).toBeUndefined();
    server.reload({ tls: true });
    expect(await verdict(server, "localhost")).toBe("fine");
    server.reload({ tls: serverTls });
    expect(server.ca).toBeUndefined();
    const response = await fetch(new URL("hello.txt", server.url), { tls: clientTls });
    expect(response.status).toBe(200);
  });

  test("can't be taken away by a reload, nor given to a server without TLS", async () => {
    await using secure = await start({ tls: serverTls });
    expect(() => secure.reload({ tls: false })).toThrow("TLS can only be ended by a restart");
    await using clear = await start({ tls: false });
    expect(clear.url.protocol).toBe("http:");
    clear.reload({ tls: false });
    expect(() => clear.reload({ tls: true })).toThrow("TLS can only be begun by a restart");
  });
});

describe("tlsRedirect", () => {
  test("listens beside the TLS port, and leads to it", async () => {
    await using server = await start({ tls: serverTls, tlsRedirect: 0 });
    const { port, tlsRedirect = 0 } = server;
    expect(tlsRedirect).not.toBe(port);
    const addresses = await loopbackAddresses(port);
    for (const address of addresses) {
      const client = await RawClient.connect(tlsRedirect, address);
      client.send(`HEAD /a?b HTTP/1.1\r\nHost: localhost:${tlsRedirect}\r\n\r\n`);
      await client.ending();
      expect(client.text).toStartWith("HTTP/1.1 307 Temporary Redirect\r\n");
      expect(client.text).toContain(`\r\nLocation: https://localhost:${port}/a?b\r\n`);
      client.close();
    }
    const url = `http://localhost:${tlsRedirect}/hello.txt`;
    const followed = await fetch(url, { tls: clientTls });
    expect(await followed.text()).toBe("hello, world\n");
    const redirects = Array.from({ length: addresses.length + 1 }, () => 307);
    expect(server.requests.map(({ status }) => status)).toEqual([...redirects, 200]);
  });

  test("has the guards of the hosts, and follows a reload", async () => {
    await using server = await start({ tls: serverTls, tlsRedirect: 0 });
    const ask = async (host: string): Promise<number> => {
      const url = `http://127.0.0.1:${server.tlsRedirect}/`;
      const response = await fetch(url, { headers: { Host: host }, redirect: "manual" });
      await response.text();
      return response.status;
    };
    expect(await ask("evil.example")).toBe(421);
    server.reload({ allowHosts: ["lab.example"] });
    expect([await ask("lab.example"), await ask("evil.example")]).toEqual([307, 421]);
  });

  test("answers a handshake with nothing but a refusal", async () => {
    await using server = await start({ tls: serverTls, tlsRedirect: 0 });
    const client = await RawClient.connect(server.tlsRedirect ?? 0);
    client.send("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00");
    await client.ending();
    expect(client.text).not.toContain("Location");
    client.close();
  });

  test("stops with the server, and counts among its connections", async () => {
    const server = await start({ tls: serverTls, tlsRedirect: 0 });
    const client = await RawClient.connect(server.tlsRedirect ?? 0);
    client.send("GET / HT");
    while (server.connections === 0) await Bun.sleep(2);
    await server.stop({ force: true });
    await client.ending();
    const late = RawClient.connect(server.tlsRedirect ?? 0);
    expect(await late.catch(() => "refused")).toBe("refused");
    client.close();
  });

  test("needs TLS, and a port that is free", async () => {
    expect(await refusalOf({ tlsRedirect: 0 })).toEqual([
      "tls",
      "a port that redirects to https needs TLS on the other one",
    ]);
    await using other = await start({ host: "127.0.0.1" });
    const options = { tls: serverTls, tlsRedirect: other.port, host: "127.0.0.1" };
    expect(await refusalOf(options)).toEqual([
      "listen",
      `the port that redirects to https: port ${other.port} on 127.0.0.1 is in use`,
    ]);
  });
});
