/** Describes the machine, without which the figures mean little. */

import { cpus, loadavg, release, type } from "node:os";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly kernel: string;
  /** The load average of the last minute: how busy the machine was before. */
  readonly load: number;
  /** ISO 8601, UTC. */
  readonly date: string;
  /** The version of the Node that runs the npm packages, if there is one. */
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
