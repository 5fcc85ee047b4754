/** The conditions of all measurements of a run, and how a server is started under them. */

import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import type { Case, Setup } from "./cases.ts";
import type { Site } from "./configurations.ts";
import type { Generator } from "./generator.ts";
import type { FoundPeer } from "./peers.ts";
import { freePort, Server } from "./server.ts";

export interface Stage {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  /** Whether to use fewer tries and smaller sets. */
  readonly isQuick: boolean;
  readonly generator: Generator;
  /** The served folder. */
  readonly root: string;
  /** The served folder with precompressed files: each text has a `.gz` beside it. */
  readonly codedRoot: string;
  /** A folder for configurations, error logs, the certificate and its key. */
  readonly folder: string;
  /** Called before each step that takes time. */
  readonly report: (step: string) => void;
}

/** The purpose that a server is started for. */
export interface Role {
  readonly setup: Setup;
  /** The case, or a similar one. */
  readonly asked: Case;
  /** The served folder, if it isn't the stage's. */
  readonly root?: string;
  /** The port of the backend, for a setup that is proxied. */
  readonly backend?: number;
  /** The folder of postern's package, if that is to be started. */
  readonly package?: string;
}

let started = 0;

/** A site for a server, with a new folder and a free port. */
export function siteFor({ peer }: FoundPeer, role: Role, stage: Stage): Site {
  started++;
  const folder = join(stage.folder, `${started}-${peer.name}`);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
  return {
    root: role.root ?? stage.root,
    codedRoot: stage.codedRoot,
    folder,
    port: freePort(),
    setup: role.setup,
    certificate: join(stage.folder, "cert.pem"),
    key: join(stage.folder, "key.pem"),
    asked: role.asked,
    ...(role.backend === undefined ? {} : { backend: role.backend }),
    ...(role.package === undefined ? {} : { package: role.package }),
  };
}

/** Starts a server. Resolves when it listens; rejects with the reason if it doesn't. */
export async function startPeer(found: FoundPeer, role: Role, stage: Stage): Promise<Server> {
  const site = siteFor(found, role, stage);
  const launch = found.peer.launch(found.program, site);
  return await Server.start(launch, site.port, join(site.folder, "stderr"));
}
