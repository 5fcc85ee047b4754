/**
 * Measures a group of cases. All servers are started, calibrated one by one, and then measured in
 * rounds. Each round goes through all servers and begins with another one, so that a drift of the
 * machine affects all servers alike.
 *
 * The cases of one group share their rounds, since they are compared with each other. A server with
 * the same setup for several of them is one process.
 */

import type { Case, Exchange } from "./cases.ts";
import type { Plan } from "./load.ts";
import type { Row } from "./measures.ts";
import { failedRow } from "./measures.ts";
import { MemoryWatch } from "./memory.ts";
import type { FoundPeer, Peer } from "./peers.ts";
import { findPeer, peerNamed, takesPart } from "./peers.ts";
import type { Server } from "./server.ts";
import type { Stage } from "./stage.ts";
import { startPeer } from "./stage.ts";

const MEBIBYTE = 1024 * 1024;
/**
 * Servers with a just-in-time compiler get this many uncounted requests first, or as many as fit
 * into this many rounds. The number of requests counts, since on a busy machine the number that fit
 * into a second varies.
 */
const COMPILING_REQUESTS = 50_000;
const COMPILING_ROUNDS_MAX = 32;

/** A server in a case, and its figures so far. */
class Entrant {
  readonly asked: Case;
  readonly server: Server;
  readonly peer: Peer;
  readonly exchanges: readonly Exchange[];
  readonly cpu: number[] = [];
  readonly rate: number[] = [];
  readonly growth: number[] = [];
  readonly latency: number[] = [];
  readonly latencyTail: number[] = [];
  /** Requests per round, a multiple of the pipeline depth. */
  requests = 0;
  failure: unknown;

  constructor(asked: Case, server: Server, peer: Peer, exchanges: readonly Exchange[]) {
    this.asked = asked;
    this.server = server;
    this.peer = peer;
    this.exchanges = exchanges;
  }

  /** Runs a step unless an earlier one failed. After a failure the server isn't measured again. */
  async attempt(step: () => Promise<void>): Promise<void> {
    if (this.failure !== undefined) return;
    try {
      await step();
    } catch (error) {
      // A lost connection may mean that the process is ending, whose reason explains more.
      await Bun.sleep(50);
      this.failure = this.server.ended ?? error;
    }
  }

  get row(): Row {
    if (this.failure !== undefined) return failedRow(this.asked.name, this.peer.name, this.failure);
    const { cpu, rate, growth, latency, latencyTail } = this;
    const figures = {
      cpu,
      rate,
      ...(growth.length > 0 ? { growth } : {}),
      ...(latency.length > 0 ? { latency, latencyTail } : {}),
    };
    return {
      case: this.asked.name,
      server: this.peer.name,
      outcome: { kind: "measured", figures },
    };
  }
}

/** Measures the cases of one group. The rows are ordered by case, then as in `found`. */
export async function play(
  group: readonly Case[],
  found: readonly FoundPeer[],
  stage: Stage,
): Promise<readonly Row[]> {
  const servers = new Map<string, Promise<Server>>();
  const entered: (Entrant | Row)[] = [];
  for (const asked of group) {
    for (const each of found.filter(({ peer }) => takesPart(peer.name, asked.servers))) {
      stage.report(`${asked.name}: starting ${each.peer.name}`);
      entered.push(await enter(asked, each, servers, stage));
    }
  }
  const entrants = entered.filter((each) => each instanceof Entrant);
  for (const each of entrants) {
    stage.report(`${each.asked.name}: warm-up, ${each.peer.name}`);
    await each.attempt(() => calibrate(each, stage));
  }
  for (let round = 0; round < stage.rounds; round++) {
    for (const each of rotate(entrants, Math.floor((round * entrants.length) / stage.rounds))) {
      stage.report(`${each.asked.name}: round ${round + 1} of ${stage.rounds}, ${each.peer.name}`);
      await each.attempt(() => measure(each, stage));
    }
  }
  for (const starting of servers.values()) {
    const [server] = (await Promise.allSettled([starting])).map((each) =>
      each.status === "fulfilled" ? each.value : undefined,
    );
    await server?.stop();
  }
  return entered.map((each) => (each instanceof Entrant ? each.row : each));
}

