/** The interface of probes: measurements that aren't a closed loop of equal requests. */

import type { Figures, Row } from "./measures.ts";
import { failedRow } from "./measures.ts";
import type { FoundPeer } from "./peers.ts";
import type { Server } from "./server.ts";
import type { Role, Stage } from "./stage.ts";
import { startPeer } from "./stage.ts";

/** The figures of one server. */
export interface ProbeResult {
  readonly figures: Figures;
  readonly note?: string;
}

export interface Probe {
  /** The name that `--case` takes. */
  readonly name: string;
  /** A short description for the README. */
  readonly title: string;
  /** The servers that take part. */
  readonly servers: readonly string[];
  /** Measures `found`, a subset of `servers`. If one fails, its row says why. */
  run(found: readonly FoundPeer[], stage: Stage): Promise<readonly Row[]>;
}

/** Measures one server after the other: starts it, calls `look`, and stops it. */
export async function probeEach(
  name: string,
  found: readonly FoundPeer[],
  stage: Stage,
  role: Role,
  look: (server: Server) => Promise<ProbeResult>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const each of found) {
    stage.report(`${name}: ${each.peer.name}`);
    rows.push(await probeOne(name, each, stage, role, look));
  }
  return rows;
}

async function probeOne(
  name: string,
  found: FoundPeer,
  stage: Stage,
  role: Role,
  look: (server: Server) => Promise<ProbeResult>,
): Promise<Row> {
  let server: Server | undefined;
  try {
    server = await startPeer(found, role, stage);
    const outcome = { kind: "measured", ...(await look(server)) } as const;
    return { case: name, server: found.peer.name, outcome };
  } catch (error) {
    await Bun.sleep(50);
    return failedRow(name, found.peer.name, server?.ended ?? error);
  } finally {
    await server?.stop();
  }
}
