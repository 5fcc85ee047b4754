import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

import { WorkerOperations } from "../../../src/cli/workers/worker-operations.ts";
import type { MetricFamily } from "../../../src/server/operations/metric-family.ts";
import { single } from "../../../src/server/operations/metric-family.ts";
import { completeOptions } from "../../../src/server/serve-options.ts";
import { SiteClient } from "../../site/site-client.ts";
import { Command } from "../command.ts";
import { awaitChildren, childrenOf } from "../processes.ts";
import { RawClient } from "../../raw-client.ts";
import { readExposition } from "../../server/operations/exposition.ts";
import { WorkerSite, connections, get } from "./worker-site.ts";

const here = new WorkerSite();
afterAll(() => here[Symbol.dispose]());

interface Ready {
  readonly port: number;
  readonly metrics: string;
  readonly health: string;
}

const words = ["--workers", "2", "--port", "0", "--quiet", "--ready", "json", "--no-config"];

async function begin(more: readonly string[]): Promise<Command & { readonly ready: Ready }> {
  const command = new Command([here.root, ...words, ...more]);
  return Object.assign(command, { ready: JSON.parse((await command.line()) ?? "null") as Ready });
}

async function valuesOf({ metrics }: Ready): Promise<ReadonlyMap<string, number>> {
  return readExposition(await (await fetch(metrics)).text()).values;
}

async function readiness({ health }: Ready): Promise<readonly [number, string]> {
  const response = await fetch(new URL("readyz", health));
  return [response.status, await response.text()];
}

const answered = 'postern_http_requests_total{method="GET",code="200"}';

/** Asks for a file on connections that both workers have some of. */
async function ask({ port }: Ready): Promise<readonly RawClient[]> {
  const clients = await connections(port);
  for (const client of clients) client.send(get("/a.txt"));
  await Promise.all(clients.map((client) => client.responses(1)));
  return clients;
}

describe("metrics of workers", () => {
  test("are summed by their supervisor, the gauges, too", async () => {
    await using command = await begin(["--metrics", "0"]);
    const { ready } = command;
    const clients = await ask(ready);
    const values = await valuesOf(ready);
    expect(values.get(answered)).toBe(32);
    expect(values.get("postern_connections_total")).toBe(32);
    expect(values.get("postern_connections_open")).toBe(32);
    expect(values.get("postern_workers")).toBe(2);
    expect(values.get("postern_workers_silent")).toBe(0);
    expect(values.get("postern_ready")).toBe(1);
    for (const client of clients) client.close();
  });

  test("don't fall when a worker ends, and know that it was replaced", async () => {
    await using command = await begin(["--metrics", "0", "--health", "0"]);
    const { ready } = command;
    for (const client of await ask(ready)) client.close();
    expect((await valuesOf(ready)).get(answered)).toBe(32);
    const [killed = 0] = childrenOf(command.pid);
    process.kill(killed, "SIGKILL");
    await awaitChildren(command.pid, 2, [killed]);
    let values = await valuesOf(ready);
    while (values.get("postern_workers") !== 2) values = await valuesOf(ready);
    expect(values.get(answered)).toBe(32);
    expect(values.get("postern_workers_replaced_total")).toBe(1);
    for (const client of await ask(ready)) client.close();
    expect((await valuesOf(ready)).get(answered)).toBe(64);
  });

  test("of a worker that doesn't answer are those from before, and it is counted", async () => {
    await using command = await begin(["--metrics", "0"]);
    const { ready } = command;
    for (const client of await ask(ready)) client.close();
    expect((await valuesOf(ready)).get(answered)).toBe(32);
    const [stopped = 0] = childrenOf(command.pid);
    process.kill(stopped, "SIGSTOP");
    // Three who ask at once wait for one answer.
    const all = await Promise.all([valuesOf(ready), valuesOf(ready), valuesOf(ready)]);
    for (const values of all) {
      expect(values.get("postern_workers_silent")).toBe(1);
      expect(values.get(answered)).toBe(32);
    }
    process.kill(stopped, "SIGCONT");
    let values = await valuesOf(ready);
    while (values.get("postern_workers_silent") !== 0) values = await valuesOf(ready);
    expect(values.get(answered)).toBe(32);
  });
});

