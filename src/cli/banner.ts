/**
 * The texts that the command prints about itself: the help, and the line that says that the server
 * listens.
 */

import type { Server } from "../server/serve.ts";

/** What `--help` prints. */
export function helpText(): string {
  const { describeFlags } =
    require("./options/flag-list.ts") as typeof import("./options/flag-list.ts");
  return `postern serves a folder over HTTP/1.1.

  postern [root] [options]             serve a folder (default: the current one), or one file
  postern [root] /docs=FOLDER...       serve further folders, each under its path
  postern audit [root] [options]       say what visitors don't get, and what they should not
  postern check SCRIPT|FOLDER...       play wire scripts; check --help tells more
  postern faults                       list what can go wrong on purpose, to test clients
  postern trust                        have browsers trust --tls; trust --help tells more

${describeFlags()}

A file is served when others may read it, by its mode bits, and may search every folder
on the way to it. PORT in the environment is the port, where --port is not given.
`;
}

/** A server or workers, as far as the line describes them. */
type Listening = Pick<Server, "url" | "host" | "port" | "root"> &
  Partial<Pick<Server, "tlsRedirect" | "unix" | "metricsUrl" | "healthUrl">>;

/** The line for people. */
export function readyLine(server: Listening): string {
  const place = server.unix === undefined ? server.url.href : `unix:${server.unix}`;
  return `Server started. Listening at ${place}\n`;
}

/** The line for programs: one JSON object. */
export function readyJson(server: Listening): string {
  const { url, host, port, tlsRedirect, root, unix, metricsUrl, healthUrl } = server;
  const beside = { metrics: metricsUrl?.href, health: healthUrl?.href };
  const at = { url: url.href, host, port, tlsRedirect, unix, ...beside };
  const ready = { event: "ready", ...at, pid: process.pid, root };
  return `${JSON.stringify(ready)}\n`;
}

/** Lines that say where metrics and health are; none where they aren't. */
export function operationsLines({
  metricsUrl,
  healthUrl,
}: Pick<Listening, "metricsUrl" | "healthUrl">): readonly string[] {
  return [
    ...(metricsUrl === undefined ? [] : [`metrics: ${metricsUrl.href}`]),
    ...(healthUrl === undefined ? [] : [`health: ${healthUrl.href}livez and readyz`]),
  ];
}
