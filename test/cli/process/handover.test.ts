import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";
import { awaitChildren, awaitEnd, childrenOf } from "../processes.ts";
import { Activated, canActivate } from "./activated.ts";
import { NotifyReceiver, canReceive } from "./notify-receiver.ts";
import { SteadyLoad } from "./steady-load.ts";

const index = join(import.meta.dir, "../../../index.ts");
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
  readonly metrics?: string;
  readonly health?: string;
}

const words = [site.root, "--ready", "json", "--log", "none"];

async function readyOf(command: Command): Promise<Ready> {
  return JSON.parse((await command.line()) ?? "null") as Ready;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** How many requests the process that answers at `url` has counted. */
async function requestsCounted(url: string): Promise<number> {
  const text = await (await fetch(url, { headers: { Connection: "close" } })).text();
  const counted = text.matchAll(/^postern_http_requests_total\{.*\} (\d+)$/gm);
  return Array.from(counted, ([, count]) => Number(count)).reduce((sum, one) => sum + one, 0);
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

  test.each([
    ["one process", []],
    ["two workers", ["--workers", "2"]],
  ] as const)(
    "of %s has metrics and health answer all the time, where they were",
    async (...of) => {
      const beside = ["--metrics", "0", "--health", "localhost:0"];
      await using command = new Command([...words, "--port", "0", ...beside, ...of[1]]);
      const first = await readyOf(command);
      const { port, metrics = "", health = "" } = first;
      const scrapes = new SteadyLoad(portOf(metrics), "/metrics", Infinity, { kept: 2, fresh: 1 });
      const probes = new SteadyLoad(portOf(health), "/readyz", Infinity, { kept: 2, fresh: 1 });
      const pids = [first.pid];
      for (let i = 0; i < generations; i++) {
        const client = await RawClient.connect(port);
        client.send(get("/a.txt").repeat(5));
        await client.responses(5);
        client.close();
        expect(await requestsCounted(metrics)).toBe(5);
        process.kill(pids.at(-1) ?? 0, "SIGUSR2");
        const next = await readyOf(command);
        expect(next).toMatchObject({ port, metrics, health });
        pids.push(next.pid);
        // The one before may still answer on a connection that it has accepted.
        await awaitEnd(pids.slice(0, -1));
        expect(await requestsCounted(metrics)).toBe(0);
      }
      for (const load of [scrapes, probes]) {
        const { answered, failed, reasons } = await load.stop();
        expect([...reasons]).toEqual([]);
        expect(failed).toBe(0);
        expect(answered).toBeGreaterThan(generations * 10);
      }
      await endSuccessor(pids.at(-1) ?? 0);
      expect(await RawClient.connect(portOf(metrics)).catch(() => "refused")).toBe("refused");
      expect(await command.stderr).toMatch(/^(?:postern: (?:metrics|health): .*\n)*$/);
    },
  );

  test("leaves health where it is when the configuration moves metrics and the port", async () => {
    const config = join(folder, "operations.json");
    const write = (more: object): void =>
      fs.writeFileSync(config, JSON.stringify({ host: "127.0.0.1", port: 0, ...more }));
    write({ metrics: 0, health: 0 });
    await using command = new Command([...words, "--config", config]);
    const { pid, port, metrics = "", health = "" } = await readyOf(command);
    expect(portOf(metrics)).toBe(portOf(health));
    write({ host: "localhost", metrics: "localhost:0", health: portOf(health) });
    command.signal("SIGUSR2");
    const next = await readyOf(command);
    await awaitEnd([pid]);
    expect(next.port).not.toBe(port);
    expect(next.health).toBe(health);
    expect(next.metrics).not.toBe(metrics);
    expect((await fetch(`${health}readyz`)).status).toBe(200);
    expect((await fetch(`${health}metrics`)).status).toBe(404);
    expect((await fetch(next.metrics ?? "")).status).toBe(200);
    await endSuccessor(next.pid);
  });

  test("has the old process say that it is ready, and for the last time, on open connections", async () => {
    const beside = ["--metrics", "0", "--health", "0"];
    await using command = new Command([...words, "--port", "0", ...beside]);
    const { pid, port, health = "" } = await readyOf(command);
    const [kept, probe] = [await RawClient.connect(port), await RawClient.connect(portOf(health))];
    for (const [client, path] of [[kept, "/a.txt"] as const, [probe, "/readyz"] as const]) {
      client.send(get(path));
      await client.responses(1);
    }
    command.signal("SIGUSR2");
    const next = await readyOf(command);
    for (let count = 2; !probe.text.includes("\r\nConnection: close\r\n"); count++) {
      probe.send(get("/readyz"));
      await probe.responses(count);
    }
    expect(await probe.ending()).toBe("end");
    expect(probe.statuses.every((status) => status === 200)).toBe(true);
    kept.send(get("/a.txt"));
    await kept.ending();
    await awaitEnd([pid]);
    await endSuccessor(next.pid);
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

  test("gives a new process up that takes too long, which ends by itself", async () => {
    const config = join(folder, "late.json");
    fs.writeFileSync(config, '{ "limits": { "workerAnswerTimeMs": 1 } }');
    await using command = new Command([...words, "--port", "0", "--config", config]);
    const { pid, port } = await readyOf(command);
    command.signal("SIGUSR2");
    await command.says(
      /SIGUSR2: the new process does not serve within 0\.001 s; this one goes on\n$/,
    );
    while (childrenOf(pid).length > 0) await Bun.sleep(1);
    const client = await RawClient.connect(port);
    client.send(get("/a.txt"));
    await client.responses(1);
    expect(client.statuses).toEqual([200]);
    client.close();
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

  test("passes on a Unix socket, whose file stays until the last process ends", async () => {
    const unix = join(folder, "a.sock");
    const config = join(folder, "mode.json");
    fs.writeFileSync(config, '{ "unixMode": 384 }');
    await using command = new Command([...words, "--unix", unix, "--config", config]);
    const pids = [(await readyOf(command)).pid];
    expect(fs.statSync(unix).mode).toBe(0o140600);
    fs.writeFileSync(config, '{ "unixMode": 432 }');
    const { ino } = fs.statSync(unix);
    const load = new SteadyLoad(unix, "/a.txt", requests);
    for (let i = 0; i < generations; i++) {
      process.kill(pids.at(-1) ?? 0, "SIGUSR2");
      pids.push((await readyOf(command)).pid);
    }
    const { answered, failed, reasons } = await load.finish();
    expect([...reasons]).toEqual([]);
    expect([answered, failed]).toEqual([requests, 0]);
    await awaitEnd(pids.slice(0, -1));
    expect(fs.statSync(unix)).toMatchObject({ ino, mode: 0o140660 });
    expect(fs.readdirSync(folder).filter((name) => name.startsWith("a.sock"))).toEqual(["a.sock"]);
    await endSuccessor(pids.at(-1) ?? 0);
    expect(fs.existsSync(unix)).toBe(false);
    expect(await command.stderr).toBe("");
  });

  test("removes the file of a Unix socket when the configuration has another by now", async () => {
    const config = join(folder, "unix.json");
    const [before, after] = [join(folder, "before.sock"), join(folder, "after.sock")];
    fs.writeFileSync(config, JSON.stringify({ unix: before }));
    await using command = new Command([...words, "--config", config]);
    const { pid } = await readyOf(command);
    fs.writeFileSync(config, JSON.stringify({ unix: after }));
    command.signal("SIGUSR2");
    const next = await readyOf(command);
    await awaitEnd([pid]);
    while (fs.existsSync(before)) await Bun.sleep(1);
    expect((await fetch("http://localhost/a.txt", { unix: after })).status).toBe(200);
    await endSuccessor(next.pid);
    expect(fs.existsSync(after)).toBe(false);
  });

  test("has a new process that is told to stop too early answer what it has, and leave the rest", async () => {
    const unix = join(folder, "early.sock");
    using sockets = new Activated(unix);
    const groups = [{ main: [3], redirect: [], removesFile: true }];
    const held = { host: "localhost", port: 0, unix, groups, isManagers: false };
    const serving = Promise.withResolvers<unknown>();
    // The process that it takes over from never lets it go.
    const early = Bun.spawn([process.execPath, "run", index, ...words, "--unix", unix], {
      env: { PATH: process.env["PATH"], POSTERN_SOCKETS: JSON.stringify(held) },
      stdio: ["ignore", "ignore", "inherit", ...sockets.descriptors],
      ipc: serving.resolve,
    });
    expect(await serving.promise).toBe("serving");
    let text = "";
    const responses = (): number => text.split("HTTP/1.1 200 OK").length - 1;
    const kept = await Bun.connect({
      unix,
      socket: { data: (_socket, octets) => void (text += octets.toString()) },
    });
    const ask = async (count: number): Promise<void> => {
      kept.write(get("/a.txt"));
      while (responses() < count || !text.endsWith("\r\n\r\na")) await Bun.sleep(1);
    };
    await ask(1);
    early.kill("SIGTERM");
    // The first of them may come before the signal.
    for (let count = 2; !text.includes("\r\nConnection: close\r\n"); count++) await ask(count);
    kept.end();
    expect(await early.exited).toBe(0);
    expect(fs.existsSync(unix)).toBe(true);
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
