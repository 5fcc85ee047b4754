/**
 * SIGHUP: the configuration file and the certificate are read again, and the server goes on under
 * them. A file that can't be read or served is refused with a line on standard error, and what was
 * before goes on.
 */

import { isatty } from "node:tty";

import type { Server } from "../server/serve.ts";
import type { ReloadOptions } from "../server/serve-options.ts";
import { ServeError } from "../server/serve-options.ts";
import { standardError } from "../system/standard-streams.ts";
import type { CommandLine } from "./options.ts";
import { serveOptions } from "./to-serve-options.ts";
import type { Settings } from "./settings.ts";
import { blame, readSettings } from "./settings.ts";

/** What can take a new configuration: a server, or workers. */
interface Reloadable extends Pick<Server, "url" | "host" | "port"> {
  readonly workers?: number;
  reload(options: ReloadOptions): void | Promise<void>;
}

function say(line: string): void {
  void standardError.write(`postern: ${line}\n`);
}

function isSecure({ url }: Reloadable): boolean {
  return url.protocol === "https:";
}

/** Says what is asked for and not so, since the server listens where it did at its `start`. */
function sayWhatNeedsRestart(
  server: Reloadable,
  start: Settings,
  { config, file }: Settings,
): void {
  for (const key of ["host", "port", "workers"] as const) {
    if (config[key] === start.config[key]) continue;
    say(`${file?.name}: ${key}: needs a restart, until then it is ${server[key] ?? 1}`);
  }
  if ((config.tls !== undefined) === isSecure(server)) return;
  say(`${file?.name}: tls: needs a restart, until then it is ${isSecure(server) ? "on" : "off"}`);
}

async function reload(server: Reloadable, command: CommandLine, start: Settings): Promise<void> {
  const settings = await readSettings(command);
  if (!settings.ok) return say(settings.error);
  const { config, file } = settings.value;
  if (file === undefined && start.file !== undefined) {
    return say(`${start.file.name}: no such file`);
  }
  const { tls, ...options } = serveOptions(config);
  const certificate = tls === undefined || !isSecure(server) ? {} : { tls };
  try {
    await server.reload({ ...options, ...certificate, root: config.root ?? "." });
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    return say(blame(error, settings.value, command.config));
  }
  if (config.quiet !== true) say(`${file?.name ?? "the certificate"} is in force`);
  sayWhatNeedsRestart(server, start, settings.value);
}

/**
 * Reloads on each SIGHUP, one after the other; those that come meanwhile are one. When it is sent
 * because the terminal is gone that postern was started from, it calls `stop`.
 */
export function reloadOnHangup(
  server: Reloadable,
  command: CommandLine,
  start: Settings,
  stop: () => void,
): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  let state: "idle" | "reloading" | "again" = "idle";
  const run = async (): Promise<void> => {
    while (state !== "idle") {
      state = "reloading";
      await reload(server, command, start);
      if (state === "reloading") state = "idle";
    }
  };
  process.on("SIGHUP", () => {
    // A terminal that is gone is a terminal no more.
    if (terminals.length > 0 && !terminals.some((descriptor) => isatty(descriptor))) return stop();
    const isRunning = state !== "idle";
    state = "again";
    if (!isRunning) void run();
  });
}
