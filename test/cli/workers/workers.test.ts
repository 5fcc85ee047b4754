import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { pemPath } from "../../certificates/certificates.ts";
import { RawClient } from "../../raw-client.ts";
import { DataHome } from "../../data-home.ts";
import { shownName, shownNumber } from "../certificate-client.ts";
import { Command } from "../command.ts";
import { awaitChildren, awaitEnd, childrenOf, socketsOf } from "../processes.ts";
import {
  WorkerSite,
  closeAll,
  connections,
  ended,
  get,
  isOpen,
  patient,
  size,
} from "./worker-site.ts";

const here = new WorkerSite();
const { folder } = here;
afterAll(() => here[Symbol.dispose]());

/** What each client gets as its answer number `count`. */
async function statuses(clients: readonly RawClient[], path: string, count = 1): Promise<number[]> {
  for (const client of clients) client.send(get(path));
  await Promise.all(clients.map((client) => client.responses(count)));
  return clients.map((client) => client.statuses.at(-1) ?? 0);
}

/** Each another one, up to 8000 octets long. */
function longTarget(i: number): string {
  return `/${i}?${"x".repeat((i * 397) % 8000)}`;
}

const all = (status: number, count = 32): number[] => Array.from({ length: count }, () => status);

describe("--workers 2", () => {
  test("says once that it listens, when all do, and in the supervisor's name", async () => {
    await using command = new Command([here.root, "--port", "0", "--workers", "2"]);
    const url = /^Server started\. Listening at (http:\/\/localhost:\d+\/)$/;
    const port = Number(new URL(url.exec((await command.line()) ?? "")?.[1] ?? "").port);
    expect(childrenOf(command.pid)).toHaveLength(2);
    const clients = await connections(port);
    expect(await statuses(clients, "/a.txt")).toEqual(all(200));
    closeAll(clients);
    command.signal("SIGTERM");
    const lines = await command.rest();
    expect(lines).toHaveLength(32);
    for (const line of lines) expect(line).toMatch(/ GET \/a\.txt 200 /);
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });

  test("says so as JSON, with the supervisor's process", async () => {
    const words = [here.root, "--port", "0", "--workers", "2", "--ready", "json", "--quiet"];
    await using command = new Command(words);
    const line = (await command.line()) ?? "";
    const { port } = JSON.parse(line) as { port: number };
    const url = `http://localhost:${port}/`;
    const { pid } = command;
    expect(line).toBe(
      JSON.stringify({ event: "ready", url, host: "localhost", port, pid, root: here.root }),
    );
    command.signal("SIGTERM");
    expect(await command.rest()).toEqual([]);
    expect(await command.status).toBe(0);
  });

  test("listens on both addresses of localhost, with all workers", async () => {
    await using one = new Command([here.root, "--port", "0", "--ready", "json"]);
    const { port } = JSON.parse((await one.line()) ?? "") as { port: number };
    const hasIpv6 = await RawClient.connect(port, "::1").then(
      (client) => (client.close(), true),
      () => false,
    );
    await using command = await here.listening();
    for (const address of hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]) {
      const clients = await Promise.all(
        Array.from({ length: 32 }, () => RawClient.connect(command.port, address)),
      );
      expect(await statuses(clients, "/a.txt")).toEqual(all(200));
      closeAll(clients);
    }
  });

  test.skipIf(process.platform !== "linux")(
    "have 40 to 60 % of the connections each (needs Linux)",
    async () => {
      await using command = await here.listening(["--log", "none"]);
      const workers = childrenOf(command.pid);
      const before = workers.map(socketsOf);
      const count = 600;
      const clients = await connections(command.port, count);
      expect(await statuses(clients, "/a.txt")).toEqual(all(200, count));
      const shares = workers.map((pid, i) => socketsOf(pid) - (before[i] ?? 0));
      expect(shares.reduce((sum, share) => sum + share)).toBe(count);
      // By chance one in a million is outside: five standard deviations.
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(count * 0.4);
      closeAll(clients);
    },
  );
});

