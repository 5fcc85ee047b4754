/**
 * What is asked for in all: by the configuration file, if there is one, and by the command line,
 * which wins over it. What reads a file is loaded when there is one.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { lookAt } from "../system/file-system.ts";
import type { ServeError } from "../server/serve-options.ts";
import type { Config } from "./config/config.ts";
import type { CommandLine } from "./options.ts";
import { mergeConfigs } from "./to-serve-options.ts";

/** The names that are looked for in the current folder. */
const ownNames: readonly string[] = ["postern.config.ts", "postern.config.json"];

/** What is asked for. */
export interface Settings {
  readonly config: Config;
  /** The configuration file and what it says by itself. */
  readonly file?: { readonly name: string; readonly config: Config };
}

/** The configuration file that `command` means; undefined when there is none. */
function findFile({ configFile }: CommandLine): Result<string | undefined, string> {
  if (configFile === "none") return success(undefined);
  if (configFile !== "own") return success(configFile.named);
  const found = ownNames.filter((name) => lookAt(name).ok);
  if (found.length < 2) return success(found[0]);
  return failure(`${found.join(" and ")} are both here; --config says which`);
}

/** Finds out what is asked for. Fails with a line that says what is wrong in the file. */
export async function readSettings(command: CommandLine): Promise<Result<Settings, string>> {
  const name = findFile(command);
  if (!name.ok) return name;
  if (name.value === undefined) return success({ config: command.config });
  const { readConfigFile } = await import("./config/config-file.ts");
  const read = await readConfigFile(name.value);
  if (!read.ok) return read;
  const config = mergeConfigs(read.value, command.config);
  return success({ config, file: { name: name.value, config: read.value } });
}

/** Which keys a `ServeError` is about. */
function keysOf(code: ServeError["code"]): readonly string[] {
  return code === "rules" ? ["headers", "cors", "redirects", "rewrites"] : [code];
}

/** Why there can be no such server, with the file and the key when it is the file's doing. */
export function blame({ code, message }: ServeError, { file }: Settings, words: Config): string {
  const keys = keysOf(code);
  const isIn = (config: Config): boolean => keys.some((key) => Object.hasOwn(config, key));
  if (file === undefined || !isIn(file.config) || isIn(words)) return message;
  return `${file.name}: ${keys.length === 1 ? `${code}: ` : ""}${message}`;
}
