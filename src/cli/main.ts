/**
 * The command: serves a folder until a signal stops it, or runs one of the other commands.
 *
 * Exit statuses: 0 after a stop by a signal; 1 when it can't serve (the port, the folder); 2 when
 * the command line or the configuration is wrong.
 */

import { defaultLimits, resolveLimits } from "../base/limits.ts";
import { EventLoop } from "../schedule/event-loop.ts";
import { LogOutput } from "../server/log.ts";
import { serve } from "../server/serve.ts";
import { defaultOptions } from "../server/serve-options.ts";
import type { ServeOptions, StopOptions } from "../server/serve-options.ts";
import { ServeError } from "../site/serve-error.ts";
import type { Server } from "../server/serve.ts";
import { standardError, standardOutput } from "../system/standard-streams.ts";
import { firstLine, operationsLines, readyJson } from "./banner.ts";
import type { Config } from "./config/config.ts";
import type { CommandLine } from "./options/command-line.ts";
import { readCommandLine, workerArgument } from "./options/command-line.ts";
import { optionTable } from "./options/option-table.ts";
import { hasFaults, serveOptions } from "./config/to-serve-options.ts";
import type { CommandLog } from "./logging/file-log.ts";
import type { Settings } from "./config/settings.ts";
import { refusalMessage, readSettings } from "./config/settings.ts";
import type { GivenToProcess } from "./process/given-sockets.ts";
import type { Ahead } from "./process/listen-ahead.ts";
import type { ServiceManager } from "./process/service-manager.ts";
import type { Reloads } from "./reload.ts";
import type { LogPaint } from "./terminal/log-paint.ts";
import type { UploadStatus } from "./terminal/upload-status.ts";
import type { Workers } from "./workers/workers.ts";

const defaultPort: number = optionTable.port.default;
/** How many ports after the default are tried when it is in use. */
const portsTried = 100;

function say(line: string): void {
  void standardError.write(`postern: ${line}\n`);
}

/** Prints why the command can't go on, and ends the process. */
function fail(line: string, status: 1 | 2): never {
  say(line);
  process.exit(status);
}

/** Signals for a server that listens. */
const laterSignals = ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/**
 * Holds the signals for a server that listens, which end a process without handlers until then.
 * Those are given what is among `names` after `end`.
 */
function holdSignals(): { readonly names: ReadonlySet<NodeJS.Signals>; end(): void } {
  const names = new Set<NodeJS.Signals>();
  const receive = (name: NodeJS.Signals): void => void names.add(name);
  for (const name of laterSignals) process.on(name, receive);
  const release = (): void => {
    for (const name of laterSignals) process.off(name, receive);
  };
  return { names, end: release };
}

/**
 * Calls `open` with the configured port. Without one, it tries the default port and those after it
 * until one is free, and prints which one it is.
 */
async function onPort<Opened>(
  config: Config,
  open: (port: number) => Opened | Promise<Opened>,
): Promise<Opened> {
  if (config.port !== undefined) return open(config.port);
  if (config.unix !== undefined) return open(0);
  for (let port = defaultPort; ; port++) {
    try {
      const opened = await open(port);
      if (port !== defaultPort && config.quiet !== true) {
        say(`port ${defaultPort} is in use, so this is ${port}`);
      }
      return opened;
    } catch (error) {
      const taken = error instanceof ServeError && error.code === "port-taken";
      if (!taken || port === defaultPort + portsTried) throw error;
    }
  }
}

/** The access log's output under the limits of `config`; `serve` refuses wrong ones. */
async function openLog(config: Config): Promise<CommandLog> {
  const resolved = resolveLimits(config.limits);
  const limits = resolved.ok ? resolved.value : defaultLimits;
  const { logFile } = config;
  if (logFile !== undefined) {
    const { openFileLog } = await import("./logging/file-log.ts");
    return openFileLog(logFile, config, limits);
  }
  const paint = logPaintOf(config);
  const output = new LogOutput(limits, new EventLoop().alarm());
  return {
    stream: paint?.output ?? standardOutput,
    write: (lines) => void output.write(paint?.lines(lines) ?? lines),
    end: () => output.end(),
  };
}

