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
export function findFile({ configFile }: CommandLine): Result<string | undefined, string> {
  if (configFile === "none") return success(undefined);
  if (configFile !== "own") return success(configFile.named);
  const found: string[] = [];
  for (const name of configFileNames) if (lookAt(name).ok) found.push(name);
  if (found.length < 2) return success(found[0]);
  return failure(`${found.join(" and ")} are both here; --config says which`);
}

/** Options that have no effect without another one. */
interface Need {
  readonly options: readonly (keyof Config)[];
  readonly isMet: (config: Config) => boolean;
  /** What is needed, as the command line and as a configuration write it; and what it is for. */
  readonly flags: string;
  readonly keys: string;
  readonly why: string;
}

const needs: readonly Need[] = [
  {
    options: ["proxyProtocol"],
    isMet: ({ trustProxy = [] }) => trustProxy.length > 0,
    flags: "--trust-proxy",
    keys: "trustProxy",
    why: "which says whose headers count",
  },
  {
    options: ["logRotate"],
    isMet: ({ logFile }) => logFile !== undefined,
    flags: "--log-file",
    keys: "logFile",
    why: "which names the file that is rotated",
  },
  {
    options: ["uploadDir", "uploadMode", "uploadQuota", "trustUploads"],
    isMet: ({ put, post }) => put === true || post === "upload",
    flags: "--post upload or --put",
    keys: 'post: "upload" or put: true',
    why: "without which nothing is stored",
  },
];

/** The first of `options` that `config` turns on. */
function firstAsked(config: Config, options: Need["options"]): keyof Config | undefined {
  for (const option of options) {
    if (config[option] !== undefined && config[option] !== false) return option;
  }
  return undefined;
}

/** The name of the option's first flag, with its dashes. */
function flagOf(option: string): string {
  const [flag] = optionRows.find(([name]) => name === option)?.[1].flags ?? [];
  return flag === undefined ? option : `--${flag.name}`;
}

/**
 * The line that refuses the first option of `words` or `file` that would have no effect for want of
 * another one; undefined when there is none. An option of the file has what it needs there, too:
 * the command line may turn that off.
 */
function unmetNeed({ config, file }: Settings, words: Config): string | undefined {
  for (const { options, isMet, flags, keys, why } of needs) {
    if (isMet(config)) continue;
    const given = firstAsked(words, options);
    if (given !== undefined) return `${flagOf(given)} needs ${flags}, ${why}`;
    if (file === undefined || isMet(file.config)) continue;
    const set = firstAsked(config, options);
    if (set !== undefined) return `${file.name}: ${set}: needs ${keys}, ${why}`;
  }
  return undefined;
}

/** `settings`, unless an option lacks what it needs. */
function checked(settings: Settings, words: Config): Result<Settings, string> {
  const line = unmetNeed(settings, words);
  return line === undefined ? success(settings) : failure(line);
}

/** Reads what `command` and its configuration set. Fails with a line that says what is wrong. */
export async function readSettings(command: CommandLine): Promise<Result<Settings, string>> {
  const name = findFile(command);
  if (!name.ok) return name;
  if (name.value === undefined) return checked({ config: command.config }, command.config);
  const { readConfigFile } = await import("./config-file.ts");
  const read = await readConfigFile(name.value);
  if (!read.ok) return read;
  const config = mergeConfigs(read.value, command.config);
  return checked({ config, file: { name: name.value, config: read.value } }, command.config);
}

/** The options that a `ServeError` of this code refuses. */
function optionsRefusedBy(code: ServeError["code"]): readonly string[] {
  return optionRows.filter(([name, row]) => code === (row.errorCode ?? name)).map(([name]) => name);
}

/** The codes of messages that don't say by themselves which option they are about. */
const unnamed: readonly ServeError["code"][] = ["uploadDir"];

/** `message`, which refuses an option of `words`, as its writer reads it. */
function messageOfWords({ code, message }: ServeError, { root }: Config): string {
  if (root !== undefined && message === `no such folder: ${root}`) {
    const { operandHint } =
      require("../options/foreign-words.ts") as typeof import("../options/foreign-words.ts");
    return `${message}${operandHint(root)}`;
  }
  if (message === "not an origin: *") return `${message}; did you mean --cors alone?`;
  return unnamed.includes(code) ? `${flagOf(code)}: ${message}` : message;
}

/**
 * The message of a `ServeError`, with the file and the key where the file set the option, and with
 * the flag where the message needs it. `words` is what the command line sets.
 */
export function refusalMessage(error: ServeError, { file }: Settings, words: Config): string {
  const { code, message } = error;
  const keys = optionsRefusedBy(code);
  const isIn = (config: Config): boolean => keys.some((key) => Object.hasOwn(config, key));
  if (isIn(words)) return messageOfWords(error, words);
  if (file === undefined || !isIn(file.config)) return message;
  return `${file.name}: ${keys.length === 1 ? `${code}: ` : ""}${message}`;
}