/** Counts that a worker tells. */
function told(requests: number, unfinished: number): readonly MetricFamily[] {
  return [
    single("counter", "postern_http_requests_total", "Requests.", requests),
    single("gauge", "postern_connections_open", "Open.", 1),
    { ...single("gauge", "postern_uploads_unfinished", "Unfinished.", unfinished), across: "most" },
  ];
}

/** A worker that answers when a test has it answer. */
function fakeWorker() {
  const asked: ((families: readonly MetricFamily[] | undefined) => void)[] = [];
  const measure = (): Promise<readonly MetricFamily[] | undefined> => {
    const { promise, resolve } = Promise.withResolvers<readonly MetricFamily[] | undefined>();
    asked.push(resolve);
    return promise;
  };
  return { measure, asked };
}

/** The operations of workers that tell what a test has them tell. */
async function summing() {
  const { opened: site } = new SiteClient(here.root);
  const operations = new WorkerOperations(completeOptions({ metrics: 0 }), site);
  const [one, other] = [fakeWorker(), fakeWorker()];
  const listening = [one, other];
  operations.begin(() => ({ listening: [...listening], haveListened: true, replaced: 0, site }));
  /** What a scrape tells, when the workers answer as `answer` has them. */
  const scrape = async (answer: () => void): Promise<ReadonlyMap<string, number>> => {
    const count = other.asked.length + one.asked.length;
    const scraped = fetch(operations.urls.metricsUrl ?? "");
    while (one.asked.length + other.asked.length === count) await Bun.sleep(1);
    answer();
    return readExposition(await (await scraped).text()).values;
  };
  return { operations, one, other, listening, scrape };
}

describe("the sum of workers", () => {
  test("has what each has counted, once, whenever one of them ends", async () => {
    const { operations, one, other, listening, scrape } = await summing();
    const requests = "postern_http_requests_total";
    const both = (): void => {
      one.asked.pop()?.(told(10, 3));
      other.asked.pop()?.(told(5, 3));
    };
    let values = await scrape(both);
    expect(values.get(requests)).toBe(15);
    expect(values.get("postern_connections_open")).toBe(2);
    expect(values.get("postern_uploads_unfinished")).toBe(3);
    // One doesn't answer in time: its counts stand, and what it had open is unknown.
    values = await scrape(() => {
      one.asked.pop()?.(undefined);
      other.asked.pop()?.(told(5, 3));
    });
    expect(values.get(requests)).toBe(15);
    expect(values.get("postern_connections_open")).toBe(1);
    expect(values.get("postern_workers_silent")).toBe(1);
    // One ends without an answer while the other is asked.
    values = await scrape(() => {
      one.asked.pop()?.(undefined);
      operations.ended(one);
      listening.shift();
      other.asked.pop()?.(told(6, 2));
    });
    expect(values.get(requests)).toBe(16);
    expect(values.get("postern_connections_open")).toBe(1);
    expect(values.get("postern_workers_silent")).toBe(0);
    values = await scrape(() => other.asked.pop()?.(told(7, 2)));
    expect(values.get(requests)).toBe(17);
    expect(values.get("postern_uploads_unfinished")).toBe(2);
    await operations.close();
  });

  test("has the counts of one that answers and ends before the other answers", async () => {
    const { operations, one, other, listening, scrape } = await summing();
    const values = await scrape(() => {
      one.asked.pop()?.(told(10, 0));
      setTimeout(() => {
        operations.ended(one);
        listening.shift();
        other.asked.pop()?.(told(5, 0));
      }, 1);
    });
    expect(values.get("postern_http_requests_total")).toBe(15);
    await operations.close();
  });
});