/** What records the traffic, if `config` asks for it. Its code is loaded only then. */
async function tapOf(config: Config): Promise<Pick<ServeOptions, "wiretap">> {
  if (config.recordTo === undefined) return {};
  const { serverRecording } = await import("./record/server-recording.ts");
  return { wiretap: serverRecording(config.recordTo, config) };
}

/** How many processes `config` asks for. What knows of more than one is loaded only then. */
async function countProcesses(config: Config): Promise<number> {
  if (config.workers === undefined || config.workers === 1) return 1;
  const { countWorkers } = await import("./workers/workers.ts");
  const count = countWorkers(config);
  if (count > 1 && config.unix !== undefined) {
    throw new ServeError("workers", "workers can't share a Unix socket");
  }
  return count;
}

/**
 * The sockets that listen before the server does, for `count` workers, and for a process that
 * becomes another user; undefined where the server makes its own.
 */
async function openAhead(config: Config, count: number): Promise<Ahead | undefined> {
  const { user, unix, tlsRedirect, host = defaultOptions.host } = config;
  if (count === 1 && user === undefined) return undefined;
  if (unix !== undefined) {
    throw new ServeError("user", "a Unix socket is made by its own user: start postern as that");
  }
  const { listenAhead } = await import("./process/listen-ahead.ts");
  return onPort(config, (port) => listenAhead(host, port, tlsRedirect, count));
}

/**
 * Serves in this process, or in worker processes if `config` asks for more than one. Resolves with
 * the server, and the log that it writes to.
 */
async function start(
  config: Config,
  given: GivenToProcess | undefined,
  ready: CommandLine["ready"],
): Promise<Pick<Running, "server" | "log">> {
  const count = await countProcesses(config);
  const ahead = given?.ahead ?? (await openAhead(config, count));
  if (config.user !== undefined) {
    const { becomeUser } = await import("./process/become-user.ts");
    becomeUser(config.user, process.env);
  }
  // The log's folder may be the user's, who could have root write through a link in it.
  const log = await openLog(config);
  const options = { ...serveOptions(config), ...(await tapOf(config)), ...given?.operations };
  if (ahead !== undefined && count > 1) {
    const { openWorkers } = await import("./workers/workers.ts");
    const output = { log: log.stream, showsUploads: showsUploadsOf(config, ready) };
    return { log, server: await openWorkers(options, ahead, count, output) };
  }
  const own = {
    ...options,
    ...(showsUploadsOf(config, ready) ? uploadListener() : {}),
    write: (lines: string): void => log.write(lines),
    isTerminal: () => config.logFile === undefined && standardOutput.isTerminal,
  };
  if (ahead === undefined) {
    return { log, server: await onPort(config, (port) => serve({ ...own, port })) };
  }
  const { aheadOptions } = await import("./process/listen-ahead.ts");
  return { log, server: await serve({ ...own, ...aheadOptions(ahead, own.sockets) }) };
}

/** Whether a person sees uploads while they are received: on a terminal that can remove a line. */
function showsUploadsOf({ quiet }: Config, ready: CommandLine["ready"]): boolean {
  const isDumb = process.env["TERM"] === "dumb";
  return quiet !== true && ready !== "json" && !isDumb && standardOutput.isTerminal;
}

/** What shows uploads of this process. Its code is loaded by the first one. */
function uploadListener(): Pick<ServeOptions, "onUpload"> {
  let status: UploadStatus | undefined;
  return { onUpload: (upload) => (status ??= openUploadStatus()).began(upload) };
}

function openUploadStatus(): UploadStatus {
  const { terminalStatus } =
    require("./terminal/upload-status.ts") as typeof import("./terminal/upload-status.ts");
  return terminalStatus(process.env);
}

/** What colours the log's lines; undefined where they are no terminal's. */
function logPaintOf({ log, quiet }: Config): LogPaint | undefined {
  if (quiet === true) return undefined;
  if (!standardOutput.isTerminal && process.env["FORCE_COLOR"] === undefined) return undefined;
  const { logPaint } =
    require("./terminal/log-paint.ts") as typeof import("./terminal/log-paint.ts");
  return logPaint(log ?? optionTable.log.default, standardOutput.isTerminal, process.env);
}

/**
 * Says that `server` listens, a line, a line of JSON, or on a terminal a banner; and before that
 * how passwords may get into wrong hands, and that nothing can be uploaded. `words` are those of
 * the command line.
 */
