/**
 * One case played by all servers: started side by side, calibrated one by one, then measured in
 * rounds that go through all of them, each round beginning with another, so that whatever drifts
 * on the machine drifts for everyone.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import type { Case } from "./cases.ts";
import { Generator } from "./generator.ts";
import type { Sample } from "./generator.ts";
import type { Plan } from "./load.ts";
import type { Peer } from "./peers.ts";
import { freePort, Server } from "./server.ts";
import type { Outcome, Row } from "./table.ts";

/** A peer that is installed. */
export interface FoundPeer {
  readonly peer: Peer;
  readonly program: string;
}

export interface Conditions {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  /** The served folder. */
  readonly root: string;
  /** A folder for configurations and error logs. */
  readonly folder: string;
  /** Told before each step that takes time. */
  readonly report: (step: string) => void;
}

/** A server in this case, with what it has done so far. */
interface Entrant {
  readonly name: string;
  readonly server: Server | undefined;
  readonly samples: Sample[];
  /** Per round; whole pipelines. */
  requests: number;
  failure: string | undefined;
}

/** Plays one case; the rows are in the order of `found`. */
export async function play(
  asked: Case,
  found: readonly FoundPeer[],
  conditions: Conditions,
): Promise<readonly Row[]> {
  const entrants: Entrant[] = [];
  for (const each of found) entrants.push(await enter(asked, each, conditions));
  for (const entrant of entrants) {
    conditions.report(`${asked.name}: warm-up, ${entrant.name}`);
    await attempt(entrant, (server) => calibrate(entrant, server, asked, conditions));
  }
  for (let round = 0; round < conditions.rounds; round++) {
    for (const entrant of rotate(entrants, round)) {
      conditions.report(
        `${asked.name}: round ${round + 1} of ${conditions.rounds}, ${entrant.name}`,
      );
      await attempt(entrant, (server) => measure(entrant, server, asked, conditions));
    }
  }
  for (const { server } of entrants) await server?.stop();
  return entrants.map((entrant) => ({
    case: asked.name,
    server: entrant.name,
    outcome: outcomeOf(entrant),
  }));
}

/** `items`, beginning with the one at `by` and going round. */
export function rotate<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

async function enter(
  asked: Case,
  { peer, program }: FoundPeer,
  { root, folder: parent, report }: Conditions,
): Promise<Entrant> {
  report(`${asked.name}: starting ${peer.name}`);
  const started = { name: peer.name, samples: [], requests: 0 };
  try {
    const folder = join(parent, `${asked.name}-${peer.name}`);
    mkdirSync(folder, { recursive: true });
    const port = freePort();
    const launch = peer.launch(program, { root, folder, port, asked });
    const server = await Server.start(launch, port, join(folder, "stderr"));
    return { ...started, server, failure: undefined };
  } catch (error) {
    return { ...started, server: undefined, failure: reasonOf(error) };
  }
}

/** Runs a step of an entrant that is still in the race; a failure takes it out. */
async function attempt(entrant: Entrant, step: (server: Server) => Promise<void>): Promise<void> {
  const { server } = entrant;
  if (server === undefined || entrant.failure !== undefined) return;
  try {
    await step(server);
  } catch (error) {
    // That it died explains more than that a connection was lost; it may need a moment to.
    await Bun.sleep(50);
    entrant.failure = server.ended ?? reasonOf(error);
  }
}

/** The uncounted round: it warms up, and tells how many requests fit in a round. */
async function calibrate(
  entrant: Entrant,
  server: Server,
  asked: Case,
  conditions: Conditions,
): Promise<void> {
  using generator = await Generator.open(planOf(server, asked, conditions));
  const milliseconds = conditions.seconds * 1000;
  const end = { requests: Number.MAX_SAFE_INTEGER, milliseconds };
  const { requestsPerSecond } = await generator.run(server.pid, end, milliseconds);
  const perBatch = conditions.connections * asked.pipelineDepth;
  const batches = Math.ceil((requestsPerSecond * conditions.seconds) / perBatch);
  entrant.requests = batches * perBatch;
}

async function measure(
  entrant: Entrant,
  server: Server,
  asked: Case,
  conditions: Conditions,
): Promise<void> {
  using generator = await Generator.open(planOf(server, asked, conditions));
  const milliseconds = conditions.seconds * 1000;
  const endless = Number.MAX_SAFE_INTEGER;
  // The generator is new in every round and runs slowly at first: a tenth isn't counted.
  const warmUp = { requests: endless, milliseconds: milliseconds / 10 };
  await generator.run(server.pid, warmUp, milliseconds);
  const end = { requests: entrant.requests, milliseconds: endless };
  entrant.samples.push(await generator.run(server.pid, end, milliseconds));
}

function planOf(server: Server, asked: Case, { root, connections }: Conditions): Plan {
  const { exchanges, pipelineDepth } = asked;
  return { port: server.port, root, connections, exchanges, pipelineDepth };
}

function outcomeOf({ failure, samples }: Entrant): Outcome {
  if (failure !== undefined) return { kind: "failed", reason: failure };
  return { kind: "measured", samples };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
