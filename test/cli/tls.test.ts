import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";

import { clientTls, pemPath, pemText, serverTls } from "../certificates/certificates.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "postern-tls-")));
const site = new TempSite("empty");
site.file("a.txt", "over TLS");
afterAll(() => {
  site[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const { cert, key } = serverTls;
const flags = ["--tls-cert", cert, "--tls-key", key];

interface Ready {
  readonly url: string;
  readonly port: number;
}

async function readyOf(command: Command): Promise<Ready> {
  return JSON.parse((await command.line()) ?? "null") as Ready;
}

/** What a handshake shows and agrees on: the certificate's common name, and the protocol. */
interface Shown {
  readonly name: unknown;
  readonly protocol: string | false | null;
}

function shakeHands(port: number): Promise<Shown> {
  const { promise, resolve, reject } = Promise.withResolvers<Shown>();
  const offer = { rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"] };
  const socket = connect({ port, host: "127.0.0.1", ...offer }, () => {
    const name = socket.getPeerCertificate().subject.CN;
    resolve({ name, protocol: socket.alpnProtocol });
    socket.destroy();
  });
  socket.on("error", reject);
  return promise;
}

/** The common name of the certificate that is shown. */
async function shownName(port: number): Promise<unknown> {
  return (await shakeHands(port)).name;
}

/** The one line of a command that does not serve, and its status. */
async function complaintOf(words: readonly string[]): Promise<readonly [number, string]> {
  await using command = new Command([site.root, "--port", "0", ...words], {}, folder);
  const status = await command.status;
  expect(await command.rest()).toEqual([]);
  return [status, await command.stderr];
}

describe("--tls-cert and --tls-key", () => {
  test("serve over TLS, and the ready line says so", async () => {
    await using command = new Command([site.root, "--port", "0", ...flags], {}, folder);
    const line = await command.line();
    const [, url, port] =
      /^Server started\. Listening at (https:.*:(\d+)\/)$/.exec(line ?? "") ?? [];
    expect(url).toBe(`https://localhost:${port}/`);
    const response = await fetch(`${url}a.txt`, { tls: clientTls });
    expect(await response.text()).toBe("over TLS");
    expect(await command.line()).toContain(" GET /a.txt 200 ");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test("so does --ready json", async () => {
    const words = [site.root, "--port", "0", "--ready", "json", ...flags];
    await using command = new Command(words, {}, folder);
    const { url, port } = await readyOf(command);
    expect(url).toBe(`https://localhost:${port}/`);
  });

  test("are one line and exit status 2 when they can't be used", async () => {
    const missing = join(folder, "none.pem");
    expect(await complaintOf(["--tls-cert", cert])).toEqual([
      2,
      "postern: TLS needs a certificate and its key, and there is no key\n",
    ]);
    expect(await complaintOf(["--tls-key", key])).toEqual([
      2,
      "postern: TLS needs a certificate and its key, and there is no certificate\n",
    ]);
    expect(await complaintOf(["--tls-cert", "none.pem", "--tls-key", missing])).toEqual([
      2,
      "postern: the certificate none.pem: no such file\n",
    ]);
  });

  test("say nothing of clients that know no TLS, or not who this is", async () => {
    const words = [site.root, "--port", "0", "--ready", "json", ...flags];
    await using command = new Command(words, {}, folder);
    const { url, port } = await readyOf(command);
    for (const octets of [
      "GET / HTTP/1.1\r\n\r\n",
      "SSH-2.0-Scanner\r\n",
      "\x16\x03\x01\x00\x04\x01\0\0\0",
    ]) {
      const client = await RawClient.connect(port);
      client.send(octets);
      await client.ending();
      client.close();
    }
    const distrusting = fetch(url, { tls: { ca: pemText("other") } });
    expect(await distrusting.catch(() => "refused")).toBe("refused");
    await fetch(`${url}a.txt`, { tls: clientTls });
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.rest()).toEqual([expect.stringContaining(" GET /a.txt 200 ")]);
    expect(await command.stderr).toBe("");
  });
});

describe("a configuration's tls", () => {
  test("names files from its own folder on, and flags win over it", async () => {
    copyFileSync(pemPath("other"), join(folder, "cert.pem"));
    copyFileSync(pemPath("other-key"), join(folder, "key.pem"));
    const tls = { cert: "cert.pem", key: "./key.pem" };
    writeFileSync(join(folder, "tls.json"), JSON.stringify({ port: 0, tls }));
    const words = [site.root, "--config", join(folder, "tls.json"), "--ready", "json"];
    await using command = new Command(words, {}, tmpdir());
    expect(await shownName((await readyOf(command)).port)).toBe("other");
    await using flagged = new Command([...words, ...flags], {}, tmpdir());
    expect(await shownName((await readyOf(flagged)).port)).toBe("localhost");
  });

  test("may be PEM text, or a half to which a flag is the other", async () => {
    const tls = { cert: pemText("other") };
    writeFileSync(join(folder, "half.json"), JSON.stringify({ port: 0, tls }));
    const words = ["--config", "half.json", "--ready", "json"];
    const whole = [site.root, ...words, "--tls-key", pemPath("other-key")];
    await using command = new Command(whole, {}, folder);
    expect(await shownName((await readyOf(command)).port)).toBe("other");
    expect(await complaintOf(words)).toEqual([
      2,
      "postern: half.json: tls: TLS needs a certificate and its key, and there is no key\n",
    ]);
  });

  test("is refused with its key where it is malformed", async () => {
    writeFileSync(join(folder, "bad.json"), '{ "tls": { "cert": 5 } }');
    expect(await complaintOf(["--config", "bad.json"])).toEqual([
      2,
      "postern: bad.json: tls.cert: expected a file's path, got 5\n",
    ]);
  });
});

/** A command with a certificate in a file of this folder, which `renew` writes anew. */
async function listening(
  words: readonly string[],
): Promise<Command & { renew(name: string, keyName: string): void }> {
  const renew = (name: string, keyName: string): void => {
    copyFileSync(pemPath(name), join(folder, "live.pem"));
    copyFileSync(pemPath(keyName), join(folder, "live-key.pem"));
  };
  renew("chain", "key");
  const all = [site.root, "--port", "0", "--ready", "json", ...words];
  const command = new Command(all, {}, folder);
  command.port = (await readyOf(command)).port;
  return Object.assign(command, { renew });
}

function configure(text: string): void {
  writeFileSync(join(folder, "live.json"), text);
}

describe("SIGHUP", () => {
  test("reads the certificate anew, without a configuration too", async () => {
    await using command = await listening(["--tls-cert", "live.pem", "--tls-key", "live-key.pem"]);
    expect(await shownName(command.port)).toBe("localhost");
    command.renew("other", "other-key");
    command.signal("SIGHUP");
    await command.says("postern: the certificate is in force\n");
    expect(await shakeHands(command.port)).toEqual({ name: "other", protocol: "http/1.1" });
    command.renew("chain", "other-key");
    command.signal("SIGHUP");
    await command.says(
      "postern: the certificate is in force\n" +
        "postern: the key live-key.pem is not the key of the certificate live.pem\n",
    );
    expect(await shownName(command.port)).toBe("other");
  });

  test("says that TLS can only be begun or ended by a restart", async () => {
    const tls = '"tls": { "cert": "live.pem", "key": "live-key.pem" }';
    configure(`{ ${tls} }`);
    await using secure = await listening(["--config", "live.json", "--quiet"]);
    configure("{}");
    secure.signal("SIGHUP");
    await secure.says("postern: live.json: tls: needs a restart, until then it is on\n");
    expect(await shownName(secure.port)).toBe("localhost");
    await using clear = await listening(["--config", "live.json", "--quiet"]);
    configure(`{ ${tls} }`);
    clear.signal("SIGHUP");
    await clear.says("postern: live.json: tls: needs a restart, until then it is off\n");
    expect((await fetch(`http://127.0.0.1:${clear.port}/a.txt`)).status).toBe(200);
  });
});

describe("check", () => {
  test("plays against an https:// URL, but for scripts about connections without TLS", async () => {
    const words = [site.root, "--port", "0", "--ready", "json", ...flags];
    await using command = new Command(words, {}, folder);
    const { url } = await readyOf(command);
    const head = "# T\n\n    file a.txt\n    || over TLS\n";
    const send = "    > GET /a.txt HTTP/1.1\n    > Host: a\n    >\n    half-close\n";
    const phase = `\n## P (RFC 9110 §9, must)\n\n${send}    < 200\n    || over TLS\n    closed\n`;
    writeFileSync(join(folder, "plain.wire"), head + phase);
    writeFileSync(join(folder, "clear.wire"), `${head}    cleartext\n${phase}`);
    const scripts = [join(folder, "plain.wire"), join(folder, "clear.wire")];
    await using check = new Command(["check", ...scripts, "--against", url], {}, folder);
    const report = (await check.rest()).join("\n");
    expect(report).toContain("clear.wire: is about connections without TLS");
    expect(report).not.toContain("FAILED");
    expect(await check.status).toBe(0);
  });
});
