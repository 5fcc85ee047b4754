/**
 * What a start loads. Each module costs a start from sources 0.2 to 0.3 ms, so code that the first
 * answer doesn't need is loaded by its first use. The modules are counted, and no time is taken.
 */

import { describe, expect, test } from "bun:test";
import { join, relative } from "node:path";

import { RawClient } from "../raw-client.ts";
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
async function listedBy(preload: string, request: string): Promise<readonly string[]> {
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

  test("and its first file call no function that the engine has as JavaScript", async () => {
    expect(await listedBy("called-builtins.ts", "GET /MySchedule.html")).toEqual([]);
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