async function announce(
  server: Server | Workers,
  ready: CommandLine["ready"],
  settings: Settings,
  words: readonly string[],
): Promise<void> {
  const { quiet, open, portFile, auth, put, post } = settings.config;
  if (quiet !== true && (auth !== undefined || put === true || post === "upload")) {
    const { startWarnings } = await import("./start-warnings.ts");
    for (const line of startWarnings(server, settings.config, words)) say(line);
  }
  if (portFile !== undefined || typeof ready === "object") {
    const { report } = await import("./ready-report.ts");
    const told = await report(server.port, readyJson(server), ready, portFile);
    if (!told.ok) fail(told.error, 1);
  }
  if (ready === "json" || (quiet !== true && !standardOutput.isTerminal)) {
    void standardOutput.write(firstLine(server, ready, settings));
  }
  if (quiet !== true && server.ca !== undefined && !standardOutput.isTerminal) {
    const { authorityLine } = await import("./trust/authority-line.ts");
    say(authorityLine(server.ca));
  }
  if (quiet !== true) {
    for (const line of operationsLines(server)) say(line);
  }
  if (quiet !== true && hasFaults(settings.config) && !standardOutput.isTerminal) {
    const { faultsLine } = await import("./faults-command.ts");
    say(faultsLine(settings.config));
  }
  if (ready !== "json" && quiet !== true && standardOutput.isTerminal) {
    const { bannerFor } = await import("./terminal/terminal-banner.ts");
    void standardOutput.write(await bannerFor(server, settings, process.env));
    void tellRefused(settings.config);
  }
  if (open !== true) return;
  const { openBrowser } = await import("./terminal/open-browser.ts");
  const opened = openBrowser(server);
  if (!opened.ok) say(opened.error);
}

/**
 * Serves on for `drainTimeMs`, though not ready; then finishes requests in flight, after the
 * patience of `how`, in which connections may have one more, and writes the log's last lines if
 * they are read in time.
 */
async function end(
  { server, log, config: { limits } }: Running,
  drainTimeMs: number,
  how: StopOptions & { readonly patienceMs: number },
): Promise<void> {
  if (how.isReplaced !== true) server.drain();
  if (drainTimeMs > 0) await Bun.sleep(drainTimeMs);
  const timeIsUp = Bun.sleep(how.patienceMs + (limits?.stopTimeMs ?? defaultLimits.stopTimeMs));
  await server.stop(how);
  await Promise.race([log.end(), timeIsUp]);
}

/** Tells a person how many files visitors are refused, if there are any. */
async function tellRefused(config: Config): Promise<void> {
  const { refusedLine } = await import("./audit/refused-line.ts");
  const line = await refusedLine(config);
  if (line !== undefined) void standardOutput.write(line);
}

/** What a running server is stopped, reloaded and replaced with. */
interface Running {
  readonly server: Server | Workers;
  readonly log: CommandLog;
  readonly config: Config;
  readonly given: GivenToProcess | undefined;
  readonly manager: ServiceManager | undefined;
  /** Is resolved when the server has stopped. */
  readonly stopped: PromiseWithResolvers<void>;
  /** Whether it ends: after a signal that stops it, or because another process has taken over. */
  isEnding: boolean;
  /** The process that this one takes over from, as long as that may have the sockets; or -1. */
  predecessor: number;
}

/** Stops on the first signal; the second ends the process at once. Returns the handler. */
function stopOnSignal(running: Running): () => void {
  const { server, config, given, manager, stopped } = running;
  let stopping = false;
  const { drainTimeMs, restartTimeMs, handoverTimeMs } = { ...defaultLimits, ...config.limits };
  const stop = (): void => {
    if (stopping) {
      void server.stop({ force: true });
      process.exit(1);
    }
    stopping = true;
    const { isEnding } = running;
    // It has started this one, which is another one's child as soon as it has ended.
    const isReplaced = running.predecessor === process.ppid;
    running.isEnding = true;
    // A process that others serve in place of isn't the service manager's any more, or not yet.
    const isOthers = isEnding || isReplaced;
    if (!isOthers) manager?.stopping();
    // A socket that is the service manager's stays open for the next process.
    const restartMs = given?.isManagers === true && !isEnding ? restartTimeMs : 0;
    const how = { patienceMs: isReplaced ? handoverTimeMs : restartMs, isReplaced };
    end(running, isOthers ? 0 : drainTimeMs, how).then(stopped.resolve, () => process.exit(1));
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, stop);
  return stop;
}