/** `items` rotated: the item at index `by` comes first. */
export function rotate<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** A started server in a case, or the row that says why it can't be measured. */
async function enter(
  asked: Case,
  found: FoundPeer,
  servers: Map<string, Promise<Server>>,
  stage: Stage,
): Promise<Entrant | Row> {
  const { peer } = found;
  const { setup } = asked;
  try {
    const key = [peer.name, peer.isFixed ? asked.name : "", JSON.stringify(setup)].join(" ");
    const role = { setup, asked, ...(await backendOf(asked, servers, stage)) };
    const starting = servers.get(key) ?? startPeer(found, role, stage);
    servers.set(key, starting);
    const server = await starting;
    const exchanges = peer.asks?.(asked) ?? asked.exchanges;
    const tagged = await Promise.all(exchanges.map((each) => withTag(each, server.port)));
    return new Entrant(asked, server, peer, tagged);
  } catch (error) {
    return failedRow(asked.name, peer.name, error);
  }
}

/** The backend of a case that is proxied, which is started with the first server for it. */
async function backendOf(
  asked: Case,
  servers: Map<string, Promise<Server>>,
  stage: Stage,
): Promise<{ readonly backend?: number }> {
  if (!asked.setup.proxied) return {};
  const backend = findPeer(peerNamed("bun-static"));
  if (backend === undefined) throw new Error("has no backend");
  const starting = servers.get("backend") ?? startPeer(backend, { setup: {}, asked }, stage);
  servers.set("backend", starting);
  return { backend: (await starting).port };
}

/** An exchange with the entity tag that the server has for its file. */
async function withTag(exchange: Exchange, port: number): Promise<Exchange> {
  const { tagOf, request } = exchange;
  if (tagOf === undefined) return exchange;
  const headers = { "Accept-Encoding": "identity" };
  const response = await fetch(`http://127.0.0.1:${port}${tagOf}`, { headers });
  await response.arrayBuffer();
  const tag = response.headers.get("ETag");
  if (tag === null) throw new Error("has no entity tags");
  return { ...exchange, request: request.replace("TAG", tag) };
}

/** The uncounted first round, which warms up and finds how many requests fit into a round. */
async function calibrate(entrant: Entrant, stage: Stage): Promise<void> {
  const { asked, server } = entrant;
  const plan = planOf(entrant, stage);
  await stage.generator.open(plan);
  const milliseconds = stage.seconds * 1000;
  if (entrant.peer.isCompiledLate) {
    const longMs = milliseconds * COMPILING_ROUNDS_MAX;
    const long = { requests: COMPILING_REQUESTS, milliseconds: longMs };
    await stage.generator.run(server.pid, long, longMs);
  }
  const end = { requests: Number.MAX_SAFE_INTEGER, milliseconds };
  const { requestsPerSecond } = await stage.generator.run(server.pid, end, milliseconds);
  const perBatch = plan.connections * asked.pipelineDepth;
  entrant.requests = Math.ceil((requestsPerSecond * stage.seconds) / perBatch) * perBatch;
}

async function measure(entrant: Entrant, stage: Stage): Promise<void> {
  const { asked, server, requests } = entrant;
  const { generator } = stage;
  await generator.open(planOf(entrant, stage));
  const milliseconds = stage.seconds * 1000;
  const endless = Number.MAX_SAFE_INTEGER;
  // A warm-up of a tenth isn't counted, so that new connections and cold caches don't count.
  const warmUp = { requests: endless, milliseconds: milliseconds / 10 };
  await generator.run(server.pid, warmUp, milliseconds);
  using memory = asked.watchesMemory ? new MemoryWatch(server.pid) : undefined;
  const end = { requests, milliseconds: endless };
  const sample = await generator.run(server.pid, end, milliseconds);
  entrant.cpu.push(sample.cpuMicrosecondsPerRequest);
  entrant.rate.push(sample.requestsPerSecond);
  if (sample.latency !== undefined) {
    entrant.latency.push(sample.latency.median);
    entrant.latencyTail.push(sample.latency.tail);
  }
  if (memory !== undefined) {
    memory.look();
    entrant.growth.push((memory.peakBytes - memory.firstBytes) / MEBIBYTE);
  }
}

function planOf({ asked, server, exchanges }: Entrant, { root, connections }: Stage): Plan {
  return {
    port: server.port,
    tls: asked.setup.tls === true,
    root,
    connections: asked.connections ?? connections,
    exchanges,
    pipelineDepth: asked.pipelineDepth,
    watchesLatency: asked.watchesLatency === true,
  };
}
