/**
 * What idle connections cost: memory per connection, and CPU and wake-ups while they are open.
 *
 * Each connection has requested one small file before. Wake-ups are the voluntary context switches
 * of all threads: a thread that keeps sleeping has none.
 */

import type { Socket } from "bun";

import { caseNamed } from "./cases.ts";
import { treeCpuNanoseconds } from "./cpu.ts";
import { treeResidentBytes, treeWaits, waitsSince } from "./memory.ts";
import type { Probe, ProbeResult } from "./probe.ts";
import { probeEach } from "./probe.ts";
import type { Server } from "./server.ts";
import type { Stage } from "./stage.ts";

const CONNECTIONS = 10_000;
const CONNECTIONS_QUICK = 2000;
/** Connections that are opened at one time. The backlog of most servers is about 511. */
const OPENED_AT_ONCE = 100;
/** A server that accepts no more connections may leave them in the kernel's queue. */
const ANSWER_MS_MAX = 10_000;
const SETTLE_MS = 1500;
const WATCH_MS = 5000;
const WATCH_MS_QUICK = 1500;
const WARM_UP_MS = 500;

export const idle: Probe = {
  name: "idle",
  title: "10,000 idle connections",
  // Not lighttpd: it uses only a third of its permitted descriptors for connections.
  servers: ["postern", "nginx", "bun-listen"],
  run: (found, stage) => {
    const asked = caseNamed("1k");
    return probeEach("idle", found, stage, { asked, setup: { keepsIdle: true } }, (server) =>
      watchIdle(server, stage),
    );
  },
};

/** The activity of a server per second. */
interface Activity {
  readonly wakeUps: number;
  readonly cpuMilliseconds: number;
}

async function watchIdle(server: Server, stage: Stage): Promise<ProbeResult> {
  await warmUp(server, stage);
  await Bun.sleep(SETTLE_MS);
  const count = stage.isQuick ? CONNECTIONS_QUICK : CONNECTIONS;
  const watchMs = stage.isQuick ? WATCH_MS_QUICK : WATCH_MS;
  const before = treeResidentBytes(server.pid);
  const sockets = await openIdle(server, count, caseNamed("1k").exchanges[0]?.request ?? "");
  try {
    await Bun.sleep(SETTLE_MS);
    const held = treeResidentBytes(server.pid) - before;
    const { wakeUps, cpuMilliseconds } = await watchActivity(server, watchMs);
    const lost = sockets.filter(({ readyState }) => readyState !== 1).length;
    if (lost > 0) throw new Error(`closed ${lost} of ${count} connections`);
    const perConnection = [held / count / 1024];
    return { figures: { perConnection, wakeUps: [wakeUps], idleCpu: [cpuMilliseconds] } };
  } finally {
    for (const socket of sockets) socket.terminate();
  }
}

/** Sends as many requests as there will be connections, so that heaps have grown before. */
async function warmUp(server: Server, { generator, connections, root }: Stage): Promise<void> {
  const { exchanges, pipelineDepth } = caseNamed("1k");
  const plan = { port: server.port, tls: false, root, connections, exchanges, pipelineDepth };
  await generator.open(plan);
  const end = { requests: CONNECTIONS, milliseconds: Infinity };
  await generator.run(server.pid, end, WARM_UP_MS);
}

async function watchActivity(server: Server, milliseconds: number): Promise<Activity> {
  const waits = treeWaits(server.pid);
  const cpu = treeCpuNanoseconds(server.pid);
  await Bun.sleep(milliseconds);
  const seconds = milliseconds / 1000;
  return {
    wakeUps: waitsSince(waits, treeWaits(server.pid)) / seconds,
    cpuMilliseconds: (treeCpuNanoseconds(server.pid) - cpu) / 1e6 / seconds,
  };
}

/** Opens connections. Resolves when each has received one answer. */
export async function openIdle(
  server: Server,
  count: number,
  request: string,
): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Math.min(OPENED_AT_ONCE, count - sockets.length);
    const opening = Array.from({ length: batch }, () => openOne(server.port, request));
    sockets.push(...(await Promise.all(opening)));
  }
  return sockets;
}

async function openOne(port: number, request: string): Promise<Socket> {
  const answered = Promise.withResolvers<void>();
  const lost = (): void => answered.reject(new Error("a connection was lost"));
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: { data: () => answered.resolve(), close: lost, error: lost },
  });
  socket.write(request);
  const timer = setTimeout(() => answered.reject(new Error("no answer")), ANSWER_MS_MAX);
  await answered.promise;
  clearTimeout(timer);
  return socket;
}