/** Ends the process because of an error that nothing handles. */
function endWith(error: unknown): never {
  void standardError.write(`${Bun.inspect(error)}\n`);
  process.exit(1);
}

/**
 * Ends the process with status 1 on an error that nothing handles. Bun itself does so only once the
 * promise of the program has settled.
 */
function endOnUnhandledError(): void {
  process.on("uncaughtException", endWith);
  process.on("unhandledRejection", endWith);
}

/** Says that `signal` can't be obeyed, because a part of the program was removed meanwhile. */
const lacksPart =
  (signal: NodeJS.Signals) =>
  (error: unknown): void =>
    say(`${signal}: ${error instanceof Error ? error.message : String(error)}; this one goes on`);

/** Has another process take over on SIGUSR2. What does so is loaded some time after the start. */
function handOverOnSignal(running: Running): void {
  const { server, config, given, manager, stopped } = running;
  const limits = { ...defaultLimits, ...config.limits };
  const keep = async (): Promise<void> => (await import("./process/kept-code.ts")).keepCode(server);
  // A part that can't be loaded has been reported.
  setTimeout(() => void keep().catch(() => undefined), limits.codeLoadDelayMs).unref();
  let isBusy = false;
  const handOver = async (): Promise<void> => {
    const handover = await import("./process/handover.ts").catch(lacksPart("SIGUSR2"));
    if (handover === undefined) return;
    const isStopped = (): boolean => running.isEnding;
    if (!(await handover.handOver(server, limits, given, manager, isStopped))) return;
    running.isEnding = true;
    await end(running, 0, { patienceMs: limits.handoverTimeMs, isReplaced: true });
    stopped.resolve();
  };
  // The handler stays, since without one the signal ends a process that finishes its requests.
  process.on("SIGUSR2", () => {
    if (isBusy || running.isEnding) return;
    isBusy = true;
    void handOver().finally(() => (isBusy = false));
  });
}

/** Reads what can change again on SIGHUP, and says on SIGUSR1 where there is no log to open. */
function reloadOnSignal(
  { server, config, manager }: Running,
  command: CommandLine,
  settings: Settings,
  stop: () => void,
): void {
  let reloads: Reloads | undefined;
  const hangUp = async (): Promise<void> => {
    const loaded = await import("./reload.ts");
    reloads ??= new loaded.Reloads(server, command, settings, stop, manager);
    reloads.hangUp();
  };
  process.on("SIGHUP", () => void hangUp().catch(lacksPart("SIGHUP")));
  if (config.logFile !== undefined) return;
  process.on("SIGUSR1", () => say("SIGUSR1: there is no file of a log to open again (--log-file)"));
}

/** Reads the statuses of children that aren't the program's own. */
async function adoptOrphans(server: Server | Workers): Promise<void> {
  const { adoptOrphans: adopt } = await import("./process/first-process.ts");
  adopt((pid) => "hasProcess" in server && server.hasProcess(pid));
}

/** The service manager that has started this process; undefined where none has. */
async function findManager(): Promise<ServiceManager | undefined> {
  if (process.env["NOTIFY_SOCKET"] === undefined) return undefined;
  const { openServiceManager } = await import("./process/service-manager.ts");
  return openServiceManager(process.env);
}

/** The sockets that this process was given; undefined where it was given none. */
async function findGiven(config: Config): Promise<GivenToProcess | undefined> {
  const { LISTEN_FDS, POSTERN_SOCKETS } = process.env;
  if (LISTEN_FDS === undefined && POSTERN_SOCKETS === undefined) return undefined;
  const { takeGivenSockets } = await import("./process/given-sockets.ts");
  const given = takeGivenSockets(process.env, process, config);
  return given.ok ? given.value : fail(given.error, 2);
}

async function printHelp(asked: string | undefined): Promise<void> {
  const printed = await (await import("./help/print-help.ts")).printHelp(asked);
  if (!printed.ok) fail(printed.error, 2);
}

async function printVersion(asJson: boolean): Promise<void> {
  const { versionJson, versionLine } = await import("./version.ts");
  await standardOutput.write(asJson ? versionJson() : versionLine());
}

