/**
 * The command line: serves a folder until it is told to stop, or hands over to `check`.
 *
 * Exit statuses: 0 when it was told to stop and did; 1 when it can't serve (the port, the folder);
 * 2 when the command line or the configuration can't be read.
 */

import { serve } from "../server/serve.ts";
import { ServeError } from "../server/serve-options.ts";
import type { Server } from "../server/serve.ts";
import { helpText, readyJson, readyLine } from "./banner.ts";
import type { Config } from "./config.ts";
import { readCommandLine } from "./options.ts";
import { serveOptions } from "./serve-options.ts";
import { blame, readSettings } from "./settings.ts";

const defaultPort = 9001;
/** How many ports after the default one are tried when it is taken. */
const portsTried = 100;

function complain(line: string, status: 1 | 2): never {
  process.stderr.write(`postern: ${line}\n`);
  process.exit(status);
}

/**
 * A port that was named is used or not; the default may be swapped for the next free one, which is
 * then said.
 */
async function start(config: Config): Promise<Server> {
  const options = serveOptions(config);
  if (config.port !== undefined) return serve(options);
  for (let port = defaultPort; ; port++) {
    try {
      const server = await serve({ ...options, port });
      if (port !== defaultPort && config.quiet !== true) {
        process.stderr.write(`postern: port ${defaultPort} is in use, so this is ${port}\n`);
      }
      return server;
    } catch (error) {
      const taken = error instanceof ServeError && error.code === "port-taken";
      if (!taken || port === defaultPort + portsTried) throw error;
    }
  }
}

/** Stops on the first signal; the second one ends the process at once. Answers with what stops. */
function stopOnSignal(server: Server): () => void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return stop;
}

/** Who has read the line that it wanted may close the pipe: `postern | head -1` goes on serving. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

async function serveUntilStopped(words: readonly string[]): Promise<void> {
  const command = readCommandLine(words, process.env["PORT"]);
  if (!command.ok) return complain(command.error, 2);
  if (command.value.help) {
    process.stdout.write(helpText());
    return;
  }
  if (command.value.version) {
    const { default: about } = await import("../../package.json");
    process.stdout.write(`${about.version}\n`);
    return;
  }
  const settings = await readSettings(command.value);
  if (!settings.ok) return complain(settings.error, 2);
  const { config, file } = settings.value;
  try {
    const server = await start(config);
    const stop = stopOnSignal(server);
    outliveReaders();
    if (file !== undefined || config.tls !== undefined) {
      const { reloadOnHangup } = await import("./reload.ts");
      reloadOnHangup(server, command.value, settings.value, stop);
    }
    if (command.value.ready === "json") process.stdout.write(readyJson(server));
    else if (config.quiet !== true) process.stdout.write(readyLine(server));
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    const cannotServe: readonly string[] = ["root", "port-taken", "listen"];
    const line = blame(error, settings.value, command.value.config);
    complain(line, cannotServe.includes(error.code) ? 1 : 2);
  }
}

/** Runs the command line; `words` are the process's arguments without program and file. */
export async function main(words: readonly string[]): Promise<void> {
  if (words[0] !== "check") return serveUntilStopped(words);
  const { runCheck } = await import("./check-command.ts");
  process.exitCode = await runCheck(words.slice(1));
}
