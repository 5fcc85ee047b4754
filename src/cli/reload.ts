/**
 * SIGHUP: reads the configuration, the certificate and the password file again, and lets the server
 * go on under them. If one is wrong, a line on standard error says why, and the server goes on as
 * before.
 */

import { fstatSync, statSync } from "node:fs";
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

/** What a reload has read again, and that it is in force. */
function inForce({ config, file }: Settings): string {
  if (file !== undefined) return `${file.name} is in force`;
  const read = [
    ...(hasTls(config) ? ["the certificate"] : []),
    ...(typeof config.faults === "string" ? [displayName(config.faults)] : []),
    ...(config.auth?.file === undefined ? [] : [displayName(config.auth.file)]),
  ];
  if (read.length === 0) return "SIGHUP: there is no configuration, nor another file to read again";
  return `${read.join(" and ")} ${read.length === 1 ? "is" : "are"} in force`;
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
  if (config.quiet !== true) say(inForce(settings.value));
  sayWhatNeedsRestart(server, start, settings.value);
}

/** The number of the driver of a device: that of /dev/null drives /dev/full, but no terminal. */
function majorOf(device: number): number {
  return process.platform === "darwin" ? device >>> 24 : device >>> 8;
}

/**
 * Whether the terminal that a standard stream leads to is gone. It is a device then that no longer
 * answers as a terminal. Streams that lead elsewhere, as under nohup(1), say nothing of one.
 */
function isTerminalGone(): boolean {
  let isGone = false;
  const memory = majorOf(statSync("/dev/null").rdev);
  for (const descriptor of [0, 1, 2]) {
    if (isatty(descriptor)) return false;
    try {
      const stat = fstatSync(descriptor);
      isGone ||= stat.isCharacterDevice() && majorOf(stat.rdev) !== memory;
    } catch {
      // A descriptor that is closed leads nowhere.
    }
  }
  return isGone;
}

/** The reloads of a process, one after the other. */
export class Reloads {
  readonly #server: Reloadable;
  readonly #command: CommandLine;
  readonly #start: Settings;
  readonly #stop: () => void;
  readonly #manager: Pick<ServiceManager, "reloading" | "reloaded"> | undefined;
  #state: "idle" | "reloading" | "again" = "idle";

  /** For `server`, which began with `start`; `manager` is told of each reload. */
  constructor(
    server: Reloadable,
    command: CommandLine,
    start: Settings,
    stop: () => void,
    manager?: Pick<ServiceManager, "reloading" | "reloaded">,
  ) {
    this.#server = server;
    this.#command = command;
    this.#start = start;
    this.#stop = stop;
    this.#manager = manager;
  }

  /**
   * Answers a SIGHUP: stops when the terminal is gone, and reloads otherwise. Signals that arrive
   * during a reload cause one more.
   */
  hangUp(): void {
    if (isTerminalGone()) return this.#stop();
    const isRunning = this.#state !== "idle";
    this.#state = "again";
    if (!isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    while (this.#state !== "idle") {
      this.#state = "reloading";
      this.#manager?.reloading();
      await reload(this.#server, this.#command, this.#start);
      this.#manager?.reloaded();
      if (this.#state === "reloading") this.#state = "idle";
    }
  }
}
