import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pemPath, pemText, serverTls } from "../../certificates/certificates.ts";
import { TempSite } from "../../temp-site.ts";
import { shownName } from "../certificate-client.ts";
import { Command } from "../command.ts";
import { ConfigFolder } from "./config-folder.ts";

/** A command in `folder`, which listens. */
async function listening(folder: ConfigFolder, words: readonly string[] = []): Promise<Command> {
  const command = new Command(["--ready", "json", ...words], {}, folder.path);
  const ready = JSON.parse((await command.line()) ?? "null") as { port: number };
  command.port = ready.port;
  return command;
}

describe("the file that counts", () => {
  test.each([
    ["postern.config.ts", 'import { defineConfig } from "postern"; export default defineConfig('],
    ["postern.config.json", ""],
  ])("is the current folder's %s", async (name, before) => {
    using folder = new ConfigFolder();
    folder.write("site/a.txt", "mine");
    const config = JSON.stringify({ root: "site", port: 0, log: "none" });
    folder.write(name, `${before}${config}${before === "" ? "" : ")"}`);
    await using command = await listening(folder);
    expect(await (await fetch(`http://127.0.0.1:${command.port}/a.txt`)).text()).toBe("mine");
  });

  test("is the one that --config names, and its root is beside it", async () => {
    using folder = new ConfigFolder();
    folder.write("postern.config.json", '{ "root": "nowhere" }');
    folder.write("conf/site/a.txt", "theirs");
    folder.write("conf/my.json", '{ "root": "site", "port": 0 }');
    await using command = await listening(folder, ["--config", "conf/my.json"]);
    expect(await (await fetch(`http://127.0.0.1:${command.port}/a.txt`)).text()).toBe("theirs");
  });

  test("is none under --no-config, and what the command line says goes before", async () => {
    using folder = new ConfigFolder();
    folder.write("a.txt", "mine");
    folder.write("postern.config.json", '{ "cache": "soon" }');
    await using without = await listening(folder, ["--no-config", "--port", "0"]);
    expect((await fetch(`http://127.0.0.1:${without.port}/a.txt`)).status).toBe(200);
    folder.write("postern.config.json", '{ "root": "nowhere", "port": 1, "listing": false }');
    await using command = await listening(folder, [".", "--port", "0", "--listing"]);
    expect((await fetch(`http://127.0.0.1:${command.port}/`)).status).toBe(200);
  });

  test("can't be two", async () => {
    using folder = new ConfigFolder();
    folder.write("postern.config.json", "{}");
    folder.write("postern.config.ts", "export default {};");
    await using command = new Command(["--port", "0"], {}, folder.path);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe(
      "postern: postern.config.ts and postern.config.json are both here; --config says which\n",
    );
  });
});

describe("a mistake ends in one line that names the file", () => {
  test.each<readonly [name: string, content: string, status: number, line: string]>([
    [
      "postern.config.json",
      '{"cache":"soon"}',
      2,
      'postern.config.json: cache: expected whole seconds, or a time such as 5m, 1h or 7d, got "soon"',
    ],
    ["postern.config.ts", "const a = ;", 2, "postern.config.ts:1: Unexpected ;"],
    ["postern.config.ts", 'throw new Error("on purpose")', 2, "postern.config.ts: on purpose"],
    [
      "postern.config.json",
      '{"form":"../x.html"}',
      2,
      "postern.config.json: form: the form page must be a file's name, not ../x.html",
    ],
    [
      "postern.config.json",
      '{"limits":{"sendPieceBytes":1}}',
      2,
      "postern.config.json: limits: sendPieceBytes must be at least inlineBytesMax",
    ],
    [
      "postern.config.json",
      '{"root":"/nowhere/at/all"}',
      1,
      "postern.config.json: root: no such folder: /nowhere/at/all",
    ],
  ])("%s: %s", async (name, content, status, line) => {
    using folder = new ConfigFolder();
    folder.write(name, content);
    await using command = new Command(["--port", "0"], {}, folder.path);
    expect(await command.status).toBe(status);
    expect(await command.stderr).toBe(`postern: ${line}\n`);
    expect(await command.rest()).toEqual([]);
  });

  test("unless it was the command line's", async () => {
    using folder = new ConfigFolder();
    folder.write("postern.config.json", '{"form":"a.html"}');
    await using command = new Command(["--form", "../x.html"], {}, folder.path);
    expect(await command.stderr).toBe(
      "postern: the form page must be a file's name, not ../x.html\n",
    );
    await using none = new Command(["--config", "my.json"], {}, folder.path);
    expect(await none.status).toBe(2);
    expect(await none.stderr).toBe("postern: my.json: no such file\n");
  });
});

