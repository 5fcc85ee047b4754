/** Proxies of others in front of `--proxy-protocol`: HAProxy, and curl in the part of one. */

import { afterAll, describe, expect, test } from "bun:test";

import { get } from "node:http";
import { get as getSecurely } from "node:https";

import { clientTls, pemPath } from "../certificates/certificates.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

const site = new TempSite("empty");
site.file("hello.txt", "hello, world");
const configs = new TempSite("empty");
afterAll(() => {
  site[Symbol.dispose]();
  configs[Symbol.dispose]();
});

/** Where clients connect from. */
const client = "127.0.0.9";

const options = ["--trust-proxy", "127.0.0.1", "--proxy-protocol", "--log", "json"];
const tls = ["--tls-cert", pemPath("chain"), "--tls-key", pemPath("key")];
const haproxy = Bun.which("haproxy", { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` });
const curl = Bun.which("curl");

/** A server behind a proxy, with `words` besides. */
async function serving(words: readonly string[] = []): Promise<Command> {
  const where = ["--host", "127.0.0.1", "--port", "0", "--ready", "json"];
  const command = new Command([site.root, ...where, ...options, ...words]);
  const ready = JSON.parse((await command.line()) ?? "null") as { port: number };
  command.port = ready.port;
  return command;
}

/** What the log says of each request, and of each connection that was closed. */
async function logged(command: Command): Promise<string[]> {
  command.signal("SIGTERM");
  return (await command.rest()).map((line) => {
    const { remote, status, dropped } = JSON.parse(line) as Record<string, string | number>;
    return `${remote} ${status ?? dropped}`;
  });
}

/** A port that was free a moment ago. */
function freePort(): number {
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: () => undefined },
  });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/** HAProxy on a port of its own, which passes connections on to `port` with `setting`. */
class Haproxy implements AsyncDisposable {
  readonly port = freePort();
  readonly #process;

  constructor(port: number, setting: string) {
    const lines = [
      "defaults",
      " mode tcp",
      " timeout connect 5s",
      " timeout client 30s",
      " timeout server 30s",
      "listen front",
      ` bind 127.0.0.1:${this.port}`,
      ` server postern 127.0.0.1:${port} ${setting}`,
    ];
    configs.file("haproxy.cfg", `${lines.join("\n")}\n`);
    const config = configs.at("haproxy.cfg");
    this.#process = Bun.spawn([haproxy ?? "haproxy", "-f", config], {
      stdout: "ignore",
      stderr: "ignore",
    });
  }

  /** Resolves when it takes connections. */
  async ready(): Promise<void> {
    for (;;) {
      const probe = await RawClient.connect(this.port).catch(() => undefined);
      probe?.close();
      if (probe !== undefined) return;
      await Bun.sleep(10);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }
}

/** The content of `/hello.txt` at `port`, as a client elsewhere gets it, over TLS if `isSecure`. */
async function content(port: number, isSecure = false): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asked = { host: "127.0.0.1", port, path: "/hello.txt", localAddress: client, agent: false };
  const took = (response: NodeJS.ReadableStream): void => {
    let text = "";
    response.on("data", (octets: Uint8Array) => void (text += new TextDecoder().decode(octets)));
    response.on("end", () => resolve(text));
  };
  const request = isSecure
    ? getSecurely({ ...asked, ...clientTls, servername: "localhost" }, took)
    : get(asked, took);
  request.on("error", reject);
  return promise;
}

const note = haproxy === null ? " (no haproxy here)" : "";

describe.skipIf(haproxy === null)(`behind HAProxy in TCP mode${note}`, () => {
  test.each([
    ["send-proxy", "cleartext", []],
    ["send-proxy-v2", "cleartext", []],
    ["send-proxy-v2 proxy-v2-options crc32c,unique-id,authority", "cleartext", []],
    ["send-proxy", "--tls", tls],
    ["send-proxy-v2", "--tls", tls],
    ["send-proxy-v2", "--workers 2", ["--workers", "2"]],
  ])("with %s the log has the client's address (%s)", async (setting, _, words) => {
    await using command = await serving(words);
    await using proxy = new Haproxy(command.port, setting);
    await proxy.ready();
    for (let turn = 0; turn < 4; turn++) {
      expect(await content(proxy.port, words === tls)).toBe("hello, world");
    }
    expect(await logged(command)).toEqual(Array(4).fill(`${client} 200`));
  });

  test("a proxy without send-proxy gets nothing, and the log says so", async () => {
    await using command = await serving();
    await using proxy = new Haproxy(command.port, "");
    await proxy.ready();
    expect(content(proxy.port)).rejects.toThrow();
    expect(await logged(command)).toEqual(["127.0.0.1 PROXY protocol: no header"]);
  });
});

test.skipIf(curl === null)("curl --haproxy-protocol is served, and curl alone is not", async () => {
  await using command = await serving();
  const run = (words: readonly string[]): string => {
    const url = `http://127.0.0.1:${command.port}/hello.txt`;
    return Bun.spawnSync([curl ?? "curl", "-sS", ...words, url]).stdout.toString();
  };
  expect(run(["--haproxy-protocol"])).toBe("hello, world");
  expect(run([])).toBe("");
  const told = ["127.0.0.1 200", "127.0.0.1 PROXY protocol: no header"];
  expect(await logged(command)).toEqual(told);
});
