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
import type { ServeOptions } from "../server/serve-options.ts";
import { ServeError } from "../site/serve-error.ts";
import type { Server } from "../server/serve.ts";
import { standardError, standardOutput } from "../system/standard-streams.ts";
import { operationsLines, readyJson, readyLine } from "./banner.ts";
import type { Config } from "./config/config.ts";
import type { CommandLine } from "./options/command-line.ts";
import { readCommandLine, workerArgument } from "./options/command-line.ts";
import { optionTable } from "./options/option-table.ts";
import { hasFaults, hasTls, serveOptions } from "./config/to-serve-options.ts";
import type { CommandLog } from "./logging/file-log.ts";
import type { Settings } from "./config/settings.ts";
import { refusalMessage, readSettings } from "./config/settings.ts";
import type { UploadStatus } from "./terminal/upload-status.ts";
import type { Workers } from "./workers/workers.ts";

const defaultPort: number = optionTable.port.default;
/** How many ports after the default are tried when it is in use. */
const portsTried = 100;

/** Prints why the command can't go on, and ends the process. */
function fail(line: string, status: 1 | 2): never {
  void standardError.write(`postern: ${line}\n`);
  process.exit(status);
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
        void standardError.write(`postern: port ${defaultPort} is in use, so this is ${port}\n`);
      }
      return opened;
    } catch (error) {
      const taken = error instanceof ServeError && error.code === "port-taken";
      if (!taken || port === defaultPort + portsTried) throw error;
    }
  }
}

/** Prints whole lines; a pipe without a reader drops them. */
function print(lines: string): void {
  void standardOutput.write(lines);
}

/** Whether a person reads standard output. */
function isTerminal(): boolean {
  return standardOutput.isTerminal;
}

/** The access log's output under the limits of `config`; `serve` refuses wrong ones. */
async function openLog(config: Config): Promise<CommandLog> {
  const resolved = resolveLimits(config.limits);
  const limits = resolved.ok ? resolved.value : defaultLimits;
  const { logFile, logRotate } = config;
  if (logFile !== undefined) {
    const { openFileLog } = await import("./logging/file-log.ts");
    return openFileLog(logFile, config, limits);
  }
  if (logRotate !== undefined) {
    throw new ServeError("logFile", "logRotate, --log-rotate, needs a file: logFile, --log-file");
  }
  const painted = logPaint(config);
  const output = new LogOutput(limits, new EventLoop().alarm());
  return {
    stream: painted === undefined ? standardOutput : paintedStream(painted),
    write: (lines) => void output.write(painted?.(lines) ?? lines),
    end: () => output.end(),
  };
}

/** Standard output, for lines that `painted` colours. */
function paintedStream(painted: (lines: string) => string): CommandLog["stream"] {
  const decoder = new TextDecoder();
  return {
    write: (lines) => {
      const text = typeof lines === "string" ? lines : decoder.decode(lines);
      return standardOutput.write(painted(text));
    },
    waitFor: (done, stallMs) => standardOutput.waitFor(done, stallMs),
  };
}

/** What records the traffic, if `config` asks for it. Its code is loaded only then. */
async function tapOf(config: Config): Promise<Pick<ServeOptions, "wiretap">> {
  if (config.recordTo === undefined) return {};
  const { serverRecording } = await import("./record/server-recording.ts");
  return { wiretap: serverRecording(config.recordTo, config) };
}

/** Serves in this process, or in worker processes if `config` asks for more than one. */
async function start(
  config: Config,
  log: CommandLog,
  ready: CommandLine["ready"],
): Promise<Server | Workers> {
  const options = { ...serveOptions(config), ...(await tapOf(config)) };
  if (config.workers !== undefined && config.workers !== 1) {
    const { countWorkers, openWorkers } = await import("./workers/workers.ts");
    const count = countWorkers(config);
    if (count > 1 && config.unix !== undefined) {
      throw new ServeError("workers", "workers can't share a Unix socket");
    }
    if (count > 1) {
      return onPort(config, (port) => openWorkers({ ...options, port }, count, log.stream));
    }
  }
  const own = {
    ...uploadListener(config, ready),
    write: (lines: string): void => log.write(lines),
    isTerminal: () => config.logFile === undefined && isTerminal(),
  };
  return onPort(config, (port) => serve({ ...options, ...own, port }));
}

