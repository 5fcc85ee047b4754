/**
 * What the command line says of itself: the help, and the lines that tell that it listens.
 */

import type { Server } from "../server/serve.ts";
import { describeFlags } from "./options/flag-list.ts";

/** What `--help` prints. */
export function helpText(): string {
  return `postern serves a folder over HTTP/1.1.

  postern [root] [options]             serve a folder (default: the current one)
  postern check SCRIPT|FOLDER...       play wire scripts; check --help tells more

${describeFlags()}

A file is served when others may read it, by its mode bits, and may search every folder
on the way to it. PORT in the environment is the port, where --port is not given.
`;
}

/** What listens: a server, or workers. */
type Listening = Pick<Server, "url" | "host" | "port" | "root">;

/** The line that a person reads once the server listens. */
export function readyLine(server: Listening): string {
  return `Server started. Listening at ${server.url.href}\n`;
}

/** The line that a program reads. */
export function readyJson(server: Listening): string {
  const { url, host, port, root } = server;
  const ready = { event: "ready", url: url.href, host, port, pid: process.pid, root };
  return `${JSON.stringify(ready)}\n`;
}
