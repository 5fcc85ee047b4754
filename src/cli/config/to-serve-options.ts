/**
 * From a configuration's file and the command line to the options of the library.
 */

import type { LogFormat } from "../../server/log.ts";
import type { ServeOptions } from "../../server/serve-options.ts";
import { optionRows, optionTable, rowOf } from "../options/option-table.ts";
import type { Config } from "./config.ts";

/**
 * Merges both: `words` win over `file`. Where flags set a member of an option, or add an entry, the
 * file's other members and its entries stay.
 */
export function mergeConfigs(file: Config, words: Config): Config {
  const inFile = file as Readonly<Record<string, unknown>>;
  const inWords = words as Readonly<Record<string, unknown>>;
  const merged: Record<string, unknown> = { ...inFile, ...inWords };
  for (const [name, { flags }] of optionRows) {
    const [given, added] = [inFile[name], inWords[name]];
    if (given === undefined || added === undefined) continue;
    const areObjects = typeof given === "object" && typeof added === "object";
    if (
      areObjects &&
      flags.some((flag) => flag.member !== undefined || flag.members !== undefined)
    ) {
      merged[name] = { ...given, ...added };
    }
    if (flags.some(({ entry }) => entry !== undefined)) {
      merged[name] = [...(given as readonly unknown[]), ...(added as readonly unknown[])];
    }
  }
  // A flag that asks for a log outweighs the file's wish for quiet.
  const quiet = words.quiet ?? (words.log === undefined && file.quiet === true);
  return { ...(merged as Config), quiet };
}

/** Whether `config` asks for TLS. */
export function hasTls({ tls }: Config): boolean {
  return tls !== undefined && tls !== false;
}

/** Whether `config` asks for answers that go wrong. */
export function hasFaults({ faults }: Config): boolean {
  return faults !== undefined && faults.length > 0;
}

/**
 * The access log's format. Programs read a file, and days later, so it has one with dates and
 * addresses.
 */
function logFormat({ quiet, log, logFile }: Config): LogFormat {
  if (logFile !== undefined) return log ?? "combined";
  return quiet === true ? "none" : (log ?? optionTable.log.default);
}

/** What `config` asks of the library. Half a certificate is refused where it is read. */
export function serveOptions(config: Config): ServeOptions {
  const options: Record<string, unknown> = {};
  for (const name of Object.keys(config) as (keyof Config)[]) {
    if (rowOf(name).scope === undefined) options[name] = config[name];
  }
  const { tls } = config;
  const kept = tls === true ? ({ tls: "local" } as const) : {};
  return { ...options, ...kept, log: logFormat(config), record: false };
}