/**
 * What shows uploads to a person while they are received; nothing where no person would see it, or
 * the terminal can't remove it. Its code is loaded by the first upload.
 */
function uploadListener(
  { quiet }: Config,
  ready: CommandLine["ready"],
): Pick<ServeOptions, "onUpload"> {
  const isDumb = process.env["TERM"] === "dumb";
  if (quiet === true || ready === "json" || isDumb || !standardOutput.isTerminal) return {};
  let status: UploadStatus | undefined;
  return { onUpload: (upload) => (status ??= openUploadStatus()).began(upload) };
}

function openUploadStatus(): UploadStatus {
  const { terminalStatus } =
    require("./terminal/upload-status.ts") as typeof import("./terminal/upload-status.ts");
  return terminalStatus(process.env);
}

/** What colours the log's lines; undefined where they are no terminal's. */
function logPaint({ log, quiet }: Config): ((lines: string) => string) | undefined {
  if (quiet === true) return undefined;
  if (!standardOutput.isTerminal && process.env["FORCE_COLOR"] === undefined) return undefined;
  const { linePaint } =
    require("./terminal/log-paint.ts") as typeof import("./terminal/log-paint.ts");
  return linePaint(log ?? optionTable.log.default, standardOutput.isTerminal, process.env);
}

/** Tells the program that has started this one where `server` listens. */
async function report(
  server: Server | Workers,
  ready: CommandLine["ready"],
  portFile: string | undefined,
): Promise<void> {
  const { reportTo, writePortFile } = await import("./ready-report.ts");
  const written = portFile === undefined ? undefined : writePortFile(portFile, server.port);
  if (written?.ok === false) fail(written.error, 1);
  if (typeof ready !== "object") return;
  const told = await reportTo(ready.descriptor, readyJson(server));
  if (!told.ok) fail(told.error, 1);
}

/** Says that `server` listens: a line, a line of JSON, or on a terminal a banner. */
async function announce(
  server: Server | Workers,
  ready: CommandLine["ready"],
  settings: Settings,
): Promise<void> {
  const { quiet, open, portFile } = settings.config;
  if (portFile !== undefined || typeof ready === "object") await report(server, ready, portFile);
  if (ready === "json") print(readyJson(server));
  else if (quiet !== true && !standardOutput.isTerminal) print(readyLine(server));
  if (quiet !== true && server.ca !== undefined && !standardOutput.isTerminal) {
    const { authorityLine } = await import("./trust/authority-line.ts");
    void standardError.write(`postern: ${authorityLine(server.ca)}\n`);
  }
  if (quiet !== true) {
    for (const line of operationsLines(server)) void standardError.write(`postern: ${line}\n`);
  }
  if (quiet !== true && hasFaults(settings.config) && !standardOutput.isTerminal) {
    const { faultsLine } = await import("./faults-command.ts");
    void standardError.write(`postern: ${faultsLine(settings.config)}\n`);
  }
  if (ready !== "json" && quiet !== true && standardOutput.isTerminal) {
    const { bannerFor } = await import("./terminal/terminal-banner.ts");
    print(await bannerFor(server, settings, process.env));
    void tellRefused(settings.config);
  }
  if (open !== true) return;
  const { openBrowser } = await import("./terminal/open-browser.ts");
  const opened = openBrowser(server);
  if (!opened.ok) void standardError.write(`postern: ${opened.error}\n`);
}

/** Says how passwords may get into wrong hands, if they may. */
async function warnOfAuth(
  server: Server | Workers,
  config: Config,
  words: readonly string[],
): Promise<void> {
  if (config.quiet === true) return;
  const { authWarnings } = await import("./auth-warnings.ts");
  for (const line of authWarnings(server, config, words)) {
    void standardError.write(`postern: ${line}\n`);
  }
}