describe("the port of workers", () => {
  test("is held for the server, even while there is no worker", async () => {
    const limits = { workerIntervalMs: 600_000, workerSteadyTimeMs: 600_000 };
    await using command = await here.configured("a.json", { limits });
    const { port } = command;
    const taken = async (): Promise<void> => {
      for (const words of [[], ["--workers", "2"]]) {
        const port2 = ["--port", String(port)];
        await using other = new Command([here.root, ...port2, ...words]);
        expect(await other.status).toBe(1);
        expect(await other.stderr).toBe(`postern: port ${port} on localhost is in use\n`);
        expect(await other.rest()).toEqual([]);
      }
    };
    await taken();
    const workers = childrenOf(command.pid);
    for (const worker of workers) process.kill(worker, "SIGKILL");
    await awaitEnd(workers);
    await command.says(/(another takes its place\n[^]*){2}/);
    if (process.platform === "linux") await taken();
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test("is free again when they have stopped", async () => {
    await using command = await here.listening();
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    await using next = new Command([here.root, "--port", String(command.port), "--workers", "2"]);
    expect(await next.line()).toEndWith(`http://localhost:${command.port}/`);
  });

  test("that another process has is not shared", async () => {
    await using one = new Command([here.root, "--port", "0", "--ready", "json"]);
    const { port } = JSON.parse((await one.line()) ?? "") as { port: number };
    await using command = new Command([here.root, "--port", String(port), "--workers", "2"]);
    expect(await command.status).toBe(1);
    expect(await command.stderr).toBe(`postern: port ${port} on localhost is in use\n`);
    expect(await command.rest()).toEqual([]);
  });

  test("is the next free one where none was asked for, however many start at once", async () => {
    const words = [[], ["--workers", "2"], ["--workers", "2"], ["--workers", "2"]];
    const commands = words.map((more) => new Command([here.root, ...more]));
    const ports = await Promise.all(
      commands.map(async (command) => Number(/:(\d+)\/$/.exec((await command.line()) ?? "")?.[1])),
    );
    expect(new Set(ports).size).toBe(words.length);
    for (const [i, command] of commands.entries()) {
      const port = ports[i] ?? 0;
      expect(port).toBeGreaterThanOrEqual(9001);
      command.signal("SIGTERM");
      expect(await command.status).toBe(0);
      const said = port === 9001 ? "" : `postern: port 9001 is in use, so this is ${port}\n`;
      expect(await command.stderr).toBe(said);
    }
  });
});

describe("what can't be served ends in one line, whatever the number of workers", () => {
  test.each<readonly [words: string[], status: number, line: string]>([
    [["/nowhere/at/all"], 1, "no such folder: /nowhere/at/all"],
    [[".", "--port", "0", "--host", "192.0.2.77"], 1, "no such address here: 192.0.2.77"],
    [[".", "--form", "../x.html"], 2, "the form page must be a file's name, not ../x.html"],
  ])("%p", async (words, status, line) => {
    await using command = new Command([...words, "--workers", "2"]);
    expect(await command.status).toBe(status);
    expect(await command.stderr).toBe(`postern: ${line}\n`);
    expect(await command.rest()).toEqual([]);
  });

  test("and so do too many workers", async () => {
    await using command = new Command([here.root, "--workers", "65"]);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe("postern: workers must be at most 64, not 65\n");
    const config = { workers: 3, limits: { workersMax: 2 } };
    here.write("many.json", JSON.stringify(config));
    await using other = new Command([here.root, "--config", "many.json"], {}, folder);
    expect(await other.status).toBe(2);
    const line = "postern: many.json: workers: workers must be at most 2, not 3\n";
    expect(await other.stderr).toBe(line);
  });
});

describe("the number of workers", () => {
  test("1 is one process, and so is none", async () => {
    for (const words of [["--workers", "1"], []]) {
      await using command = new Command([here.root, "--port", "0", ...words]);
      await command.line();
      expect(childrenOf(command.pid)).toEqual([]);
    }
  });

  test("auto is one for each core", async () => {
    await using command = new Command([here.root, "--port", "0", "--workers", "auto"]);
    await command.line();
    const cores = availableParallelism();
    expect(childrenOf(command.pid)).toHaveLength(cores === 1 ? 0 : Math.min(cores, 64));
  });

  test("may stand in a configuration", async () => {
    here.write("three.json", JSON.stringify({ workers: 3, port: 0 }));
    await using command = new Command([here.root, "--config", "three.json"], {}, folder);
    await command.line();
    expect(childrenOf(command.pid)).toHaveLength(3);
  });
});

describe("the access log", () => {
  test("is one, of whole lines, however long they are", async () => {
    await using command = await here.listening(["--log", "json"]);
    const count = 400;
    const clients = await connections(command.port, count);
    for (const [i, client] of clients.entries()) {
      // Control characters and quotes are made longer still.
      const agent = `User-Agent: ${'"'.repeat((i * 131) % 9000)}\r\n`;
      client.send(`GET ${longTarget(i)} HTTP/1.1\r\nHost: localhost\r\n${agent}\r\n`);
    }
    await Promise.all(clients.map((client) => client.responses(1)));
    closeAll(clients);
    command.signal("SIGTERM");
    const lines = await command.rest();
    const logged = lines.map((line) => (JSON.parse(line) as { target: string }).target);
    const sent = Array.from({ length: count }, (_, i) => longTarget(i));
    // Not `toEqual`: it would show megabytes.
    expect(logged.length).toBe(count);
    expect(logged.toSorted().join() === sent.toSorted().join()).toBe(true);
    expect(Math.max(...lines.map((line) => line.length))).toBeGreaterThan(3 * 4096);
    expect(await command.status).toBe(0);
  });

  test("needs no reader: the workers outlive a reader", async () => {
    await using command = await here.listening(["--log", "short"]);
    await command.stopReading();
    for (let i = 0; i < 5; i++) {
      const clients = await connections(command.port);
      expect(await statuses(clients, "/a.txt")).toEqual(all(200));
      closeAll(clients);
    }
    expect(childrenOf(command.pid)).toHaveLength(2);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
    expect(await command.stderr).toBe("");
  });
});

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  test("lets all workers finish what is in flight, and log it, and exits 0", async () => {
    await using command = await here.configured("patient.json", patient, ["--log", "json"]);
    const clients = await connections(command.port, 8);
    for (const client of clients) {
      client.send(get("/twenty.bin"));
      await client.until(() => client.received > 0);
      client.pause();
    }
    command.signal(signal);
    while (await isOpen(command.port)) await Bun.sleep(1);
    for (const client of clients) client.resume();
    for (const client of clients) {
      await client.until(() => client.received >= size);
      client.shut();
      expect(await client.ending()).toBe("end");
      expect(client.received).toBe(client.text.indexOf("\r\n\r\n") + 4 + size);
      client.close();
    }
    expect(await command.status).toBe(0);
    const logged = (await command.rest()).map((line) => JSON.parse(line) as object);
    expect(logged).toHaveLength(clients.length);
    for (const line of logged) expect(line).toMatchObject({ bytes: size, whole: true });
    expect(await command.stderr).toBe("");
  });

  test("ends all at once the second time", async () => {
    await using command = await here.listening();
    const workers = childrenOf(command.pid);
    const clients = await connections(command.port, 8);
    for (const client of clients) {
      client.send(get("/twenty.bin"));
      await client.until(() => client.received > 0);
      client.pause();
    }
    command.signal(signal);
    while (await isOpen(command.port)) await Bun.sleep(1);
    command.signal(signal);
    expect(await command.status).toBe(1);
    await awaitEnd(workers);
    for (const client of clients) client.abort();
  });
});