describe("an option that has no effect without another is refused at start", () => {
  const uploads = "needs --post upload or --put, without which nothing is stored";
  test.each<readonly [words: readonly string[], line: string]>([
    [["--upload-dir", "inbox"], `--upload-dir ${uploads}`],
    [["--upload-mode", "644", "--post", "echo"], `--upload-mode ${uploads}`],
    [["--upload-quota", "10k"], `--upload-quota ${uploads}`],
    [["--trust-uploads"], `--trust-uploads ${uploads}`],
    [["--proxy-protocol"], "--proxy-protocol needs --trust-proxy, which says whose headers count"],
    [["--log-rotate", "1M"], "--log-rotate needs --log-file, which names the file that is rotated"],
  ])("%p", async (words, line) => {
    await using command = new Command([".", "--no-config", "--port", "0", ...words]);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe(`postern: ${line}\n`);
    expect(await command.rest()).toEqual([]);
  });

  const name = "postern.config.json";
  test.each<readonly [file: object, words: readonly string[], line: string]>([
    [
      { uploadMode: 0o644 },
      [],
      `${name}: uploadMode: needs post: "upload" or put: true, without which nothing is stored`,
    ],
    [
      { proxyProtocol: true, trustProxy: [] },
      [],
      `${name}: proxyProtocol: needs trustProxy, which says whose headers count`,
    ],
    [
      { logRotate: "1M" },
      [],
      `${name}: logRotate: needs logFile, which names the file that is rotated`,
    ],
    [{ put: true }, ["--no-put", "--upload-dir", "in"], `--upload-dir ${uploads}`],
  ])("%j with %p", async (file, words, line) => {
    using folder = new ConfigFolder();
    folder.write(name, JSON.stringify(file));
    await using command = new Command(["--port", "0", ...words], {}, folder.path);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe(`postern: ${line}\n`);
  });

  test.each<readonly [file: object, words: readonly string[]]>([
    [{ trustUploads: false }, []],
    [{ uploadMode: 0o644 }, ["--put"]],
    [{ put: true }, ["--upload-mode", "644"]],
    [{ put: true, uploadDir: "none" }, ["--no-put"]],
  ])("%j with %p is not", async (file, words) => {
    using folder = new ConfigFolder();
    folder.write(name, JSON.stringify({ root: ".", port: 0, ...file }));
    await using command = await listening(folder, words);
    expect(command.port).toBeGreaterThan(0);
  });
});

test("a folder of uploads that isn't there is refused by the name of the option", async () => {
  using folder = new ConfigFolder();
  folder.write("a.txt", "a");
  const remedy = "it is named from the root, such as inbox";
  const words = ["--put", "--upload-dir", "inn", "--port", "0"];
  await using command = new Command([...words, "."], {}, folder.path);
  expect(await command.status).toBe(2);
  expect(await command.stderr).toBe(
    `postern: --upload-dir: there is no folder inn below ${folder.path}; ${remedy}\n`,
  );
  folder.write("postern.config.json", '{ "put": true, "uploadDir": "inn" }');
  await using filed = new Command(["--port", "0"], {}, folder.path);
  expect(await filed.stderr).toContain(
    `postern: postern.config.json: uploadDir: there is no folder inn below `,
  );
});

async function portOf(command: Command): Promise<number> {
  return (JSON.parse((await command.line()) ?? "null") as { port: number }).port;
}

describe("a configuration's tls", () => {
  const { cert, key } = serverTls;
  const tlsFlags = ["--tls-cert", cert, "--tls-key", key];
  const site = new TempSite("empty");
  const own = new ConfigFolder();
  const folder = own.path;
  afterAll(() => {
    site[Symbol.dispose]();
    own[Symbol.dispose]();
  });

  /** The one line of a command that does not serve, and its status. */
  async function complaintOf(words: readonly string[]): Promise<readonly [number, string]> {
    await using command = new Command([site.root, "--port", "0", ...words], {}, folder);
    const status = await command.status;
    expect(await command.rest()).toEqual([]);
    return [status, await command.stderr];
  }

  test("names files from its own folder on, and flags win over it", async () => {
    copyFileSync(pemPath("other"), join(folder, "cert.pem"));
    copyFileSync(pemPath("other-key"), join(folder, "key.pem"));
    const tls = { cert: "cert.pem", key: "./key.pem" };
    writeFileSync(join(folder, "tls.json"), JSON.stringify({ port: 0, tls }));
    const words = [site.root, "--config", join(folder, "tls.json"), "--ready", "json"];
    await using command = new Command(words, {}, tmpdir());
    expect(await shownName(await portOf(command))).toBe("other");
    await using flagged = new Command([...words, ...tlsFlags], {}, tmpdir());
    expect(await shownName(await portOf(flagged))).toBe("localhost");
  });

  test("may be PEM text, or a half to which a flag is the other", async () => {
    const tls = { cert: pemText("other") };
    writeFileSync(join(folder, "half.json"), JSON.stringify({ port: 0, tls }));
    const words = ["--config", "half.json", "--ready", "json"];
    const whole = [site.root, ...words, "--tls-key", pemPath("other-key")];
    await using command = new Command(whole, {}, folder);
    expect(await shownName(await portOf(command))).toBe("other");
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
