/**
 * Cases played by all servers: started side by side, calibrated one by one, then measured in
 * rounds that go through all of them, each round beginning with another, so that whatever drifts
 * on the machine drifts for everyone.
 *
 * Cases of one group share their rounds, since they are compared with each other, and a server that
 * is set up alike for several of them is one process.
 */

import type { Case, Exchange } from "./cases.ts";
import type { Plan } from "./load.ts";
import type { Row } from "./measures.ts";
import { failedRow } from "./measures.ts";
import { MemoryWatch } from "./memory.ts";
import type { FoundPeer, Peer } from "./peers.ts";
import { takesPart } from "./peers.ts";
import type { Server } from "./server.ts";
import type { Stage } from "./stage.ts";
import { startPeer } from "./stage.ts";

const MEBIBYTE = 1024 * 1024;
/**
 * Before anything is counted, servers that compile themselves as they run get so many requests, or
 * as many as fit in so many rounds. Requests, since on a busy machine a second is no measure.
 */
const COMPILING_REQUESTS = 50_000;
const COMPILING_ROUNDS_MAX = 32;

/** A server in a case, with what it has done so far. */
class Entrant {
  readonly asked: Case;
  readonly server: Server;
  readonly peer: Peer;
  readonly exchanges: readonly Exchange[];
  readonly cpu: number[] = [];
  readonly rate: number[] = [];
  readonly growth: number[] = [];
  /** Per round; whole pipelines. */
  requests = 0;
  failure: unknown;

  constructor(asked: Case, server: Server, peer: Peer, exchanges: readonly Exchange[]) {
    this.asked = asked;
    this.server = server;
    this.peer = peer;
    this.exchanges = exchanges;
  }

  /** Runs a step unless one before failed; a failure takes it out of the race. */
  async attempt(step: () => Promise<void>): Promise<void> {
    if (this.failure !== undefined) return;
    try {
      await step();
    } catch (error) {
      // That it died explains more than that a connection was lost; it may need a moment to.
      await Bun.sleep(50);
      this.failure = this.server.ended ?? error;
    }
  }

  get row(): Row {
    if (this.failure !== undefined) return failedRow(this.asked.name, this.peer.name, this.failure);
    const { cpu, rate, growth } = this;
    const figures = growth.length > 0 ? { cpu, rate, growth } : { cpu, rate };
    return {
      case: this.asked.name,
      server: this.peer.name,
      outcome: { kind: "measured", figures },
    };
  }
}

/** Plays the cases of one group; the rows are in their order, and in that of `found`. */
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

/** `items`, beginning with the one at `by` and going round. */
export function rotate<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** A server in a case, or the row that says why it isn't. */
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
    const starting = servers.get(key) ?? startPeer(found, { setup, asked }, stage);
    servers.set(key, starting);
    const server = await starting;
    const exchanges = peer.asks?.(asked) ?? asked.exchanges;
    const tagged = await Promise.all(exchanges.map((each) => withTag(each, server.port)));
    return new Entrant(asked, server, peer, tagged);
  } catch (error) {
    return failedRow(asked.name, peer.name, error);
  }
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

/** The uncounted round: it warms up, and tells how many requests fit in a round. */
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
  // A tenth isn't counted, so that new connections and cool caches don't fall into the round.
  const warmUp = { requests: endless, milliseconds: milliseconds / 10 };
  await generator.run(server.pid, warmUp, milliseconds);
  using memory = asked.watchesMemory ? new MemoryWatch(server.pid) : undefined;
  const end = { requests, milliseconds: endless };
  const sample = await generator.run(server.pid, end, milliseconds);
  entrant.cpu.push(sample.cpuMicrosecondsPerRequest);
  entrant.rate.push(sample.requestsPerSecond);
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
  };
}
