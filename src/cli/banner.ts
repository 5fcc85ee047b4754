/** The line that says that the server listens, for people and for programs. */

import type { Server } from "../server/serve.ts";
import type { Settings } from "./config/settings.ts";
import type { CommandLine } from "./options/command-line.ts";

/** A server or workers, as far as the line describes them. */
type Listening = Pick<Server, "url" | "host" | "port" | "root"> &
  Partial<Pick<Server, "tlsRedirect" | "unix" | "metricsUrl" | "healthUrl">>;

/** Where the port is that leads from http to https; its number is known only now when it was 0. */
function redirectText({ url, tlsRedirect }: Listening): string {
  if (tlsRedirect === undefined) return "";
  const { redirectUrl } =
    require("./terminal/reached.ts") as typeof import("./terminal/reached.ts");
  return ` (${redirectUrl(url.href, tlsRedirect)} redirects to it)`;
}

/** The line for people. */
function readyLine(server: Listening): string {
  const place = server.unix === undefined ? server.url.href : `unix:${server.unix}`;
  return `Server started. Listening at ${place}${redirectText(server)}\n`;
}

/** The line for programs: one JSON object. */
export function readyJson(server: Listening): string {
  const { url, host, port, tlsRedirect, root, unix, metricsUrl, healthUrl } = server;
  const beside = { metrics: metricsUrl?.href, health: healthUrl?.href };
  const at = { url: url.href, host, port, tlsRedirect, unix, ...beside };
  const ready = { event: "ready", ...at, pid: process.pid, root };
  return `${JSON.stringify(ready)}\n`;
}

/**
 * The first line of standard output. Where the log that follows it is JSON it is JSON, too, so that
 * a program reads both, unless the command line asks for the line for people.
 */
export function firstLine(
  server: Listening,
  ready: CommandLine["ready"],
  { config: { log, logFile } }: Settings,
): string {
  const isLogJson = log === "json" && logFile === undefined;
  return ready === "json" || (isLogJson && ready !== "line")
    ? readyJson(server)
    : readyLine(server);
}

/** What is said of a listener that others than programs of this machine can ask. */
function openness({ hostname }: URL): string {
  const { isLoopback } = require("./terminal/reached.ts") as typeof import("./terminal/reached.ts");
  return isLoopback(hostname) ? "" : "; other machines may ask, without a password";
}

/**
 * Lines that say where metrics and health are, and whether they are for this machine alone; none
 * where they aren't.
 */
export function operationsLines({
  metricsUrl: metrics,
  healthUrl: health,
}: Pick<Listening, "metricsUrl" | "healthUrl">): readonly string[] {
  return [
    ...(metrics === undefined ? [] : [`metrics: ${metrics.href}${openness(metrics)}`]),
    ...(health === undefined ? [] : [`health: ${health.href}livez and /readyz${openness(health)}`]),
  ];
}
