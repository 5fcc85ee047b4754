/**
 * `--log-file`: the access log in a file, which SIGUSR1 opens again. The file must not be below a
 * served folder, where visitors would read it as soon as its mode let them, and where live reload
 * would take each line for a change, unless its name is hidden.
 *
 * With workers it is the supervisor that writes. There is one writer then, which knows how long the
 * file is and rotates it, and the workers' pipes lead to it anyway.
 */

import type { Limits } from "../../base/limits.ts";
import { EventLoop } from "../../schedule/event-loop.ts";
import { defaultOptions } from "../../server/serve-options.ts";
import { LogFile } from "../../server/logging/log-file.ts";
import type { LogStream } from "../../server/log.ts";
import { LogOutput } from "../../server/log.ts";
import { ServeError } from "../../site/serve-error.ts";
import { standardError } from "../../system/standard-streams.ts";
import { isServed, servedRemedy } from "../../tree/served-place.ts";
import type { Config } from "../config/config.ts";
import { readRotation } from "../options/connection-kinds.ts";
import { LineGatherer } from "../workers/worker-log.ts";

/** The access log of the command. */
export interface CommandLog {
  /** Where workers' lines go. */
  readonly stream: Pick<LogStream, "write" | "waitFor">;
  /** Writes whole lines of this process. */
  write(lines: string): void;
  /** Resolves when all is written that will be. The process ends then. */
  end(): Promise<void>;
}

function say(line: string): void {
  void standardError.write(`postern: ${line}\n`);
}

/** Throws a `ServeError` when the log is a file `at` a path that `config` serves. */
export function refuseServedLog(at: string, { root, mounts = {}, hidden }: Config): void {
  const mounted = Object.values(mounts);
  const own = root ?? (mounted.length === 0 ? defaultOptions.root : undefined);
  const served = own === undefined ? mounted : [own, ...mounted];
  if (!isServed(at, served, hidden === true)) return;
  throw new ServeError("logFile", `the log ${at} is in a folder that is served; ${servedRemedy}`);
}

/** Opens the log at `path`, by `config` and its `limits`. Rejects with a `ServeError`. */
export async function openFileLog(
  path: string,
  config: Config,
  limits: Limits,
): Promise<CommandLog> {
  refuseServedLog(path, config);
  const rotation = config.logRotate === undefined ? undefined : readRotation(config.logRotate);
  const opened = await LogFile.open(path, rotation, {
    failed: say,
    lost: (lines, why) => output.lost(lines, why),
  });
  if (!opened.ok) {
    throw new ServeError("logFile", `the log ${path} can't be opened: ${opened.error}`);
  }
  const file = opened.value;
  const output = new LogOutput(
    limits,
    new EventLoop().alarm(),
    file,
    say,
    `${path}: its disk is too slow`,
  );
  if (config.metrics !== undefined) {
    const { measureLogFile } = await import("../../server/operations/log-metrics.ts");
    measureLogFile(file);
  }
  const gatherer = new LineGatherer(output.write, limits.workerLogTimeMs);
  process.on("SIGUSR1", () => file.reopen());
  return {
    stream: file,
    write: (lines) => gatherer.add(lines),
    end: () => {
      void gatherer.flush();
      return output.end();
    },
  };
}