/**
 * Serves on for as long as the limits say, though not ready; then finishes requests in flight, and
 * writes the log's last lines if they are read in time.
 */
async function end(server: Server | Workers, log: CommandLog, { limits }: Config): Promise<void> {
  server.drain();
  const drainTimeMs = limits?.drainTimeMs ?? defaultLimits.drainTimeMs;
  if (drainTimeMs > 0) await Bun.sleep(drainTimeMs);
  const timeIsUp = Bun.sleep(limits?.stopTimeMs ?? defaultLimits.stopTimeMs);
  await server.stop();
  await Promise.race([log.end(), timeIsUp]);
}

/** Tells a person how many files visitors are refused, if there are any. */
async function tellRefused(config: Config): Promise<void> {
  const { refusedLine } = await import("./audit/refused-line.ts");
  const line = await refusedLine(config);
  if (line !== undefined) print(line);
}

/** How a server is stopped. */
interface Stopping {
  /** What handles a signal. */
  readonly stop: () => void;
  /** Resolves when the server has stopped. */
  readonly stopped: Promise<void>;
}

/** Stops on the first signal; the second ends the process at once. */
function stopOnSignal(server: Server | Workers, log: CommandLog, config: Config): Stopping {
  let stopping = false;
  const stopped = Promise.withResolvers<void>();
  const stop = (): void => {
    if (stopping) {
      void server.stop({ force: true });
      process.exit(1);
    }
    stopping = true;
    end(server, log, config).then(stopped.resolve, () => process.exit(1));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return { stop, stopped: stopped.promise };
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

async function printHelp(asked: string | undefined): Promise<void> {
  const [{ helpText }, { choosePaint }] = await Promise.all([
    import("./help/help-text.ts"),
    import("./terminal/paint.ts"),
  ]);
  const text = helpText(asked, choosePaint(standardOutput.isTerminal, process.env));
  if (!text.ok) return fail(text.error, 2);
  await standardOutput.write(text.value);
}

async function printVersion(asJson: boolean): Promise<void> {
  const { versionJson, versionLine } = await import("./version.ts");
  await standardOutput.write(asJson ? versionJson() : versionLine());
}

async function serveUntilStopped(words: readonly string[]): Promise<void> {
  const command = readCommandLine(words, process.env);
  if (!command.ok) return fail(command.error, 2);
  const { help, version, json } = command.value;
  if (help !== false) return printHelp(help === true ? undefined : help);
  if (version) return printVersion(json);
  if (json) return fail("--json goes with --version, and with audit and check", 2);
  const settings = await readSettings(command.value);
  if (!settings.ok) return fail(settings.error, 2);
  const { config, file } = settings.value;
  if (config.portFile !== undefined && config.unix !== undefined) {
    return fail("a port file needs a port, and a Unix socket has none", 2);
  }
  if (typeof command.value.ready === "object") {
    const { checkDescriptor } = await import("./ready-report.ts");
    const checked = checkDescriptor(command.value.ready.descriptor);
    if (!checked.ok) return fail(checked.error, 2);
  }
  try {
    const log = await openLog(config);
    const server = await start(config, log, command.value.ready);
    endOnUnhandledError();
    const { stop, stopped } = stopOnSignal(server, log, config);
    if ("listening" in server) await server.listening;
    const { auth, faults } = config;
    const isNamed = auth?.file !== undefined || faults !== undefined;
    if (file !== undefined || hasTls(config) || isNamed) {
      const { reloadOnHangup } = await import("./reload.ts");
      reloadOnHangup(server, command.value, settings.value, stop);
    }
    if (config.auth !== undefined) await warnOfAuth(server, config, words);
    await announce(server, command.value.ready, settings.value);
    // Bun collects all garbage when the promise of the program settles, and a start has no time
    // for that. So it settles with the stop.
    await ("failed" in server ? Promise.race([stopped, server.failed]) : stopped);
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
  if (!words.some((word) => word.includes("\ufffd"))) return words;
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
  const run = await command();
  process.exitCode = await run(words.slice(1));
}
