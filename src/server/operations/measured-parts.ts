/**
 * The gauges of a server: what its parts hold at the moment when it is asked. Nothing is counted
 * for them while requests are answered.
 */

import type { OpenSite } from "../../site/open-site.ts";
import type { HttpMemory } from "../http1/http1-factory.ts";
import { logFamilies } from "./log-metrics.ts";
import type { MetricFamily, MetricSample } from "./metric-family.ts";
import { single, sumFamilies } from "./metric-family.ts";

/** The parts of a server that runs. */
interface MeasuredParts {
  /** Connections that are open. */
  readonly connections: () => number;
  readonly memory: HttpMemory;
  /** The present site. */
  readonly site: () => OpenSite;
}

function cacheSamples({ memory, site }: MeasuredParts): readonly MetricSample[] {
  const caches = { ...site().cacheBytes(), heads: memory.headBytes() };
  return Object.entries(caches).map(([cache, value]) => ({ suffix: "", labels: { cache }, value }));
}

/** What `parts` hold now. */
export function partFamilies(parts: MeasuredParts): readonly MetricFamily[] {
  const { memory } = parts;
  return [
    single(
      "gauge",
      "postern_connections_open",
      "Connections that are open, those in TLS handshakes included.",
      parts.connections(),
    ),
    single(
      "gauge",
      "postern_output_queued_bytes",
      "Copies of output that wait for clients; buffers of up to 16 KiB aren't counted.",
      memory.output.octets,
    ),
    single(
      "gauge",
      "postern_request_bodies_bytes",
      "Content of requests in memory; buffers of up to 16 KiB aren't counted.",
      memory.bodies.octets,
    ),
    ...logFamilies(),
    {
      name: "postern_cache_bytes",
      type: "gauge",
      help: "What caches hold: files with their responses, coded variants, heads of requests.",
      samples: cacheSamples(parts),
    },
    ...backendFamilies(parts.site()),
  ];
}

/** The connections to backends; none for a server without. */
function backendFamilies({ backends }: OpenSite): readonly MetricFamily[] {
  if (backends === undefined) return [];
  const states = backends.states();
  const samples = (of: "connections" | "waiting"): readonly MetricSample[] =>
    states.map(({ name, ...state }) => ({
      suffix: "",
      labels: { backend: name },
      value: state[of],
    }));
  const families: readonly MetricFamily[] = [
    {
      name: "postern_backend_connections",
      type: "gauge",
      help: "Connections to a backend that are open or being made.",
      samples: samples("connections"),
    },
    {
      name: "postern_backend_requests_waiting",
      type: "gauge",
      help: "Requests that wait for a connection to a backend.",
      samples: samples("waiting"),
    },
  ];
  // One backend under several rules may have several pools, and a sample may stand there once.
  return sumFamilies([families]);
}
