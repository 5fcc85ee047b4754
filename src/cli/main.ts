/**
 * The command line: serves a folder until it is told to stop, or hands over to `check`.
 *
 * Exit statuses: 0 when it was told to stop and did; 1 when it can't serve (the port, the folder);
 * 2 when the command line can't be read.
 */

import { serve } from "../server/serve.ts";
import { ServeError } from "../server/serve-options.ts";
import type { Server } from "../server/serve.ts";
import { helpText, readyJson, readyLine } from "./banner.ts";
import type { CommandLine } from "./options.ts";
import { readCommandLine } from "./options.ts";
import { serveOptions } from "./serve-options.ts";

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
async function start(command: CommandLine): Promise<Server> {
  const options = serveOptions(command);
  if (command.port !== undefined) return serve({ ...options, port: command.port });
  for (let port = defaultPort; ; port++) {
    try {
      const server = await serve({ ...options, port });
      if (port !== defaultPort && !command.quiet) {
        process.stderr.write(`postern: port ${defaultPort} is in use, so this is ${port}\n`);
      }
      return server;
    } catch (error) {
      const taken = error instanceof ServeError && error.code === "port-taken";
      if (!taken || port === defaultPort + portsTried) throw error;
    }
  }
}

/** Stops on the first signal; the second one ends the process at once. */
function stopOnSignal(server: Server): void {
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
  try {
    const server = await start(command.value);
    stopOnSignal(server);
    outliveReaders();
    if (command.value.ready === "json") process.stdout.write(readyJson(server));
    else if (!command.value.quiet) process.stdout.write(readyLine(server));
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    complain(error.message, error.code === "limits" || error.code === "form" ? 2 : 1);
  }
}

/** Runs the command line; `words` are the process's arguments without program and file. */
export async function main(words: readonly string[]): Promise<void> {
  if (words[0] !== "check") return serveUntilStopped(words);
  const { runCheck } = await import("./check-command.ts");
  process.exitCode = await runCheck(words.slice(1));
}
