/**
 * The sockets of `--metrics` and `--health`, which a process passes on to the one that takes over
 * from it. They go by where they listen, since the configuration may have other options by now:
 * one socket for both in the place of two, say.
 */

import type { GivenSockets } from "../../server/listening/given-sockets.ts";
import { readPlace } from "../../server/operations/listen-place.ts";
import type { Server } from "../../server/serve.ts";
import type { ServeOptions } from "../../server/serve-options.ts";
import type { Config } from "../config/config.ts";

/** The port that an http URL names by naming none (RFC 9110 §4.2.1). */
const httpPort = "80";

const names = ["metrics", "health"] as const;

type OperationsSockets = Pick<GivenSockets, (typeof names)[number]>;

/** A place where a process listens. */
interface PassedPlace {
  readonly host: string;
  readonly port: number;
  readonly sockets: readonly number[];
}

/** The place of each option; one place where both are the same. */
export type PassedOperations = Partial<Record<(typeof names)[number], PassedPlace>>;

/**
 * Passes on the `sockets` of a server with these URLs, each by `pass`, which answers with the
 * descriptor that the other process gets. Undefined when the system can't pass one on.
 */
export function passOperations(
  { metricsUrl, healthUrl }: Pick<Server, "metricsUrl" | "healthUrl">,
  sockets: OperationsSockets,
  pass: (descriptor: number) => number,
): PassedOperations | undefined {
  const passed: PassedOperations = {};
  for (const [name, url] of [["metrics", metricsUrl] as const, ["health", healthUrl] as const]) {
    if (url === undefined) continue;
    const own = sockets[name] ?? [];
    if (own.length === 0 || own.some((one) => one < 0)) return undefined;
    const { hostname: host, port } = url;
    passed[name] = { host, port: Number(port || httpPort), sockets: own.map(pass) };
  }
  return passed;
}

/** Whether a listener at `host`, as an option names it, is one at the host `passed` of a URL. */
function isAt(host: string, passed: string): boolean {
  return URL.parse(`http://${host}/`)?.hostname === passed;
}

/**
 * What a server by `config` is told of the sockets that were `passed` on to its process, if it has
 * a use for any, and the descriptors of the others. Port 0 is any that the option had before.
 */
export function takeOperations(
  passed: PassedOperations,
  config: Pick<Config, (typeof names)[number]>,
): { readonly options?: Partial<ServeOptions>; readonly unused: readonly number[] } {
  const options: { metrics?: string; health?: string } = {};
  const sockets: { metrics?: readonly number[]; health?: readonly number[] } = {};
  for (const name of names) {
    const wanted = readPlace(String(config[name]));
    if (wanted === undefined) continue;
    const candidates = wanted.port === 0 ? [passed[name]] : [passed.metrics, passed.health];
    const found = candidates.find(
      (one) =>
        one !== undefined && isAt(wanted.host, one.host) && [0, one.port].includes(wanted.port),
    );
    if (found === undefined) continue;
    options[name] = `${wanted.host}:${found.port}`;
    sockets[name] = found.sockets;
  }
  const used = new Set(Object.values(sockets).flat());
  const all = new Set(Object.values(passed).flatMap((place) => place.sockets));
  const unused = [...all].filter((descriptor) => !used.has(descriptor));
  if (used.size === 0) return { unused };
  return { options: { ...options, sockets: { main: [], ...sockets } }, unused };
}
