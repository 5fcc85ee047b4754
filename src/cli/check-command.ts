/**
 * `postern check`: plays wire scripts against this server, started for each script, or against
 * other servers.
 */

import { check } from "../check/check.ts";
import type { ProgressScreen } from "../check/run/progress-line.ts";
import { ProgressLine } from "../check/run/progress-line.ts";
import type { StartServer } from "../check/play/stage.ts";
import { serve } from "../server/serve.ts";
import { standardError, standardOutput } from "../system/standard-streams.ts";
import { checkHelp, readCheckWords } from "./check/check-words.ts";
import { readCommandLine } from "./options/command-line.ts";
import { asksToRecord } from "./record/proxy-words.ts";
import { serveOptions } from "./config/to-serve-options.ts";
import { readSettings } from "./config/settings.ts";

/** Starts postern with the flags and limits that a script names. */
export const startPostern: StartServer = async ({ root, arguments: words, limits, hosts }) => {
  const named = hosts.flatMap((host) => ["--allow-host", host]);
  const command = readCommandLine([...words, ...named, root], {});
  if (!command.ok) throw new Error(command.error);
  // The current folder's configuration would change the outcome of a script that doesn't name it.
  const { configFile } = command.value;
  const settings = await readSettings({
    ...command.value,
    configFile: configFile === "own" ? "none" : configFile,
  });
  if (!settings.ok) throw new Error(settings.error);
  const options = serveOptions({ ...settings.value.config, host: "127.0.0.1", log: "none" });
  // A check touches no file of the user's.
  const { tls } = options;
  const certificate = tls === "local" ? ({ tls: true } as const) : {};
  const server = await serve({
    ...options,
    ...certificate,
    port: 0,
    limits: { ...options.limits, ...limits },
  });
  const { tlsRedirect, url } = server;
  return {
    // What a script has to say about that port can be seen there alone.
    url: tlsRedirect === undefined ? url : new URL(`http://127.0.0.1:${tlsRedirect}/`),
    stop: () => server.stop({ force: true }),
  };
};

/** What a shell says of a program that SIGPIPE has ended: 128 and the signal's number, 13. */
const brokenPipeStatus = 141;

/**
 * Runs `check` with the words after it; returns the exit status. When nothing reads its output any
 * more, as in `check … | head -1`, it ends as programs do whom the system ends for that.
 */
export async function runCheck(
  words: readonly string[],
): Promise<0 | 1 | 2 | typeof brokenPipeStatus> {
  const status = await run(words);
  await standardOutput.write("");
  return standardOutput.isBroken ? brokenPipeStatus : status;
}

async function run(words: readonly string[]): Promise<0 | 1 | 2> {
  if (words.includes("--help") || words.includes("-h")) {
    await print(checkHelp());
    return 0;
  }
  if (asksToRecord(words)) {
    const { runProxy } = await import("./record/proxy-command.ts");
    return runProxy(words, { out, error: printError, ended: interrupted() });
  }
  const read = readCheckWords(words);
  if (typeof read === "string") {
    printError(`postern: ${read}\n`);
    return 2;
  }
  const play = (): Promise<0 | 1 | 2> =>
    check({ ...read, start: startPostern, out, progress: new ProgressLine(screen()) });
  if (!read.watch) return play();
  const { playOnChange } = await import("./check/watch-scripts.ts");
  return playOnChange(read.paths, play, interrupted());
}

/** Resolves when standard output has no reader any more. */
const readerLeft = Promise.withResolvers<void>();

/** Resolves when the process is asked to end, or nothing reads what it prints. */
function interrupted(): Promise<unknown> {
  const asked = new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  return Promise.race([asked, readerLeft.promise]);
}

async function print(text: string): Promise<void> {
  await standardOutput.write(text);
  if (standardOutput.isBroken) readerLeft.resolve();
}

function out(text: string): void {
  void print(text);
}

function printError(text: string): void {
  void standardError.write(text);
}

/** Standard error, so that a report on standard output stays whole. */
function screen(): ProgressScreen {
  // A terminal that does not know its width says 0.
  const columns = standardError.isTerminal ? { columns: process.stderr.columns || 80 } : {};
  return { write: printError, ...columns };
}
