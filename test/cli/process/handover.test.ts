import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";
import { awaitChildren, awaitEnd } from "../processes.ts";
import { Activated, canActivate } from "./activated.ts";
import { NotifyReceiver, canReceive } from "./notify-receiver.ts";
import { SteadyLoad } from "./steady-load.ts";

const site = new TempSite();
site.file("a.txt", "a");
const size = 20_000_000;
site.file("twenty.bin", new Uint8Array(size).fill(7));
const folder = fs.mkdtempSync(join(tmpdir(), "postern-handover-"));
afterAll(() => {
  site[Symbol.dispose]();
  fs.rmSync(folder, { recursive: true, force: true });
});

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

interface Ready {
  readonly pid: number;
  readonly port: number;
}

const words = [site.root, "--ready", "json", "--log", "none"];

async function readyOf(command: Command): Promise<Ready> {
  return JSON.parse((await command.line()) ?? "null") as Ready;
}

/** Ends the process that has taken over, which `Command` doesn't know. */
async function endSuccessor(pid: number): Promise<void> {
  process.kill(pid, "SIGTERM");
  await awaitEnd([pid]);
}

/** How many processes take over while the load goes on, and how many requests it has. */
const generations = 3;
const requests = 6000;

describe.skipIf(!canActivate)("SIGUSR2 (needs libc)", () => {
  test.each([
    ["one process", []],
    ["two workers", ["--workers", "2"]],
  ] as const)("replaces %s under load, and no request fails", async (_what, more) => {
    await using command = new Command([...words, "--port", "0", ...more]);
    const { pid, port } = await readyOf(command);
    const load = new SteadyLoad(port, "/a.txt", requests);
    const pids = [pid];
    for (let i = 0; i < generations; i++) {
      process.kill(pids.at(-1) ?? 0, "SIGUSR2");
      const next = await readyOf(command);
      expect(next.port).toBe(port);
      pids.push(next.pid);
    }
    const { answered, failed, reasons } = await load.finish();
    expect([...reasons]).toEqual([]);
    expect([answered, failed]).toEqual([requests, 0]);
    expect(new Set(pids).size).toBe(generations + 1);
    await awaitEnd(pids.slice(0, -1));
    await endSuccessor(pids.at(-1) ?? 0);
    expect(await command.stderr).toBe("");
  });

  test("lets a download that has begun go on, and an open connection until a response ends it", async () => {
    await using command = new Command([...words, "--port", "0"]);
    const { pid, port } = await readyOf(command);
    const [download, kept] = [await RawClient.connect(port), await RawClient.connect(port)];
    download.send(get("/twenty.bin"));
    await download.until(() => download.received > 0);
    download.pause();
    kept.send(get("/a.txt"));
    await kept.responses(1);
    command.signal("SIGUSR2");
    const successor = await readyOf(command);
    // The old process answers on its connection until it has heard that there is another one.
    for (let count = 2; !kept.text.includes("\r\nConnection: close\r\n"); count++) {
      kept.send(get("/a.txt"));
      await kept.responses(count);
    }
    expect(await kept.ending()).toBe("end");
    expect(kept.statuses.every((status) => status === 200)).toBe(true);
    download.resume();
    await download.until(() => download.received >= size);
    download.close();
    await awaitEnd([pid]);
    const fresh = await RawClient.connect(port);
    fresh.send(get("/a.txt"));
    await fresh.responses(1);
    expect(fresh.statuses).toEqual([200]);
    fresh.close();
    await endSuccessor(successor.pid);
  });

  test("keeps the old process when the new one can't serve, and says why", async () => {
    const config = join(folder, "broken.json");
    fs.writeFileSync(config, "{}");
    await using command = new Command([...words, "--port", "0", "--config", config]);
    const { port } = await readyOf(command);
    fs.writeFileSync(config, '{ "no such key": 1 }');
    command.signal("SIGUSR2");
    await command.says(/SIGUSR2: the new process ended with status 2; this one goes on\n$/);
    const client = await RawClient.connect(port);
    client.send(get("/a.txt"));
    await client.responses(1);
    client.close();
    fs.writeFileSync(config, "{}");
    command.signal("SIGUSR2");
    await endSuccessor((await readyOf(command)).pid);
  });

  test("leaves no process behind when a stop comes first", async () => {
    await using command = new Command([...words, "--port", "0"]);
    const { pid } = await readyOf(command);
    command.signal("SIGUSR2");
    const [successor = 0] = await awaitChildren(pid, 1);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    await awaitEnd([successor]);
  });

  test("moves to another port when the configuration has one by now", async () => {
    const config = join(folder, "moved.json");
    fs.writeFileSync(config, '{ "host": "127.0.0.1", "port": 0 }');
    await using command = new Command([...words, "--config", config]);
    const { port, pid } = await readyOf(command);
    fs.writeFileSync(config, '{ "host": "localhost", "port": 0 }');
    command.signal("SIGUSR2");
    const next = await readyOf(command);
    expect(next.port).not.toBe(port);
    await awaitEnd([pid]);
    await endSuccessor(next.pid);
  });

  test("leaves the port file to the new process", async () => {
    const file = join(folder, "port");
    await using command = new Command([...words, "--port", "0", "--port-file", file]);
    const { port, pid } = await readyOf(command);
    command.signal("SIGUSR2");
    const next = await readyOf(command);
    await awaitEnd([pid]);
    expect(fs.readFileSync(file, "utf8")).toBe(`${port}\n`);
    await endSuccessor(next.pid);
    expect(fs.existsSync(file)).toBe(false);
  });

  test("is refused on a Unix socket of one's own", async () => {
    await using command = new Command([...words, "--unix", join(folder, "a.sock")]);
    await command.line();
    command.signal("SIGUSR2");
    await command.says(
      "postern: SIGUSR2: a Unix socket can be passed on only if a service manager has given it\n",
    );
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test.skipIf(!canReceive)("tells the service manager who serves now", async () => {
    await using manager = await NotifyReceiver.at(join(folder, "notify.sock"));
    const environment = { NOTIFY_SOCKET: manager.address };
    await using command = new Command([...words, "--port", "0"], environment);
    await readyOf(command);
    expect(await manager.next()).toStartWith("READY=1\n");
    command.signal("SIGUSR2");
    const next = await readyOf(command);
    expect(await manager.next()).toStartWith("RELOADING=1\n");
    expect(await manager.next()).toBe(`READY=1\nMAINPID=${next.pid}`);
    expect(await manager.next()).toStartWith("READY=1\nSTATUS=Listening at ");
    await endSuccessor(next.pid);
    expect(await manager.next()).toStartWith("STOPPING=1\n");
  });
});

describe.skipIf(!canActivate)("a restart with a service manager's socket (needs libc)", () => {
  test.each([
    ["one process", []],
    ["two workers", ["--workers", "2"]],
  ] as const)("of %s loses no request", async (_what, more) => {
    using manager = new Activated("127.0.0.1");
    const start = (): Command => manager.start([...words, ...more]);
    let command = start();
    await command.line();
    const load = new SteadyLoad(manager.port, "/a.txt", requests);
    for (let i = 0; i < generations; i++) {
      command.signal("SIGTERM");
      expect(await command.status).toBe(0);
      expect(await command.stderr).toBe("");
      command = start();
      await command.line();
    }
    const { answered, failed, reasons } = await load.finish();
    expect([...reasons]).toEqual([]);
    expect([answered, failed]).toEqual([requests, 0]);
    await command[Symbol.asyncDispose]();
  });
});
