/** What the numbers were measured on: they mean little without it. */

import { cpus, loadavg, release, type } from "node:os";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly kernel: string;
  /** Processes that ran or waited to run, over the last minute: what else the machine is doing. */
  readonly load: number;
  /** ISO 8601, UTC. */
  readonly date: string;
  /** Of the Node that runs the npm packages, if there is one. */
  readonly nodeVersion: string | undefined;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    kernel: `${type()} ${release()}`,
    load: loadavg()[0] ?? 0,
    date: new Date().toISOString(),
    nodeVersion: nodeVersion(),
  };
}

function nodeVersion(): string | undefined {
  const node = Bun.which("node");
  if (node === null) return undefined;
  const asked = Bun.spawnSync([node, "--version"], { stdout: "pipe", stderr: "ignore" });
  return asked.stdout.toString().trim().replace(/^v/, "");
}
