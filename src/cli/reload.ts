/**
 * SIGHUP: reads the configuration, the certificate and the password file again, and lets the server
 * go on under them. If one is wrong, a line on standard error says why, and the server goes on as
 * before.
 */

import { isatty } from "node:tty";

import type { Server } from "../server/serve.ts";
import type { ReloadOptions } from "../server/serve-options.ts";
import { defaultOptions } from "../server/serve-options.ts";
import { ServeError } from "../site/serve-error.ts";
import { displayName } from "../tree/path.ts";
import { standardError } from "../system/standard-streams.ts";
import { isReadOnce } from "../system/named-file.ts";
import type { Config } from "./config/config.ts";
import type { CommandLine } from "./options/command-line.ts";
import type { OptionName } from "./options/option.ts";
import { defaultOf, optionRows, optionTable } from "./options/option-table.ts";
import { hasTls, serveOptions } from "./config/to-serve-options.ts";
import type { ServiceManager } from "./process/service-manager.ts";
import type { Settings } from "./config/settings.ts";
import { findFile, refusalMessage, readSettings } from "./config/settings.ts";

/** The options that need a restart. */
type RestartOption = {
  [Name in OptionName]: (typeof optionTable)[Name] extends { restart: true } ? Name : never;
}[OptionName];

const restartOptions = optionRows
  .filter(([, { restart }]) => restart === true)
  .map(([name]) => name as RestartOption);

/** A server or workers, with the current values of options that need a restart. */
interface Reloadable
  extends
    Pick<Server, "url">,
    Readonly<Partial<Record<RestartOption, number | string | undefined>>> {
  reload(options: ReloadOptions): void | Promise<void>;
}

function say(line: string): void {
  void standardError.write(`postern: ${line}\n`);
}

function isSecure({ url }: Reloadable): boolean {
  return url.protocol === "https:";
}

/** Reports options that have changed since the `start` and that need a restart. */
function sayWhatNeedsRestart(
  server: Reloadable,
  start: Settings,
  { config, file }: Settings,
): void {
  for (const name of restartOptions) {
    if (config[name] === start.config[name]) continue;
    const current = server[name] ?? (defaultOf(name) as number | string | undefined);
    const until = current === undefined ? "" : `, until then it is ${current}`;
    say(`${file?.name}: ${name}: needs a restart${until}`);
  }
  if (hasTls(config) === isSecure(server)) return;
  say(`${file?.name}: tls: needs a restart, until then it is ${isSecure(server) ? "on" : "off"}`);
}

/** What a reload has read again; undefined for nothing. */
function inForce({ config, file }: Settings): string | undefined {
  if (file !== undefined) return `${file.name} is`;
  const read = [
    ...(hasTls(config) ? ["the certificate"] : []),
    ...(typeof config.faults === "string" ? [displayName(config.faults)] : []),
    ...(config.auth?.file === undefined ? [] : [displayName(config.auth.file)]),
  ];
  if (read.length === 0) return undefined;
  return `${read.join(" and ")} ${read.length === 1 ? "is" : "are"}`;
}

/**
 * The line that refuses the first of `files` that is no regular file. A pipe may have no writer any
 * more, as that of a shell's `<(…)`; the server would wait for one and answer no request.
 */
function refuseToWait(files: readonly (string | undefined)[]): string | undefined {
  const file = files.find((one) => one !== undefined && isReadOnce(one));
  if (file === undefined) return undefined;
  return `${displayName(file)}: not a regular file, which is read at the start only`;
}

/** The files besides the configuration that `config` names and a reload reads. */
function filesReadAgain({ tls, auth, faults }: Config): readonly (string | undefined)[] {
  const { cert, key } = typeof tls === "object" ? tls : {};
  return [cert, key, auth?.file, typeof faults === "string" ? faults : undefined];
}

async function reload(server: Reloadable, command: CommandLine, start: Settings): Promise<void> {
  const name = findFile(command);
  const awaited = name.ok ? refuseToWait([name.value]) : undefined;
  if (awaited !== undefined) return say(awaited);
  const settings = await readSettings(command);
  if (!settings.ok) return say(settings.error);
  const { config, file } = settings.value;
  const alsoAwaited = refuseToWait(filesReadAgain(config));
  if (alsoAwaited !== undefined) return say(alsoAwaited);
  if (file === undefined && start.file !== undefined) {
    return say(`${start.file.name}: no such file`);
  }
  const { tls, ...options } = serveOptions(config);
  const certificate = tls === undefined || tls === false || !isSecure(server) ? {} : { tls };
  try {
    const root = config.root ?? (config.mounts === undefined ? defaultOptions.root : undefined);
    const named = root === undefined ? {} : { root };
    const { logFile } = start.config;
    if (logFile !== undefined) {
      const { refuseServedLog } = await import("./logging/file-log.ts");
      refuseServedLog(logFile, { ...config, ...named });
    }
    await server.reload({ ...options, ...certificate, ...named });
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    return say(refusalMessage(error, settings.value, command.config));
  }
  const read = inForce(settings.value);
  if (config.quiet !== true && read !== undefined) say(`${read} in force`);
  sayWhatNeedsRestart(server, start, settings.value);
}

/**
 * Reloads on each SIGHUP, one reload after the other; signals that arrive during one cause one
 * more; `manager` is told of each. When the signal means that the terminal is gone which postern
 * was started from, calls `stop`.
 */
export function reloadOnHangup(
  server: Reloadable,
  command: CommandLine,
  start: Settings,
  stop: () => void,
  manager?: Pick<ServiceManager, "reloading" | "reloaded">,
): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  let state: "idle" | "reloading" | "again" = "idle";
  const run = async (): Promise<void> => {
    while (state !== "idle") {
      state = "reloading";
      manager?.reloading();
      await reload(server, command, start);
      manager?.reloaded();
      if (state === "reloading") state = "idle";
    }
  };
  process.on("SIGHUP", () => {
    // After a hang-up the descriptors of the terminal are no longer a terminal's.
    if (terminals.length > 0 && !terminals.some((descriptor) => isatty(descriptor))) return stop();
    const isRunning = state !== "idle";
    state = "again";
    if (!isRunning) void run();
  });
}
