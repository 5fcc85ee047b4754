import { afterAll, describe, expect, test } from "bun:test";

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
