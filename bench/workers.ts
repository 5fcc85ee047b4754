/**
 * Compares two worker processes with one: requests per second, and how evenly the kernel
 * distributes connections. On two cores, which the generator shares, the rate can't double. For a
 * small file, which costs the generator as much as the server, it doesn't rise at all. A listing
 * costs the server ten times as much, and so shows the effect of the second worker.
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

import type { Exchange } from "./cases.ts";
import { caseNamed } from "./cases.ts";
import { processTree } from "./cpu.ts";
import { openIdle } from "./idle.ts";
import type { Sample } from "./generator.ts";
import type { Row } from "./measures.ts";
import { failedRow } from "./measures.ts";
import type { Probe } from "./probe.ts";
import type { FoundPeer } from "./peers.ts";
import type { Server } from "./server.ts";
import type { SiteFile } from "./site.ts";
import { writeFiles } from "./site.ts";
import type { Stage } from "./stage.ts";
import { startPeer } from "./stage.ts";

/** Enough for the shares of a random distribution to stay between 45 and 55 per cent. */
const CONNECTIONS = 1000;
const asked = caseNamed("1k");
const listed = Array.from({ length: 300 }, (_, index): SiteFile => {
  return { path: `listed/${index}.txt`, bytes: 100 };
});

/** The requests, by measure. */
const races: readonly {
  readonly measure: "rate" | "listings";
  readonly exchanges: readonly Exchange[];
}[] = [
  { measure: "rate", exchanges: asked.exchanges },
  {
    measure: "listings",
    exchanges: [
      {
        request: "GET /listed/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        status: 200,
        body: { kind: "any" },
      },
    ],
  },
];

export const workers: Probe = {
  name: "workers",
  title: "two workers",
  servers: ["postern"],
  run: compare,
};

async function compare(found: readonly FoundPeer[], stage: Stage): Promise<readonly Row[]> {
  const entries = found.flatMap((each) => [1, 2].map((count) => ({ found: each, count })));
  const servers: Server[] = [];
  try {
    writeFiles(stage.root, listed);
    for (const { found: peer, count } of entries) {
      servers.push(await startPeer(peer, { asked, setup: { workers: count } }, stage));
    }
    const rates = await race(servers, stage);
    const rows: Row[] = [];
    for (const [index, entry] of entries.entries()) {
      const share = entry.count === 1 ? {} : { share: [await smallerShare(servers[index])] };
      const outcome = { kind: "measured", figures: { ...rates[index], ...share } } as const;
      rows.push({ case: "workers", server: nameFor(entry), outcome });
    }
    return rows;
  } catch (error) {
    return entries.map((entry) => failedRow("workers", nameFor(entry), error));
  } finally {
    for (const server of servers) await server.stop();
  }
}

function nameFor({ found, count }: { found: FoundPeer; count: number }): string {
  return count === 1 ? found.peer.name : `${found.peer.name}, ${count} workers`;
}

async function race(servers: readonly Server[], stage: Stage) {
  const figures = servers.map(() => ({
    cpu: [] as number[],
    rate: [] as number[],
    listings: [] as number[],
  }));
  const { rounds } = stage;
  for (let round = 0; round < rounds; round++) {
    stage.report(`workers: round ${round + 1} of ${rounds}`);
    for (const { measure, exchanges } of races) {
      for (const [index, server] of servers.entries()) {
        const sample = await runOnce(server, exchanges, stage);
        const taken = figures[index];
        if (measure === "rate") taken?.cpu.push(sample.cpuMicrosecondsPerRequest);
        taken?.[measure].push(sample.requestsPerSecond);
      }
    }
  }
  return figures;
}

async function runOnce(
  { port, pid }: Server,
  exchanges: readonly Exchange[],
  { generator, root, connections, seconds }: Stage,
): Promise<Sample> {
  const milliseconds = seconds * 1000;
  const requests = Number.MAX_SAFE_INTEGER;
  const { pipelineDepth } = asked;
  await generator.open({ port, tls: false, root, connections, exchanges, pipelineDepth });
  await generator.run(pid, { requests, milliseconds: milliseconds / 5 }, milliseconds);
  return await generator.run(pid, { requests, milliseconds }, milliseconds);
}

/** The smaller of the two workers' shares of many connections, in per cent. */
async function smallerShare(server: Server | undefined): Promise<number> {
  if (server === undefined) throw new Error("didn't start");
  const sockets = await openIdle(server, CONNECTIONS, asked.exchanges[0]?.request ?? "");
  try {
    const counts = connectionsByProcess(server);
    const sum = counts.reduce((all, each) => all + each, 0);
    if (counts.length < 2 || sum < CONNECTIONS) {
      throw new Error(`${sum} connections in ${counts.length} processes`);
    }
    return (Math.min(...counts) / sum) * 100;
  } finally {
    for (const socket of sockets) socket.terminate();
  }
}

/** The number of connections to the port that each process of a server holds, without zeros. */
function connectionsByProcess({ pid: root, port }: Server): readonly number[] {
  const inodes = new Set(establishedInodes(readFileSync("/proc/net/tcp", "latin1"), port));
  return processTree(root)
    .map(({ pid }) => socketsOf(pid).filter((inode) => inodes.has(inode)).length)
    .filter((count) => count > 0);
}

/** The inodes of connections with local port `port`, from /proc/net/tcp (proc_net_tcp(5)). */
export function establishedInodes(table: string, port: number): readonly string[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(local) && fields[3] === "01")
    .map((fields) => fields[9] ?? "");
}

function socketsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return []; // The descriptor was closed meanwhile.
    }
  });
}
