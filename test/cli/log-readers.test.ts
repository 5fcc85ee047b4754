/**
 * Readers of the access log that read slowly, no more, or never: requests go on, and memory has a
 * bound. What the log would take without one is many times what the process may grow by.
 */

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

import { TempSite } from "../temp-site.ts";

// Thousands of requests take a busy machine longer than the 5 s of `bun test`.
setDefaultTimeout(120_000);

const index = join(import.meta.dir, "../../index.ts");
const site = new TempSite("empty");
site.file("index.html", "<title>Index</title>");
afterAll(() => site[Symbol.dispose]());

const command = [process.execPath, index, site.root, "--port", "0", "--no-config"];
const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1" };

/** Octets of a target, and so about those of a line. */
const lineBytes = 7000;
const requests = 40_000;
/** The log is 267 MiB in all; the queue may have 8 of them, and the rest is for requests. */
const growthBytesMax = 96 * 2 ** 20;

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Makes `count` requests on one connection, some at a time; resolves with the answers' count. */
async function ask(port: number, count: number): Promise<number> {
  const atOnce = 100;
  const text = `HEAD /?${"x".repeat(lineBytes)} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(atOnce);
  const socket = connect(port, "127.0.0.1");
  let answers = 0;
  let rest = "";
  socket.setEncoding("latin1");
  socket.write(text);
  for await (const octets of socket) {
    const parts = `${rest}${String(octets)}`.split("HTTP/1.1 200 ");
    answers += parts.length - 1;
    // The beginning of a status line may be cut off.
    rest = parts.at(-1)?.slice(-12) ?? "";
    if (answers >= count) break;
    if (answers % atOnce === 0 && parts.length > 1) socket.write(text);
  }
  socket.destroy();
  return answers;
}

const warmUp = 5000;

/** Says whether all requests of a server are answered, and whether it has grown beyond its bound. */
async function outlives(pid: number, port: number): Promise<void> {
  await ask(port, warmUp);
  const before = residentBytes(pid);
  expect(await ask(port, requests)).toBe(requests);
  expect(residentBytes(pid) - before).toBeLessThan(growthBytesMax);
}

function portIn(text: string): number {
  return Number(/http:\/\/[^ ]*?:(\d+)/.exec(text)?.[1]);
}

/** The server with its standard output in a pipe, of which the first line has been read. */
async function inPipe(): Promise<{
  child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  port: number;
  stopReading: () => Promise<void>;
}> {
  const child = Bun.spawn(command, { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  return {
    child,
    port: portIn(new TextDecoder().decode(value)),
    stopReading: () => reader.cancel(),
  };
}

describe.skipIf(process.platform !== "linux")("requests go on", () => {
  test("with a pipe that is never read, and what was dropped is told of", async () => {
    const { child, port } = await inPipe();
    await outlives(child.pid, port);
    child.kill("SIGTERM");
    const said = await child.stderr.text();
    expect(said).toMatch(/^(postern: \d+ lines of the access log were dropped: .*\n)+$/);
    const dropped = [...said.matchAll(/\d+/g)].reduce((sum, [count]) => sum + Number(count), 0);
    // What a reader of Bun, the pipe and the write that waits have taken isn't dropped.
    expect(dropped).toBeGreaterThan((requests + warmUp) * 0.9);
    expect(dropped).toBeLessThanOrEqual(requests + warmUp);
  });

  test("into a file on a full disk, and what was dropped is told of", async () => {
    const portFile = join(site.root, ".port");
    const full = openSync("/dev/full", "w");
    const words = [...command, "--port-file", portFile];
    await using child = Bun.spawn(words, { env, stdin: "ignore", stdout: full, stderr: "pipe" });
    closeSync(full);
    while (!existsSync(portFile)) await Bun.sleep(5);
    await outlives(child.pid, Number(readFileSync(portFile, "utf8")));
    child.kill("SIGTERM");
    const said = await child.stderr.text();
    expect(said).toMatch(/^(postern: \d+ lines .*: no space is left on its disk\n)+$/);
    const dropped = [...said.matchAll(/\d+/g)].reduce((sum, [count]) => sum + Number(count), 0);
    // With the line that says where it listens.
    expect(dropped).toBe(requests + warmUp + 1);
    expect(await child.exited).toBe(0);
  });

  test("with a reader that is gone, of which nothing is said: postern | head -1", async () => {
    const { child, port, stopReading } = await inPipe();
    await stopReading();
    await outlives(child.pid, port);
    child.kill("SIGTERM");
    expect(await child.stderr.text()).toBe("");
    expect(await child.exited).toBe(0);
  });

  test("on a terminal that is stopped with Ctrl-S, and Ctrl-Q shows what was queued", async () => {
    let shown = "";
    const child = Bun.spawn(command, {
      env: { ...env, TERM: "xterm" },
      terminal: { data: (_terminal, octets) => void (shown += new TextDecoder().decode(octets)) },
    });
    const until = async (what: RegExp): Promise<void> => {
      const giveUpMs = performance.now() + 60_000;
      while (!what.test(shown)) {
        if (performance.now() > giveUpMs) throw new Error(shown.slice(-500));
        await Bun.sleep(5);
      }
    };
    await until(/http:\S+/);
    const port = portIn(shown);
    child.terminal?.write("\x13");
    await Bun.sleep(100);
    const before = shown.length;
    await outlives(child.pid, port);
    expect(shown.length).toBe(before);
    child.terminal?.write("\x11");
    await until(/HEAD \/\?x{7000} 200/);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    child.terminal?.close();
  });
});
