import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { refuseServedLog } from "../../../src/cli/logging/file-log.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";
import { childrenOf } from "../processes.ts";

// Processes that start at one time take a busy machine longer than the 5 s of `bun test`.
setDefaultTimeout(60_000);

const place = new TempSite("empty");
afterAll(() => place[Symbol.dispose]());
const root = join(place.root, "site");
place.file("site/index.html", "<title>Index</title>");

let folders = 0;

/** The path of a log in a folder of its own. */
function freshLog(): string {
  const folder = join(place.root, `log${folders++}`);
  mkdirSync(folder);
  return join(folder, "access.log");
}

async function open(...words: readonly string[]): Promise<Command> {
  const command = new Command([root, "--port", "0", "--no-config", ...words]);
  const line = await command.line();
  command.port = Number(/:(\d+)\//.exec(line ?? "")?.[1]);
  return command;
}

async function ask({ port }: Command, path: string): Promise<void> {
  await (await fetch(`http://localhost:${port}${path}`)).arrayBuffer();
}

/** Waits until the file at `path` has text that matches. */
async function has(path: string, what: RegExp): Promise<void> {
  const giveUpMs = performance.now() + 20_000;
  const text = (): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
  while (!what.test(text())) {
    if (performance.now() > giveUpMs) throw new Error(`${path} has ${JSON.stringify(text())}`);
    await Bun.sleep(2);
  }
}

describe.each([
  ["one process", []],
  ["workers", ["--workers", "2"]],
] as const)("a log in a file, of %s", (_, words) => {
  test("has dates and addresses, and all lines at a stop", async () => {
    const log = freshLog();
    await using command = await open("--log-file", log, "--log-rotate", "1M", ...words);
    for (let i = 0; i < 20; i++) await ask(command, `/?${i}`);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(20);
    const asked = lines.map((line) => Number(/"GET \/\?(\d+) HTTP\/1.1" 200 /.exec(line)?.[1]));
    expect(asked.toSorted((a, b) => a - b)).toEqual([...Array(20).keys()]);
    expect(lines[0]).toMatch(/^(127\.0\.0\.1|::1) - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:/);
    expect(await command.rest()).toEqual([]);
    expect(await command.stderr).toBe("");
  });

  test("is opened again on SIGUSR1, which workers may get as well", async () => {
    const log = freshLog();
    await using command = await open("--log-file", log, "--log", "json", ...words);
    await ask(command, "/?one");
    await has(log, /one/);
    renameSync(log, `${log}.1`);
    await ask(command, "/?two");
    await has(`${log}.1`, /two/);
    writeFileSync(log, "");
    for (const pid of [...childrenOf(command.pid), command.pid]) process.kill(pid, "SIGUSR1");
    await Bun.sleep(100);
    await ask(command, "/?three");
    await has(log, /three/);
    expect(readFileSync(`${log}.1`, "utf8")).not.toContain("three");
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test("is rotated in whole lines, and no more files are kept than was said", async () => {
    const log = freshLog();
    await using command = await open("--log-file", log, "--log-rotate", "4kx2", ...words);
    const count = 200;
    for (let i = 0; i < count; i++) await ask(command, `/?${i}`);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    const texts = [`${log}.2`, `${log}.1`, log].map((path) => readFileSync(path, "utf8"));
    for (const text of texts) {
      expect(text.length).toBeLessThanOrEqual(4096);
      expect(text).toEndWith("\n");
    }
    const asked = [...texts.join("").matchAll(/GET \/\?(\d+) /g)].map(([, number]) =>
      Number(number),
    );
    expect(asked.length).toBeGreaterThan(40);
    // With one process the lines are in their order, and none is missing at the end.
    if (words.length === 0) {
      expect(asked).toEqual([...Array(count).keys()].slice(count - asked.length));
    }
    expect(existsSync(`${log}.3`)).toBe(false);
  });
});

test("--quiet prints nothing, and the file has its lines", async () => {
  const log = freshLog();
  const ready = join(place.root, "port");
  const flags = ["--port", "0", "--no-config", "--quiet", "--log-file", log, "--port-file", ready];
  await using command = new Command([root, ...flags]);
  await has(ready, /\d/);
  command.port = Number(readFileSync(ready, "utf8"));
  await ask(command, "/?quiet");
  await has(log, /quiet/);
  command.signal("SIGTERM");
  expect(await command.rest()).toEqual([]);
});

function refused(at: string, config: Parameters<typeof refuseServedLog>[1]): boolean {
  try {
    refuseServedLog(at, config);
    return false;
  } catch {
    return true;
  }
}

describe("a log that is below a served folder", () => {
  const served = join(root, "logs/access.log");

  test.each([
    [["--log-file", served], "is in a folder that is served"],
    [["--log-file", "/nowhere/a.log"], "can't be opened: there is no such folder"],
    [
      ["--log-rotate", "10M"],
      "--log-rotate needs --log-file, which names the file that is rotated",
    ],
  ])("keeps the server from starting, and so does %p", async (words, why) => {
    await using command = new Command([root, "--port", "0", "--no-config", ...words]);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toContain(why);
  });

  test("is refused for the root, for mounts, for a single file, and through links", () => {
    symlinkSync("site", join(place.root, "alias"));
    expect(refused(join(root, "access.log"), { root })).toBe(true);
    expect(refused(join(place.root, "alias/access.log"), { root })).toBe(true);
    expect(refused(join(root, "access.log"), { mounts: { "/a": root } })).toBe(true);
    expect(refused(join(root, "index.html"), { root: join(root, "index.html") })).toBe(true);
    expect(refused(join(place.root, "access.log"), { root })).toBe(false);
    expect(refused(join(place.root, "site.log"), { root })).toBe(false);
    expect(refused(join(root, ".access.log"), { root })).toBe(false);
    expect(refused(join(root, ".logs/access.log"), { root })).toBe(false);
    expect(refused(join(root, ".access.log"), { root, hidden: true })).toBe(true);
    expect(refused(join(root, ".well-known/access.log"), { root })).toBe(true);
  });
});

test("a reload that would serve the log's folder is refused", async () => {
  const log = freshLog();
  const config = join(place.root, "postern.config.json");
  writeFileSync(config, JSON.stringify({ root: "site", port: 0, logFile: log }));
  await using command = new Command(["--config", config]);
  await command.line();
  writeFileSync(config, JSON.stringify({ root: ".", port: 0, logFile: log }));
  command.signal("SIGHUP");
  await command.says(/logFile: the log .* is in a folder that is served/);
});