async function serveUntilStopped(words: readonly string[]): Promise<void> {
  const command = readCommandLine(words, process.env);
  if (!command.ok) return fail(command.error, 2);
  const { help, version, json, ready: asked } = command.value;
  if (help !== false) return printHelp(help === true ? undefined : help);
  if (version) return printVersion(json);
  if (json) return fail("--json goes with --version, and with audit and check", 2);
  const early = holdSignals();
  const settings = await readSettings(command.value);
  if (!settings.ok) return fail(settings.error, 2);
  const { config } = settings.value;
  if (config.portFile !== undefined && config.unix !== undefined) {
    return fail("a port file needs a port, and a Unix socket has none", 2);
  }
  const manager = await findManager();
  const given = await findGiven(config);
  // The descriptor was the first process's, which has told it that there is a server.
  const ready = given?.isSuccessor === true && typeof asked === "object" ? undefined : asked;
  if (typeof ready === "object") {
    const { checkDescriptor } = await import("./ready-report.ts");
    const checked = checkDescriptor(ready.descriptor);
    if (!checked.ok) return fail(checked.error, 2);
  }
  try {
    const { server, log } = await start(config, given, ready);
    endOnUnhandledError();
    const stopped = Promise.withResolvers<void>();
    const predecessor = given?.isSuccessor === true ? process.ppid : -1;
    const running = { server, log, config, given, manager, stopped, isEnding: false, predecessor };
    const stop = stopOnSignal(running);
    if (process.pid === 1) await adoptOrphans(server);
    if ("listening" in server) await server.listening;
    reloadOnSignal(running, command.value, settings.value, stop);
    handOverOnSignal(running);
    early.end();
    await announce(server, ready, settings.value, words);
    if (given?.isSuccessor === true) {
      const { tellServing } = await import("./process/handover.ts");
      await Promise.race([tellServing(given), stopped.promise]);
      running.predecessor = -1;
    }
    if (!running.isEnding) manager?.ready(server);
    for (const name of early.names) process.emit(name, name);
    // Bun collects all garbage when the promise of the program settles, and a start has no time
    // for that. So it settles with the stop.
    const ended = stopped.promise;
    await ("failed" in server ? Promise.race([ended, server.failed]) : ended);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    const cannotServe: readonly string[] = ["root", "port-taken", "listen"];
    const line = refusalMessage(error, settings.value, command.value.config);
    fail(line, cannotServe.includes(error.code) ? 1 : 2);
  }
}

/** `words` with the octets that aren't UTF-8, if there are any. */
function withAllOctets(words: readonly string[]): readonly string[] {
  if (!words.join("").includes("\ufffd")) return words;
  const { wordsAsGiven } =
    require("./options/given-words.ts") as typeof import("./options/given-words.ts");
  return wordsAsGiven(words);
}

/** What runs with the words after the command's name, and answers with the exit status. */
type Run = (words: readonly string[]) => Promise<number>;

/** The commands of `help/command-table.ts`, each with its code, which is loaded only for it. */
const commands: ReadonlyMap<string, () => Promise<Run>> = new Map([
  ["audit", async (): Promise<Run> => (await import("./audit/audit-command.ts")).runAudit],
  ["check", async (): Promise<Run> => (await import("./check-command.ts")).runCheck],
  [
    "completions",
    async (): Promise<Run> => (await import("./completions-command.ts")).runCompletions,
  ],
  ["faults", async (): Promise<Run> => (await import("./faults-command.ts")).runFaults],
  ["man", async (): Promise<Run> => (await import("./man-command.ts")).runMan],
  ["trust", () => trustCommand("trust")],
  ["untrust", () => trustCommand("untrust")],
]);

async function trustCommand(name: "trust" | "untrust"): Promise<Run> {
  const { runTrust } = await import("./trust/trust-command.ts");
  return (words) => runTrust(name, words);
}

/** Runs the command; `given` are the process's arguments without program and file. */
export async function main(given: readonly string[]): Promise<void> {
  const words = withAllOctets(given);
  const [first = ""] = words;
  if (first === workerArgument && Bun.isStandaloneExecutable && process.send !== undefined) {
    await import("./workers/worker.ts");
    return;
  }
  const command = commands.get(first);
  if (command === undefined) return serveUntilStopped(words);
  process.exitCode = await (await command())(words.slice(1));
}
