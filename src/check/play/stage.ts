/**
 * Where scripts are played: a server, and the folder that it serves if the player may write to it.
 * A script of this house's server gets a stage of its own, with a fresh folder and a server started
 * for it; another server is one stage for all, and what it would need and can't have is a reason
 * not to play a script there.
 */

import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";

import type { Endpoint } from "./connection.ts";
import type { Script } from "../script/script.ts";
import { changesTree } from "../script/script.ts";
import { emptyFolder, writeTree } from "./tree.ts";

/** What a server has to be started with. */
export interface ServerNeeds {
  readonly root: string;
  readonly arguments: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** A server that was started. `stop` ends when its port is free again. */
export interface StartedServer {
  readonly url: URL;
  stop(): Promise<void>;
}

/** Starts a server; given by the command line, since this layer can't import one. */
export type StartServer = (needs: ServerNeeds) => Promise<StartedServer>;

export interface Stage {
  readonly endpoint: Endpoint;
  /** The served folder, if it may be changed. */
  readonly root: string | undefined;
  /** Writes the tree afresh. */
  readonly restore: () => void;
}

/** The host and the port of a URL; an IPv6 address loses its brackets. */
export function endpointOf(url: URL): Endpoint {
  const host = url.hostname.replace(/^\[|\]$/gu, "");
  if (url.protocol === "https:") return { host, port: Number(url.port || "443"), secure: true };
  return { host, port: Number(url.port || "80") };
}

/** Has `use` play on a stage made for `script`, and clears it away. Throws what `start` throws. */
async function withOwnStage(
  script: Script,
  start: StartServer,
  use: (stage: Stage) => Promise<void>,
): Promise<void> {
  const root = mkdtempSync(`${tmpdir()}/wire-`);
  try {
    writeTree(root, script.tree);
    const { serverArguments, limits } = script.settings;
    const words = serverArguments.map((word) => word.replaceAll("{{root}}", root));
    const server = await start({ root, arguments: words, limits });
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

/** Has `use` play on `count` stages for `script`, each with a server and a folder of its own. */
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

/** Why `script` can't be played against a server that others have started; nothing if it can. */
export function reasonNotToPlay(
  script: Script,
  owned: { readonly tree: boolean; readonly only: boolean; readonly secure?: boolean },
): string | undefined {
  const { serverArguments, limits, alone, cleartext, stateful } = script.settings;
  const words = Object.entries(limits).map(([name, value]) => `limit ${name} ${value}`);
  if (serverArguments.length > 0) words.unshift(`server ${serverArguments.join(" ")}`);
  if (words.length > 0) return `needs ${words.join(", ")}`;
  if (cleartext && owned.secure === true) return "is about connections without TLS";
  if (owned.tree) return undefined;
  if (changesTree(script)) return "changes its tree: give --tree";
  if (stateful) return "needs its tree written afresh: give --tree";
  if (alone && !owned.only) return "needs a tree of its own: give --tree";
  return undefined;
}