/** Puts a certificate and a key where a command reads them. */
function renew(name: string, keyName: string): void {
  copyFileSync(pemPath(name), join(folder, "live.pem"));
  copyFileSync(pemPath(keyName), join(folder, "live-key.pem"));
}

describe("a worker that dies", () => {
  test("is replaced, and said; the other's connections go on", async () => {
    await using command = await here.listening();
    const workers = childrenOf(command.pid);
    const [first = 0, second = 0] = workers;
    const clients = await connections(command.port);
    expect(await statuses(clients, "/a.txt")).toEqual(all(200));
    process.kill(first, "SIGKILL");
    await command.says(ended(1, first, "was killed by SIGKILL"));
    const now = await awaitChildren(command.pid, 1, workers);
    expect(now).toContain(second);
    const after = await connections(command.port);
    expect(await statuses(after, "/a.txt")).toEqual(all(200));
    closeAll(after);
    const outcomes = await Promise.all(
      clients.map((client) => {
        client.send(get("/a.txt"));
        return client.responses(2).then(
          () => "answered",
          () => "ended",
        );
      }),
    );
    expect(new Set(outcomes)).toEqual(new Set(["answered", "ended"]));
    closeAll(clients);
    process.kill(second, "SIGSEGV");
    await command.says(new RegExp(`\\(process ${second}\\) was killed by SIGSEGV; another`));
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test("again and again ends all, with exit status 1 and the reason", async () => {
    const limits = { workerIntervalMs: 5, workerSteadyTimeMs: 600_000, workerFailuresMax: 2 };
    await using command = await here.configured("b.json", { limits });
    const [steady = 0, ...rest] = childrenOf(command.pid);
    let [victim = 0] = rest;
    let said = "";
    for (let i = 0; i < 2; i++) {
      process.kill(victim, "SIGKILL");
      said += ended(2, victim, "was killed by SIGKILL");
      await command.says(said);
      const children = await awaitChildren(command.pid, 1, [steady, victim]);
      victim = children.find((child) => child !== steady) ?? 0;
    }
    process.kill(victim, "SIGKILL");
    expect(await command.status).toBe(1);
    expect(await command.stderr).toBe(
      `${said}postern: worker 2 (process ${victim}) was killed by SIGKILL\n` +
        "postern: worker 2 ended 3 times in a row within 600 s of its start; giving up\n",
    );
    await awaitEnd([steady]);
  });

  test("is replaced by one under the configuration that is in force", async () => {
    const limits = { workerIntervalMs: 5 };
    await using command = await here.configured("c.json", { limits });
    command.configure({ limits, hidden: true });
    await command.says("postern: c.json is in force\n");
    // Configuration that is written and not yet in force has no effect.
    here.write("c.json", "{");
    const workers = childrenOf(command.pid);
    for (const worker of workers) process.kill(worker, "SIGKILL");
    await awaitChildren(command.pid, 2, workers);
    while (!(await isOpen(command.port))) await Bun.sleep(2);
    const clients = await connections(command.port, 8);
    expect(await statuses(clients, "/.secret.txt")).toEqual(all(200, 8));
    closeAll(clients);
  });
});

describe("SIGHUP", () => {
  test("brings a new configuration into force in all workers, on open connections too", async () => {
    await using command = await here.configured("e.json", {});
    const clients = await connections(command.port);
    expect(await statuses(clients, "/.secret.txt")).toEqual(all(404));
    command.configure({ hidden: true });
    await command.says("postern: e.json is in force\n");
    expect(await statuses(clients, "/.secret.txt", 2)).toEqual(all(200));
    command.configure({});
    await command.says("postern: e.json is in force\n".repeat(2));
    expect(await statuses(clients, "/.secret.txt", 3)).toEqual(all(404));
    closeAll(clients);
  });

  test("with a bad one is refused once, and the old goes on in all", async () => {
    await using command = await here.configured("f.json", { hidden: true });
    let said = "";
    for (const [config, line] of [
      [
        { cache: "soon" },
        'cache: expected whole seconds, or a time such as 5m, 1h or 7d, got "soon"',
      ],
      [{ form: "../x" }, "form: the form page must be a file's name, not ../x"],
      [{ limits: { sendPieceBytes: 1 } }, "limits: sendPieceBytes must be at least inlineBytesMax"],
    ] as const) {
      command.configure(config);
      said += `postern: f.json: ${line}\n`;
      await command.says(said);
      const clients = await connections(command.port);
      expect(await statuses(clients, "/.secret.txt")).toEqual(all(200));
      closeAll(clients);
    }
    expect(childrenOf(command.pid)).toHaveLength(2);
  });

  test("brings a new certificate into force in all workers, unless it is no good", async () => {
    renew("chain", "key");
    await using command = await here.listening([
      "--tls-cert",
      "live.pem",
      "--tls-key",
      "live-key.pem",
    ]);
    const shown = async (): Promise<Set<unknown>> =>
      new Set(await Promise.all(Array.from({ length: 32 }, () => shownName(command.port))));
    expect(await shown()).toEqual(new Set(["localhost"]));
    renew("other", "other-key");
    command.signal("SIGHUP");
    let said = "postern: the certificate is in force\n";
    await command.says(said);
    expect(await shown()).toEqual(new Set(["other"]));
    renew("chain", "other-key");
    command.signal("SIGHUP");
    said += "postern: the key live-key.pem is not the key of the certificate live.pem\n";
    await command.says(said);
    expect(await shown()).toEqual(new Set(["other"]));
    // One that comes later has what the others have.
    const workers = childrenOf(command.pid);
    for (const worker of workers) process.kill(worker, "SIGKILL");
    await awaitChildren(command.pid, 2, workers);
    while (!(await isOpen(command.port))) await Bun.sleep(2);
    expect(await shown()).toEqual(new Set(["other"]));
  });

  test("has a port beside it that redirects to https, in all workers", async () => {
    renew("chain", "key");
    const pair = ["--tls-cert", "live.pem", "--tls-key", "live-key.pem"];
    const words = ["--workers", "2", "--port", "0", "--ready", "json", ...pair];
    const redirect = ["--tls-redirect", "0"];
    await using command = new Command([here.root, ...words, ...redirect], {}, folder);
    const ready = JSON.parse((await command.line()) ?? "null") as Record<string, number>;
    const locations = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const url = `http://localhost:${ready["tlsRedirect"]}/a?b`;
        const response = await fetch(url, { redirect: "manual", keepalive: false });
        return response.headers.get("location");
      }),
    );
    expect(new Set(locations)).toEqual(new Set([`https://localhost:${ready["port"]}/a?b`]));
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });

  test("presents one certificate of --tls in all workers, which SIGHUP renews", async () => {
    using home = new DataHome();
    const words = ["--workers", "2", "--port", "0", "--ready", "json", "--tls"];
    const environment = { XDG_DATA_HOME: home.path };
    await using command = new Command([here.root, ...words], environment, folder);
    const { port } = JSON.parse((await command.line()) ?? "null") as { port: number };
    const shown = async (): Promise<Set<string>> =>
      new Set(await Promise.all(Array.from({ length: 16 }, () => shownNumber(port))));
    const [first, ...others] = await shown();
    expect([first === undefined, others]).toEqual([false, []]);
    rmSync(home.at("server.pem"));
    command.signal("SIGHUP");
    await command.says(/the certificate is in force/);
    const [second, ...rest] = await shown();
    expect([second === first, rest]).toEqual([false, []]);
  });

  test("renews one of --tls by itself, in all workers", async () => {
    using home = new DataHome();
    const limits = { certificateLookTimeMs: 50 };
    here.write("look.json", JSON.stringify({ workers: 2, port: 0, tls: true, limits }));
    const words = ["--config", "look.json", "--ready", "json"];
    const environment = { XDG_DATA_HOME: home.path };
    await using command = new Command([here.root, ...words], environment, folder);
    const { port } = JSON.parse((await command.line()) ?? "null") as { port: number };
    const first = await shownNumber(port);
    rmSync(home.at("server.pem"));
    const shown = async (): Promise<Set<string>> =>
      new Set(await Promise.all(Array.from({ length: 16 }, () => shownNumber(port))));
    // Two that look at the same time may each make one, of which the later look takes the last.
    let numbers = await shown();
    while (numbers.has(first) || numbers.size > 1) numbers = await shown();
    expect(numbers.size).toBe(1);
  });

  test("says of the number of workers that it needs a restart", async () => {
    here.write("g.json", JSON.stringify({ workers: 2, port: 0 }));
    await using command = new Command([here.root, "--config", "g.json"], {}, folder);
    await command.line();
    here.write("g.json", JSON.stringify({ workers: 3, port: 0 }));
    command.signal("SIGHUP");
    const needs = "postern: g.json: workers: needs a restart, until then it is 2\n";
    await command.says(`postern: g.json is in force\n${needs}`);
    expect(childrenOf(command.pid)).toHaveLength(2);
  });
});
