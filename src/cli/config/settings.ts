/**
 * The configuration and the command line together, of which the command line wins. The code that
 * reads a configuration is loaded when there is one.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { lookAt } from "../../system/file-system.ts";
import type { ServeError } from "../../site/serve-error.ts";
import type { Config } from "./config.ts";
import { configFileNames } from "./config.ts";
import type { CommandLine } from "../options/command-line.ts";
import { optionRows } from "../options/option-table.ts";
import { mergeConfigs } from "./to-serve-options.ts";

/** What the server is to serve, and how. */
export interface Settings {
  /** What the file and the command line set, merged. */
  readonly config: Config;
  /** The file, and what it sets by itself. */
  readonly file?: { readonly name: string; readonly config: Config };
}

/** The configuration's path: the named one, or the current folder's; undefined when it has none. */
function findFile({ configFile }: CommandLine): Result<string | undefined, string> {
  if (configFile === "none") return success(undefined);
  if (configFile !== "own") return success(configFile.named);
  const found = configFileNames.filter((name) => lookAt(name).ok);
  if (found.length < 2) return success(found[0]);
  return failure(`${found.join(" and ")} are both here; --config says which`);
}

/** Reads what `command` and its configuration set. Fails with a line that says what is wrong. */
export async function readSettings(command: CommandLine): Promise<Result<Settings, string>> {
  const name = findFile(command);
  if (!name.ok) return name;
  if (name.value === undefined) return success({ config: command.config });
  const { readConfigFile } = await import("./config-file.ts");
  const read = await readConfigFile(name.value);
  if (!read.ok) return read;
  const config = mergeConfigs(read.value, command.config);
  return success({ config, file: { name: name.value, config: read.value } });
}

/** The options that a `ServeError` of this code refuses. */
function optionsRefusedBy(code: ServeError["code"]): readonly string[] {
  return optionRows.filter(([name, row]) => code === (row.errorCode ?? name)).map(([name]) => name);
}

/**
 * The message of a `ServeError`, with the file and the key where the file set the option. `words`
 * is what the command line sets.
 */
export function refusalMessage(
  { code, message }: ServeError,
  { file }: Settings,
  words: Config,
): string {
  const keys = optionsRefusedBy(code);
  const isIn = (config: Config): boolean => keys.some((key) => Object.hasOwn(config, key));
  if (file === undefined || !isIn(file.config) || isIn(words)) return message;
  return `${file.name}: ${keys.length === 1 ? `${code}: ` : ""}${message}`;
}
