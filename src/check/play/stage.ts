/**
 * Where scripts are played: a server, and the folder that it serves if the player may write to it.
 * Played against postern, each script gets a stage of its own: a fresh folder, and a server that is
 * started for it. Another server is one stage for all scripts. A script that needs something which
 * that server doesn't offer is not played, and the reason is reported.
 */

import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";

import type { Asked } from "../blame/profile.ts";
import { lackedNeeds, reasonNotToAsk } from "../blame/profile.ts";
import type { PhaseOutcome } from "../blame/outcome.ts";
import type { Traits } from "../blame/traits.ts";
import type { Endpoint } from "./connection.ts";
import type { Phase, Script } from "../script/script.ts";
import { changesTree } from "../script/script.ts";
import { emptyFolder, writeTree } from "./script-tree.ts";

/** How a server has to be started. */
interface ServerNeeds {
  readonly root: string;
  readonly arguments: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  /** Names besides localhost that it has to answer to. */
  readonly hosts: readonly string[];
}

/** A running server. `stop` resolves when its port is free again. */
interface StartedServer {
  readonly url: URL;
  stop(): Promise<void>;
}

/** Starts a server. The command line passes it, since this layer must not import the server. */
export type StartServer = (needs: ServerNeeds) => Promise<StartedServer>;

export interface Stage {
  readonly endpoint: Endpoint;
  /** The served folder, if the player may change it. */
  readonly root: string | undefined;
  /** Writes the tree again as the script describes it. */
  readonly restore: () => void;
  /** Whether the server is one of others, and what it was seen to do. */
  readonly foreign?: boolean;
  readonly traits?: Traits;
  /** Why a phase is not asked of the server, if it isn't. */
  readonly reasonNotToAsk?: (phase: Phase) => string | undefined;
  /** Is told how each run of phases ended. Says why nothing more is played, if so. */
  readonly watch?: Watch;
}

/** Looks after a server of others, which may go away or hang. */
export interface Watch {
  readonly reasonToStop: string | undefined;
  ended(script: Script, phases: readonly PhaseOutcome[]): Promise<void>;
}

/** The host and port of a URL, an IPv6 address without its brackets. */
export function endpointOf(url: URL): Endpoint {
  const host = url.hostname.replace(/^\[|\]$/gu, "");
  if (url.protocol === "https:") return { host, port: Number(url.port || "443"), secure: true };
  return { host, port: Number(url.port || "80") };
}

/** Runs `use` on a stage made for `script`, then removes the stage. Throws what `start` throws. */
async function withOwnStage(
  script: Script,
  start: StartServer,
  use: (stage: Stage) => Promise<void>,
): Promise<void> {
  const root = mkdtempSync(`${tmpdir()}/wire-`);
  try {
    writeTree(root, script.tree);
    const { serverArguments, limits, hosts } = script.settings;
    const words = serverArguments.map((word) => word.replaceAll("{{root}}", root));
    const server = await start({ root, arguments: words, limits, hosts });
    const restore = (): void => {
      emptyFolder(root);
      writeTree(root, script.tree);
    };
    try {
      await use({ endpoint: endpointOf(server.url), root, restore });
    } finally {
      await server.stop();
    }
  } finally {
    emptyFolder(root);
    rmdirSync(root);
  }
}

/** Runs `use` on `count` stages for `script`, each with a server and a folder of its own. */
export async function withOwnStages(
  script: Script,
  start: StartServer,
  count: number,
  use: (stages: readonly [Stage, ...Stage[]]) => Promise<void>,
): Promise<void> {
  const gather = (stages: readonly Stage[]): Promise<void> =>
    withOwnStage(script, start, (stage) =>
      stages.length + 1 < count ? gather([...stages, stage]) : use([stage, ...stages]),
    );
  await gather([]);
}

/** Why a script that tests a client isn't played against a server. */
export const clientsOnly = "plays the server's part: give --client";

/** What is known of a server that already runs. */
interface OwnedStage {
  /** Whether the player may write its tree. */
  readonly tree: boolean;
  /** Whether one script is played and no other. */
  readonly only: boolean;
  readonly secure?: boolean;
  /** Hosts that it doesn't answer to. */
  readonly foreign?: ReadonlySet<string>;
  /** What may be asked of it. */
  readonly asked?: Asked;
}

/** Why `script` can't be played against a server that already runs; `undefined` if it can. */
export function reasonNotToPlay(script: Script, owned: OwnedStage): string | undefined {
  const { serverArguments, limits, hosts, alone, cleartext, stateful } = script.settings;
  if (script.settings.client === true) return clientsOnly;
  const words = Object.entries(limits).map(([name, value]) => `limit ${name} ${value}`);
  if (serverArguments.length > 0) words.unshift(`server ${serverArguments.join(" ")}`);
  if (words.length > 0) return `needs ${words.join(", ")}`;
  const { asked = {} } = owned;
  const lacked = lackedNeeds(script.settings.needs, asked);
  if (lacked.length > 0) return `needs ${lacked.join(", ")}`;
  const unasked = script.phases.map((phase) => reasonNotToAsk(phase, asked.profile));
  if (unasked.every((reason) => reason !== undefined)) return unasked[0];
  const foreign = hosts.filter((host) => owned.foreign?.has(host));
  if (foreign.length > 0) {
    return `needs a server that answers to ${foreign.join(", ")} (postern: --allow-host)`;
  }
  if (cleartext && owned.secure === true) return "is about connections without TLS";
  if (owned.tree) return undefined;
  if (changesTree(script)) return "changes its tree: give --tree";
  if (stateful) return "needs its tree written afresh: give --tree";
  if (alone && !owned.only) return "needs a tree of its own: give --tree";
  return undefined;
}
