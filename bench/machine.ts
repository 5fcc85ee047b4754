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
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    kernel: `${type()} ${release()}`,
    load: loadavg()[0] ?? 0,
    date: new Date().toISOString(),
  };
}
