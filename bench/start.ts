/**
 * The time from exec to the end of the first answer.
 *
 * A small process starts the server and tries to connect until it listens; see first-answer.ts. The
 * served folder holds one file, so that a server that scans the folder first has little to do.
 * Postern is started as it is installed, from its package and not from the checkout.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { caseNamed } from "./cases.ts";
import type { Row } from "./measures.ts";
import { failedRow } from "./measures.ts";
import type { FoundPeer, Peer } from "./peers.ts";
import type { Probe } from "./probe.ts";
import { writeFiles } from "./site.ts";
import type { Role, Stage } from "./stage.ts";
import { siteFor } from "./stage.ts";

const TRIES = 20;
const TRIES_QUICK = 5;

export const start: Probe = {
  name: "start",
  title: "start",
  servers: ["postern", "serve", "http-server", "sirv", "bun-file", "nginx", "caddy"],
  run: async (found, stage) => {
    const root = join(stage.folder, "start");
    mkdirSync(root, { recursive: true });
    const asked = caseNamed("1k");
    writeFiles(root, asked.files);
    const roles: (Role | undefined)[] = [];
    const times = found.map((): number[] => []);
    const faults = found.map((): unknown => undefined);
    for (const [index, { peer }] of found.entries()) {
      try {
        roles[index] = { asked, setup: asked.setup, root, ...installed(peer, stage) };
      } catch (error) {
        faults[index] = error;
      }
    }
    const tries = stage.isQuick ? TRIES_QUICK : TRIES;
    for (let count = 0; count < tries; count++) {
      stage.report(`start: ${count + 1} of ${tries}`);
      for (const [index, each] of found.entries()) {
        const role = roles[index];
        if (role === undefined || faults[index] !== undefined) continue;
        try {
          times[index]?.push(startOnce(each, role, stage));
        } catch (error) {
          faults[index] = error;
        }
      }
    }
    return found.map(({ peer }, index): Row => {
      if (faults[index] !== undefined) return failedRow("start", peer.name, faults[index]);
      const figures = { firstAnswer: times[index] ?? [] };
      return { case: "start", server: peer.name, outcome: { kind: "measured", figures } };
    });
  },
};

/** Makes the package of a checkout with the checkout's own bundler. Nothing for other servers. */
function installed({ name, checkout }: Peer, stage: Stage): Pick<Role, "package"> {
  if (checkout === undefined) return {};
  const folder = join(stage.folder, `package-${name}`);
  const bundler = [process.execPath, join(checkout, "bundle.ts"), folder];
  const run = Bun.spawnSync(bundler, { stdout: "ignore", stderr: "pipe" });
  if (!run.success) throw new Error(run.stderr.toString().trim().split("\n").at(-1));
  return { package: folder };
}

/** Milliseconds from exec to the end of the first answer. */
function startOnce(found: FoundPeer, role: Role, stage: Stage): number {
  const site = siteFor(found, role, stage);
  const { command, environment } = found.peer.launch(found.program, site);
  const order = JSON.stringify({ command, environment, port: site.port, path: "/1k.txt" });
  const script = join(import.meta.dir, "first-answer.ts");
  const run = Bun.spawnSync([process.execPath, script, order], { stdout: "pipe", stderr: "pipe" });
  if (!run.success) throw new Error(run.stderr.toString().trim().split("\n").at(-1));
  return Number(run.stdout.toString());
}
