/**
 * `bun bench/store-costs.ts [SECONDS] [ROUNDS]`: what a request costs a server over an object store,
 * in CPU time and memory: a miss, an answer that the store confirms, and one that is fresh. The store
 * is a server of its own, in memory, that answers all keys `NNNNN.txt` with the same 1 KB; its CPU
 * time isn't counted. The client is `cheap-client.c`. Linux.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Taken } from "./cheap-client.ts";
import { CheapClient, medians } from "./cheap-client.ts";
import { describeMachine } from "./machine.ts";

if (process.argv[2] === "store") {
  const fields = { ETag: '"one"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT" };
  const body = "s".repeat(1024);
  const store = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ headers }) =>
      headers.get("If-None-Match") === fields.ETag
        ? new Response(null, { status: 304, headers: fields })
        : new Response(body, { headers: fields }),
  });
  process.stdout.write(`${store.port}\n`);
} else {
  await measure(Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 5));
}

/** A child process, and the port in the line that it prints first. */
async function start(words: readonly string[], environment: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, ...words], {
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  const port = Number(/\d+/.exec(new TextDecoder().decode(value))?.[0]);
  return { child, port, pid: child.pid };
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function measure(seconds: number, rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "postern-store-costs-"));
  const store = await start([import.meta.path, "store"]);
  const environment = { S3_ENDPOINT: `http://127.0.0.1:${store.port}` };
  const program = join(import.meta.dir, "../index.ts");
  const serve = async (fresh: number): ReturnType<typeof start> =>
    await start(
      [program, "s3://site", "--port=0", "--quiet", "--ready=json", `--store-fresh=${fresh}`],
      environment,
    );
  const servers = [await serve(0), await serve(3600)] as const;
  const [asking, fresh] = servers;
  const keys = Array.from({ length: 99_999 }, (_, i) => `/${String(i).padStart(5, "0")}.txt`);
  const load = (from: number, to: number) => ({
    paths: keys.slice(from, to),
    connections: 64,
    depth: 1,
  });
  const known = load(0, 1000);
  try {
    const client = new CheapClient(folder);
    const { processor, cores, kernel, date, load: busy } = describeMachine();
    const machine = `${processor}, ${cores} cores, ${kernel}, load ${busy.toFixed(1)}`;
    process.stdout.write(`${date}, ${machine}\n`);
    for (const server of servers) await client.take(server, known, 3000);
    const rows: Record<string, Taken[]> = { miss: [], confirmed: [], fresh: [] };
    for (let round = 0; round < rounds; round++) {
      const from = 1000 + round * 15_000;
      rows["miss"]?.push(await client.take(fresh, load(from, from + 15_000), seconds * 1000));
      rows["confirmed"]?.push(await client.take(asking, known, seconds * 1000));
      rows["fresh"]?.push(await client.take(fresh, known, seconds * 1000));
    }
    for (const [name, taken] of Object.entries(rows)) {
      process.stdout.write(`${name}: ${JSON.stringify(medians(taken))}\n`);
    }
    const most = Math.max(...(rows["miss"] ?? []).map(({ requests }) => requests));
    process.stdout.write(`misses in a round: ${most} of 15000 keys; more would be hits\n`);
    process.stdout.write(
      `memory: ${servers.map(({ pid }) => residentMegabytes(pid).toFixed(0)).join(", ")} MB\n`,
    );
  } finally {
    for (const { child } of [store, ...servers]) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}