/** The lines of the file at the path `name`. */
function lines(name: string): string[] {
  return readFileSync(name, "utf8")
    .split("\n")
    .filter((line) => line !== "");
}

describe("the log of workers", () => {
  test("is one file, rotated and opened again by the supervisor, and is measured", async () => {
    const log = join(here.folder, "measured.log");
    await using command = await begin([
      "--metrics",
      "0",
      "--log-file",
      log,
      "--log",
      "common",
      "--log-rotate",
      "4kx9",
    ]);
    const { ready } = command;
    const written = async (count: number): Promise<ReadonlyMap<string, number>> => {
      for (;;) {
        const values = await valuesOf(ready);
        if (values.get("postern_log_file_lines_total") === count) return values;
      }
    };
    // Each line has about 80 octets, so that 128 of them are more than two files.
    for (let i = 0; i < 4; i++) for (const client of await ask(ready)) client.close();
    let values = await written(128);
    const rotations = values.get("postern_log_file_rotations_total") ?? 0;
    expect(rotations).toBeGreaterThanOrEqual(1);
    const files = [log, ...Array.from({ length: rotations }, (_, i) => `${log}.${i + 1}`)];
    for (const file of files) expect(statSync(file).size).toBeLessThanOrEqual(4096);
    const all = files.flatMap(lines);
    expect(all).toHaveLength(128);
    for (const line of all) expect(line).toMatch(/ "GET \/a\.txt HTTP\/1\.1" 200 1$/);
    expect(values.get("postern_log_file_written_bytes_total")).toBe(
      files.reduce((sum, file) => sum + statSync(file).size, 0),
    );
    // Another program moves the file away, and all processes get the signal.
    renameSync(log, `${log}.moved`);
    for (const pid of [...childrenOf(command.pid), command.pid]) process.kill(pid, "SIGUSR1");
    while (!existsSync(log)) await Bun.sleep(5);
    for (const client of await ask(ready)) client.close();
    values = await written(160);
    expect(lines(log)).toHaveLength(32);
    // A worker that is replaced writes on, and no count falls.
    const [killed = 0] = childrenOf(command.pid);
    process.kill(killed, "SIGKILL");
    await awaitChildren(command.pid, 2, [killed]);
    while (values.get("postern_workers") !== 2) values = await valuesOf(ready);
    for (const client of await ask(ready)) client.close();
    values = await written(192);
    expect(values.get('postern_log_queued_bytes{destination="file"}')).toBe(0);
    expect(values.get('postern_log_queued_bytes{destination="supervisor"}')).toBe(0);
    expect(values.get('postern_log_lines_dropped_total{destination="file"}')).toBe(0);
    expect(values.get('postern_log_file_failures_total{operation="rotate"}')).toBe(0);
    command.signal("SIGTERM");
    expect(await command.status).toBe(0);
  });
});

describe("health of workers", () => {
  test("is ready when all listen, and not once they stop", async () => {
    await using command = await begin(["--health", "0", "--drain", "60"]);
    const { ready } = command;
    expect(await readiness(ready)).toEqual([200, "ready\n"]);
    command.signal("SIGTERM");
    let [status, text] = await readiness(ready);
    while (status === 200) [status, text] = await readiness(ready);
    expect([status, text]).toEqual([503, "not ready: it is stopping\n"]);
    // The port is still open for those who haven't heard of it.
    for (const client of await ask(ready)) client.close();
    command.signal("SIGTERM");
    expect(await command.status).toBe(1);
  });

  test("a port that is taken is told before any worker starts", async () => {
    await using command = await begin([]);
    const { ready } = command;
    const taken = new URL(`http://localhost:${ready.port}/`).port;
    await using other = new Command([here.root, ...words, "--health", `localhost:${taken}`]);
    expect(await other.status).toBe(1);
    expect(await other.stderr).toBe(`postern: --health: port ${taken} on localhost is in use\n`);
  });
});
