import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pemPath } from "../certificates/certificates.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { shakeHands, shownName } from "./certificate-client.ts";
import { Command } from "./command.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "postern-reload-")));
const site = new TempSite("empty");
site.file("a.txt", "a");
site.file(".secret.txt", "hidden");
const size = 20_000_000;
site.file("twenty.bin", new Uint8Array(size).fill(7));
afterAll(() => {
  site[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** A command under the configuration `text`, by a file of its own in the shared folder. */
async function listening(
  name: string,
  text: string,
  words: readonly string[] = [],
): Promise<Command & { configure(changed: string): void }> {
  writeFileSync(join(folder, name), text);
  const all = [site.root, "--config", name, "--ready", "json", ...words];
  const command = new Command(all, {}, folder);
  const ready = JSON.parse((await command.line()) ?? "null") as { port: number };
  command.port = ready.port;
  const configure = (changed: string): void => {
    writeFileSync(join(folder, name), changed);
    command.signal("SIGHUP");
  };
  return Object.assign(command, { configure });
}

/** A configuration that is a program. */
function program(hidden: boolean): string {
  return `
    import { defineConfig } from "postern";
    const hidden: boolean = ${hidden};
    export default defineConfig({ port: 0, hidden });`;
}

describe("SIGHUP", () => {
  test("brings a new configuration into force, on open connections too", async () => {
    await using command = await listening("a.json", '{ "port": 0 }');
    const client = await RawClient.connect(command.port);
    client.send(get("/.secret.txt"));
    await client.responses(1);
    command.configure('{ "port": 0, "hidden": true }');
    await command.says("postern: a.json is in force\n");
    client.send(get("/.secret.txt"));
    await client.responses(2);
    command.configure('{ "port": 0 }');
    await command.says("postern: a.json is in force\n".repeat(2));
    client.send(get("/.secret.txt"));
    await client.responses(3);
    expect(client.statuses).toEqual([404, 200, 404]);
    client.close();
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test("reads a TypeScript file anew", async () => {
    await using command = await listening("b.ts", program(false));
    const url = `http://127.0.0.1:${command.port}/.secret.txt`;
    expect((await fetch(url)).status).toBe(404);
    command.configure(program(true));
    await command.says("postern: b.ts is in force\n");
    expect((await fetch(url)).status).toBe(200);
  });

  test("refuses a bad one, says so in a line, and goes on under the old", async () => {
    await using command = await listening("c.json", '{ "port": 0, "hidden": true }');
    const url = `http://127.0.0.1:${command.port}/.secret.txt`;
    let said = "";
    for (const [text, line] of [
      [
        '{ "cache": "soon" }',
        'c.json: cache: expected whole seconds, or a time such as 5m, 1h or 7d, got "soon"',
      ],
      ["{", "c.json: malformed JSON: Expected '}'"],
      ['{ "form": "../x" }', "c.json: form: the form page must be a file's name, not ../x"],
      [
        '{ "limits": { "sendPieceBytes": 1 } }',
        "c.json: limits: sendPieceBytes must be at least inlineBytesMax",
      ],
    ] as const) {
      command.configure(text);
      said += `postern: ${line}\n`;
      await command.says(said);
      expect((await fetch(url)).status).toBe(200);
    }
    rmSync(join(folder, "c.json"));
    command.signal("SIGHUP");
    said += "postern: c.json: no such file\n";
    await command.says(said);
    expect((await fetch(url)).status).toBe(200);
  });

  test("lets a download in flight come to its end", async () => {
    await using command = await listening("d.json", '{ "port": 0 }');
    const client = await RawClient.connect(command.port);
    client.send(get("/twenty.bin"));
    await client.until(() => client.received > 0);
    client.pause();
    command.configure('{ "port": 0, "cache": 60, "limits": { "writeTimeMs": 1 } }');
    await command.says("postern: d.json is in force\n");
    client.resume();
    await client.until(() => client.received >= size);
    expect(client.received).toBe(client.text.indexOf("\r\n\r\n") + 4 + size);
    client.close();
  });

  test("says of the port and the host that they need a restart", async () => {
    await using command = await listening("e.json", '{ "port": 0 }', ["--host", "127.0.0.1"]);
    const { port } = command;
    command.configure('{ "port": 1, "host": "::1", "hidden": true, "quiet": true }');
    await command.says(`postern: e.json: port: needs a restart, until then it is ${port}\n`);
    expect((await fetch(`http://127.0.0.1:${port}/.secret.txt`)).status).toBe(200);
  });

  test("leaves what the command line said as it is", async () => {
    await using command = await listening("f.json", '{ "port": 0 }', ["--hidden", "--quiet"]);
    const { port } = command;
    command.configure('{ "port": 0, "hidden": false, "symlinks": "some" }');
    const expected = 'expected one of "inside", "follow", "deny", got "some"';
    await command.says(`postern: f.json: symlinks: ${expected}\n`);
    command.configure('{ "port": 5, "hidden": false }');
    const needs = `postern: f.json: port: needs a restart, until then it is ${port}\n`;
    await command.says(`postern: f.json: symlinks: ${expected}\n${needs}`);
    expect((await fetch(`http://127.0.0.1:${port}/.secret.txt`)).status).toBe(200);
  });

  test("many times in a row ends with the last one in force", async () => {
    await using command = await listening("g.ts", program(false), ["--quiet"]);
    const url = `http://127.0.0.1:${command.port}/.secret.txt`;
    for (let i = 0; i < 20; i++) command.configure(program(i % 2 === 0));
    command.configure(program(true));
    while ((await fetch(url)).status !== 200) await Bun.sleep(2);
    await Bun.sleep(50);
    expect((await fetch(url)).status).toBe(200);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test("doesn't wait for a pipe, which may have no writer any more", async () => {
    await using command = await listening("i.json", '{ "port": 0, "hidden": true }');
    const url = `http://127.0.0.1:${command.port}/.secret.txt`;
    rmSync(join(folder, "i.json"));
    expect(Bun.spawnSync(["mkfifo", join(folder, "i.json")]).exitCode).toBe(0);
    command.signal("SIGHUP");
    const line = "postern: i.json: not a regular file, which is read at the start only\n";
    await command.says(line);
    expect((await fetch(url)).status).toBe(200);
    rmSync(join(folder, "i.json"));
    command.configure('{ "port": 0 }');
    await command.says(`${line}postern: i.json is in force\n`);
    expect((await fetch(url)).status).toBe(404);
  });

  test("doesn't wait for a pipe that the configuration names", async () => {
    await using command = await listening("j.json", '{ "port": 0 }');
    expect(Bun.spawnSync(["mkfifo", join(folder, "users")]).exitCode).toBe(0);
    const why = "not a regular file, which is read at the start only";
    const line = `postern: ${folder}/users: ${why}\n`;
    command.configure('{ "port": 0, "auth": { "file": "users" } }');
    await command.says(line);
    expect((await fetch(`http://127.0.0.1:${command.port}/a.txt`)).status).toBe(200);
    command.configure('{ "port": 0, "faults": "users" }');
    await command.says(line.repeat(2));
    expect((await fetch(`http://127.0.0.1:${command.port}/a.txt`)).status).toBe(200);
  });

  test("doesn't wait for the pipe of <(…) that the start has read", async () => {
    const command = `exec "$0" "$1" "$2" --config <(echo '{ "port": 0 }') --ready json`;
    const index = join(import.meta.dir, "../../index.ts");
    const words = ["bash", "-c", command, process.execPath, index, site.root];
    const child = Bun.spawn(words, { stdio: ["ignore", "pipe", "pipe"] });
    try {
      const reader = child.stdout.getReader();
      const ready = new TextDecoder().decode((await reader.read()).value);
      const { port } = JSON.parse(ready) as { port: number };
      child.kill("SIGHUP");
      const said = new TextDecoder().decode((await child.stderr.getReader().read()).value);
      const why = "not a regular file, which is read at the start only";
      expect(said).toMatch(new RegExp(`^postern: /dev/fd/\\d+: ${why}\n$`));
      expect((await fetch(`http://127.0.0.1:${port}/a.txt`)).status).toBe(200);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  });

  test("without a configuration finds one that was made since, or says that there is none", async () => {
    using place = new TempSite("empty");
    const command = new Command([site.root, "--port", "0", "--ready", "json"], {}, place.root);
    await using _ = command;
    command.port = (JSON.parse((await command.line()) ?? "null") as { port: number }).port;
    command.signal("SIGHUP");
    await command.says(
      "postern: SIGHUP: there is no configuration, nor another file to read again\n",
    );
    const client = await RawClient.connect(command.port);
    client.send(get("/.secret.txt"));
    await client.responses(1);
    writeFileSync(place.at("postern.config.json"), '{ "hidden": true }');
    command.signal("SIGHUP");
    await command.says(/^postern: postern\.config\.json is in force$/m);
    client.send(get("/.secret.txt"));
    await client.responses(2);
    expect(client.text).toMatch(/^HTTP\/1\.1 404 [^]*HTTP\/1\.1 200 /);
    client.close();
  });

  test("says nothing with --quiet where there is nothing to read again", async () => {
    const words = [site.root, "--port", "0", "--no-config", "--ready", "json", "--quiet"];
    await using command = new Command(words, {}, folder);
    await command.line();
    command.signal("SIGHUP");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test.each([
    ["with a configuration", ["--config", "h.json"], "postern: h.json is in force"],
    ["without one", ["--no-config", "--port", "0"], "postern: SIGHUP: there is no configuration"],
  ])("from a terminal that is gone ends a server %s, and otherwise not", async (_, words, says) => {
    writeFileSync(join(folder, "h.json"), '{ "port": 0 }');
    const index = join(import.meta.dir, "../../index.ts");
    let shown = "";
    const child = Bun.spawn([process.execPath, index, site.root, ...words], {
      cwd: folder,
      terminal: { data: (_terminal, octets) => (shown += new TextDecoder().decode(octets)) },
    });
    while (!shown.includes("Listening")) await Bun.sleep(2);
    child.kill("SIGHUP");
    while (!shown.includes(says)) await Bun.sleep(2);
    child.terminal?.close();
    expect(await child.exited).toBe(0);
  });
});

/** A command with a certificate in a file of this folder, which `renew` writes anew. */
async function secured(
  words: readonly string[],
): Promise<Command & { renew(name: string, keyName: string): void }> {
  const renew = (name: string, keyName: string): void => {
    copyFileSync(pemPath(name), join(folder, "live.pem"));
    copyFileSync(pemPath(keyName), join(folder, "live-key.pem"));
  };
  renew("chain", "key");
  const all = [site.root, "--port", "0", "--ready", "json", ...words];
  const command = new Command(all, {}, folder);
  command.port = (JSON.parse((await command.line()) ?? "null") as { port: number }).port;
  return Object.assign(command, { renew });
}

function configureTls(text: string): void {
  writeFileSync(join(folder, "live.json"), text);
}

describe("SIGHUP under TLS", () => {
  test("reads the certificate anew, without a configuration too", async () => {
    await using command = await secured(["--tls-cert", "live.pem", "--tls-key", "live-key.pem"]);
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
    configureTls(`{ ${tls} }`);
    await using secure = await secured(["--config", "live.json", "--quiet"]);
    configureTls("{}");
    secure.signal("SIGHUP");
    await secure.says("postern: live.json: tls: needs a restart, until then it is on\n");
    expect(await shownName(secure.port)).toBe("localhost");
    await using clear = await secured(["--config", "live.json", "--quiet"]);
    configureTls(`{ ${tls} }`);
    clear.signal("SIGHUP");
    await clear.says("postern: live.json: tls: needs a restart, until then it is off\n");
    expect((await fetch(`http://127.0.0.1:${clear.port}/a.txt`)).status).toBe(200);
  });
});
