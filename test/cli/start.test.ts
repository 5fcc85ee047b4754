/**
 * What a start loads. Each module costs a start from sources 0.2 to 0.3 ms, so code that the first
 * answer doesn't need is loaded by its first use. The modules are counted, and no time is taken.
 */

import { describe, expect, test } from "bun:test";
import { chmodSync, closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { join, relative } from "node:path";

import { serverTls } from "../certificates/certificates.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

const root = join(import.meta.dir, "../..");

/** How many modules of this project a start and one answer may load. */
const modulesMax = 115;

/** What few servers need before their first answer, or at all. */
const seldomUsed = [
  /^src\/check\//,
  /^src\/cli\/(?:record|workers)\//,
  /^src\/cli\/(?:check-command|ready-report|reload)\.ts$/,
  /^src\/cli\/config\/(?:config-file|config-worker|read-config)\.ts$/,
  /^src\/cli\/options\/(?:flag-list|given-words|unknown-option)\.ts$/,
  /^src\/cli\/terminal\//,
  /^src\/http\/multipart\.ts$/,
  /^src\/http1\/chunked\.ts$/,
  /^src\/server\/connection\/(?:file-sender|stream)\.ts$/,
  /^src\/server\/(?:live-text|machine-addresses|recording\/.*|unix-socket)\.ts$/,
  /^src\/server\/tls\//,
  /^src\/site\/listing\//,
  /^src\/site\/forms\//,
  /^src\/site\/hints\//,
  /^src\/site\/live\//,
  /^src\/site\/library\/(?:fetch-response|route-request)\.ts$/,
  /^src\/site\/pages\/markup\.ts$/,
  /^src\/site\/rules\//,
  /^src\/site\/variants\/(?!compressible)/,
  /^src\/system\/plain-calls\.ts$/,
  /^src\/site\/open-mounts\.ts$/,
  /^src\/tree\/(?:listing|memory|mounts|watching)\//,
  /^src\/tree\/disk\/single-file\.ts$/,
];

/** What `preload`, a file beside this one, lists after a server has answered `request`. */
async function listedBy(
  preload: string,
  request: string,
  words: readonly string[] = [],
): Promise<readonly string[]> {
  const listed = Promise.withResolvers<readonly string[]>();
  await using server = Bun.spawn(
    [
      process.execPath,
      "--preload",
      join(import.meta.dir, preload),
      "index.ts",
      "fixtures/site",
      "--port",
      "0",
      ...words,
    ],
    {
      cwd: root,
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"] },
      stdout: "pipe",
      ipc: (lines) => listed.resolve(lines as readonly string[]),
    },
  );
  let printed = "";
  for await (const octets of server.stdout) {
    printed += new TextDecoder().decode(octets);
    if (printed.endsWith("\n")) break;
  }
  const { port } = new URL(/http:\S+/.exec(printed)?.[0] ?? "");
  const client = await RawClient.connect(Number(port));
  client.send(`${request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await client.ending();
  expect(client.text).toStartWith("HTTP/1.1 200 ");
  server.send("list");
  // Awaited here, since the server is stopped when this returns.
  return await listed.promise;
}

/** The modules that a server of the sample site has loaded after it has answered `request`. */
async function loadedBy(request: string): Promise<readonly string[]> {
  const paths = await listedBy("loaded-modules.ts", request);
  return paths.map((path) => relative(root, path)).filter((path) => !path.startsWith("test/"));
}

describe("a start of the command", () => {
  test("and its first file load few modules, and none that are seldom used", async () => {
    const loaded = await loadedBy("GET /MySchedule.html");
    expect(loaded).toContain("src/site/content/tree-content.ts");
    expect(loaded.filter((path) => seldomUsed.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(loaded.length).toBeLessThanOrEqual(modulesMax);
  });

  test("and its first file call no function that the engine has as JavaScript, nor a pattern", async () => {
    const words = ["--host", "127.0.0.1", "--log", "none"];
    const calls = await listedBy("called-builtins.ts", "GET /MySchedule.html", words);
    // Its two patterns check the fields of each response, faster than code does.
    const builder = "src/http/message/response-builder.ts";
    expect(calls.filter((call) => !call.includes(builder))).toEqual([]);
  });

  test("loads listings with the first listing", async () => {
    const loaded = await loadedBy("GET /img/");
    expect(loaded).toContain("src/site/listing/listing-page.ts");
    expect(loaded).toContain("src/tree/listing/list-folder.ts");
  });

  test("collects no garbage before its first answer", async () => {
    const words = ["fixtures/site", "--no-config", "--port", "0", "--ready", "json"];
    // Without the collections that Bun makes by the clock, if a start takes long.
    const environment = { BUN_JSC_logGC: "1", BUN_GC_TIMER_DISABLE: "1" };
    await using command = new Command(words, environment, root, join(root, "bin/postern.js"));
    const { port } = JSON.parse((await command.line()) ?? "") as { readonly port: number };
    const client = await RawClient.connect(port);
    client.send("GET /MySchedule.html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await client.ending();
    expect(client.text).toStartWith("HTTP/1.1 200 ");
    command.signal("SIGKILL");
    const log = await command.stderr;
    expect(log).toContain("[GC<");
    expect(log).not.toContain("FullCollection");
  });
});

/** Writes `octets` to the FIFO `path` once it has a reader, and calls `first` before that. */
async function write(path: string, octets: Uint8Array, first?: () => void): Promise<void> {
  for (;;) {
    try {
      const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      first?.();
      writeSync(descriptor, octets);
      return closeSync(descriptor);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENXIO")) throw error;
      await Bun.sleep(2);
    }
  }
}

describe("a signal that comes", () => {
  test("before the server listens is obeyed when it does", async () => {
    using site = new TempSite("empty");
    site.file("a.txt", "a");
    using place = new TempSite("empty");
    const fifo = place.at("cert");
    expect(Bun.spawnSync(["mkfifo", fifo]).exitCode).toBe(0);
    const words = [site.root, "--no-config", "--port", "0", "--ready", "json"];
    await using command = new Command([...words, "--tls-cert", fifo, "--tls-key", serverTls.key]);
    // The start waits for the certificate, and the process that takes over does so again.
    await write(fifo, readFileSync(serverTls.cert), () => {
      for (const name of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) command.signal(name);
    });
    const { pid } = JSON.parse((await command.line()) ?? "") as { readonly pid: number };
    expect(pid).toBe(command.pid);
    await write(fifo, readFileSync(serverTls.cert));
    const next = JSON.parse((await command.line()) ?? "") as { readonly pid: number };
    expect(next.pid).not.toBe(command.pid);
    expect(await command.status).toBe(0);
    process.kill(next.pid, "SIGTERM");
    const lines = (await command.stderr).split("\n").toSorted();
    expect(lines).toEqual(
      [
        "",
        "postern: SIGUSR1: there is no file of a log to open again (--log-file)",
        `postern: ${fifo}: not a regular file, which is read at the start only`,
      ].toSorted(),
    );
  });

  test("before the program runs is ignored, SIGHUP if a service manager may send it", async () => {
    using place = new TempSite("empty");
    place.file("bun", '#!/bin/sh\nfor one in $SIGNALS; do kill -s "$one" $$; done\necho runs\n');
    chmodSync(place.at("bun"), 0o755);
    const run = (signals: string, environment: Record<string, string> = {}): string | number => {
      const env = { PATH: `${place.root}:/usr/bin:/bin`, SIGNALS: signals, ...environment };
      const { stdout, signalCode } = Bun.spawnSync([join(root, "bin/postern.js")], { env });
      return signalCode ?? stdout.toString();
    };
    expect(run("USR1 USR2")).toBe("runs\n");
    expect(run("HUP")).toBe("SIGHUP");
    expect(run("HUP", { NOTIFY_SOCKET: "/nowhere" })).toBe("runs\n");
  });

  test("later for a server with nothing to read or open again is answered by a line", async () => {
    const words = ["fixtures/site", "--no-config", "--port", "0", "--ready", "json"];
    await using command = new Command(words, {}, root);
    const { port } = JSON.parse((await command.line()) ?? "") as { readonly port: number };
    command.signal("SIGHUP");
    await command.says(
      "postern: SIGHUP: there is no configuration, nor another file to read again\n",
    );
    command.signal("SIGUSR1");
    await command.says(
      /^postern: SIGUSR1: there is no file of a log to open again \(--log-file\)$/m,
    );
    expect((await fetch(`http://127.0.0.1:${port}/MySchedule.html`)).status).toBe(200);
  });
});
