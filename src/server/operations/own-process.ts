/**
 * What a process tells of itself, under the names that all clients of Prometheus use
 * (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics), so that the usual
 * dashboards show it.
 */

import about from "../../../package.json";
import type { MetricFamily } from "./metric-family.ts";
import { single } from "./metric-family.ts";

/** What of a process can be added to that of others. */
export function processFamilies(): readonly MetricFamily[] {
  const { user, system } = process.cpuUsage();
  return [
    single(
      "counter",
      "process_cpu_seconds_total",
      "CPU time of user and system, in seconds.",
      (user + system) / 1e6,
    ),
    single(
      "gauge",
      "process_resident_memory_bytes",
      "Memory that is resident.",
      process.memoryUsage.rss(),
    ),
  ];
}

/** What of the process that answers stands for all of them; `isReady` is what `/readyz` says. */
export function serverFamilies(isReady: boolean, nowMs: number): readonly MetricFamily[] {
  const startedSeconds = Math.round(nowMs / 1000 - process.uptime());
  return [
    single(
      "gauge",
      "process_start_time_seconds",
      "When the process started, in seconds since 1970.",
      startedSeconds,
    ),
    {
      name: "postern_build_info",
      type: "gauge",
      help: "Always 1; the versions are labels.",
      samples: [{ suffix: "", labels: { version: about.version, bun: Bun.version }, value: 1 }],
    },
    single("gauge", "postern_ready", "Whether /readyz says that it is ready.", Number(isReady)),
  ];
}
