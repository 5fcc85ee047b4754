/**
 * The command line, as one table of flags: what each is called, what it takes, and what `--help`
 * says of it. Nothing is guessed: an unknown flag, a value that is missing or out of bounds, and a
 * flag given twice are each one clear line.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import type { HeaderRule } from "../site/rules/rules.ts";
import { logFormats } from "../server/log.ts";
import type { TlsOptions } from "../server/serve-options.ts";
import type { Config } from "./config/config.ts";

/** What the command line asks for when it is to serve. */
export interface CommandLine {
  /** What is asked of the server; what no word named is absent. */
  readonly config: Config;
  /** The configuration file: one by name, the folder's own if it has one, or none. */
  readonly configFile: { readonly named: string } | "own" | "none";
  readonly ready: "line" | "json";
  readonly help: boolean;
  readonly version: boolean;
}

/**
 * A flag: `value` is what its value is called in the help, absent when it takes none. A flag that
 * turns something on or off has its opposite, too, `--explain` and `--no-explain`.
 */
interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly value?: string;
  /** Whether it is no switch: it has neither a value nor an opposite. */
  readonly single?: true;
  readonly choices?: readonly string[];
  /** Whether it may be given more than once. */
  readonly repeatable?: true;
  readonly help: string;
}

const flags = [
  { name: "port", short: "p", value: "N", help: "port to listen on, 0 for any free one (9001)" },
  { name: "host", short: "H", value: "NAME", help: "host or address (localhost)" },
  {
    name: "tls-cert",
    value: "FILE",
    help: "speak TLS, with this certificate and its chain (PEM)",
  },
  { name: "tls-key", value: "FILE", help: "the certificate's key (PEM)" },
  {
    name: "ready",
    value: "FORM",
    choices: ["line", "json"],
    help: "how to say that it listens: line or json",
  },
  { name: "quiet", short: "q", help: "print nothing but errors" },
  {
    name: "log",
    short: "l",
    value: "FORM",
    choices: logFormats,
    help: "access log: short, common, combined, json, none (short)",
  },
  {
    name: "permissions",
    value: "WHOSE",
    choices: ["other", "process"],
    help: "serve what others may read, or the process (other)",
  },
  { name: "explain", short: "x", help: "say on the page why a file is refused" },
  { name: "hidden", short: "a", help: "serve names that begin with a dot" },
  {
    name: "symlinks",
    value: "WHICH",
    choices: ["inside", "follow", "deny"],
    help: "links to follow: inside, follow (all), deny (none) (inside)",
  },
  { name: "no-listing", help: "don't list folders that have no index.html" },
  { name: "index", value: "NAME", help: "the file that stands for its folder (index.html)" },
  { name: "single", short: "s", help: "answer navigations to what isn't there with the index" },
  { name: "clean-urls", help: "/about is about.html, and /about.html leads to /about" },
  { name: "cache", value: "SECONDS", help: "how long answers are fresh (always revalidated)" },
  {
    name: "header",
    value: "FIELD",
    repeatable: true,
    help: "add 'Name: value' to answers, or to those of '/glob Name: value'",
  },
  { name: "cors", help: "let scripts of any origin read answers" },
  {
    name: "post",
    value: "WHAT",
    choices: ["form", "off"],
    help: "answer POST with the form page, or refuse it (form)",
  },
  { name: "form", value: "FILE", help: "the form page, in the root (MyForm.html)" },
  { name: "no-compress", help: "send files as they are, whatever the client takes" },
  { name: "early-hints", help: "tell what a page needs ahead of it (103)" },
  { name: "max-body", value: "BYTES", help: "largest request body taken (8388608)" },
  { name: "workers", value: "N", help: "processes that serve together, or auto: one a core (1)" },
  {
    name: "config",
    short: "c",
    value: "FILE",
    help: "the configuration (postern.config.ts or postern.config.json)",
  },
  { name: "no-config", single: true, help: "don't look for a configuration" },
  { name: "help", short: "h", single: true, help: "print this" },
  { name: "version", short: "v", single: true, help: "print the version" },
] as const satisfies readonly Flag[];

type FlagName = (typeof flags)[number]["name"];

/** The name of the opposite of the switch called `name`. */
function oppositeOf(name: string): string {
  return name.startsWith("no-") ? name.slice("no-".length) : `no-${name}`;
}

/** The flag that `word` is, by its name, by its short one, or as a switch's opposite. */
function flagCalled(word: string): Flag | undefined {
  const all: readonly Flag[] = flags;
  return (
    all.find(
      ({ name, short }) => word === `--${name}` || (short !== undefined && word === `-${short}`),
    ) ??
    all.find(
      ({ name, value, single }) =>
        value === undefined && single === undefined && word === `--${oppositeOf(name)}`,
    )
  );
}

/** What `--help` prints about the flags, a line each. */
export function describeFlags(): string {
  return flags
    .map((flag: Flag) => {
      const short = flag.short === undefined ? "    " : `-${flag.short}, `;
      const long = flag.value === undefined ? `--${flag.name}` : `--${flag.name} ${flag.value}`;
      return `  ${short}${long.padEnd(20)} ${flag.help}`;
    })
    .join("\n");
}

/** Reads a whole number in decimal digits, at most `maximum`. */
function wholeNumber(text: string, maximum: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value <= maximum ? value : undefined;
}

/** Reads how many workers; undefined when it says nothing of the kind. */
function readWorkers(text: string): Config["workers"] | undefined {
  if (text === "auto") return text;
  const count = wholeNumber(text, Number.MAX_SAFE_INTEGER);
  return count === 0 ? undefined : count;
}

interface Given {
  /** What was given, with its value: that of a switch is "off" for `--no-…`, "on" otherwise. */
  readonly values: ReadonlyMap<FlagName, string>;
  /** What repeatable flags were given, in order. */
  readonly repeated: ReadonlyMap<FlagName, readonly string[]>;
  readonly operands: readonly string[];
}

/** Splits words into flags with their values, and the rest. */
function readWords(words: readonly string[]): Result<Given, string> {
  const values = new Map<FlagName, string>();
  const repeated = new Map<FlagName, string[]>();
  const operands: string[] = [];
  let flagsEnded = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (flagsEnded || !word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    if (word === "--") {
      flagsEnded = true;
      continue;
    }
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const name = equals === -1 ? word : word.slice(0, equals);
    const flag = flagCalled(name);
    if (flag === undefined) return failure(`unknown option ${name}; --help lists them`);
    let value = equals === -1 ? undefined : word.slice(equals + 1);
    if (flag.value === undefined && value !== undefined) return failure(`${name} takes no value`);
    if (flag.value === undefined) value = name.startsWith("--no-") ? "off" : "on";
    if (flag.value !== undefined && value === undefined) value = words[++i];
    if (flag.value !== undefined && value === undefined) {
      return failure(`${name} needs a value: ${flag.value}`);
    }
    if (flag.choices !== undefined && !flag.choices.includes(value ?? "")) {
      return failure(`${name} must be one of ${flag.choices.join(", ")}, not ${value ?? ""}`);
    }
    if (flag.repeatable === true) {
      const given = repeated.get(flag.name as FlagName) ?? [];
      repeated.set(flag.name as FlagName, [...given, value ?? ""]);
      continue;
    }
    if (values.has(flag.name as FlagName)) return failure(`${name} is given twice`);
    values.set(flag.name as FlagName, value ?? "");
  }
  return success({ values, repeated, operands });
}

/** Reads `Name: value`, or `/glob Name: value`; undefined when it is neither. */
function readHeader(text: string): HeaderRule | undefined {
  const match = /^(?:(\/\S*)[ \t]+)?([^\s:]+):[ \t]*(.*?)[ \t]*$/s.exec(text);
  if (match === null) return undefined;
  const [, path, name = "", value = ""] = match;
  return path === undefined ? { name, value } : { path, name, value };
}

/** `values` without those that are undefined. */
function defined<Values extends object>(values: {
  [Name in keyof Values]: Values[Name] | undefined;
}): Values {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Values;
}

/** The certificate that was named, or a half of it: the other one may be in the configuration. */
function certificateOf(values: Given["values"]): Config["tls"] {
  const cert = values.get("tls-cert");
  const key = values.get("tls-key");
  return cert === undefined && key === undefined
    ? undefined
    : defined<Partial<TlsOptions>>({ cert, key });
}

/** What the flags ask of the server. Choices have been checked against the table above. */
function configOf(
  root: string | undefined,
  port: number | undefined,
  numbers: {
    readonly maxBody: number | undefined;
    readonly cache: number | undefined;
    readonly workers: Config["workers"] | undefined;
  },
  headers: readonly HeaderRule[],
  values: Given["values"],
): Config {
  const isOn = (name: FlagName): boolean | undefined => {
    const value = values.get(name);
    return value === undefined ? undefined : value === "on";
  };
  return defined<Config>({
    root,
    port,
    host: values.get("host"),
    tls: certificateOf(values),
    quiet: isOn("quiet"),
    log: values.get("log") as Config["log"],
    permissions: values.get("permissions") as Config["permissions"],
    explain: isOn("explain"),
    hidden: isOn("hidden"),
    symlinks: values.get("symlinks") as Config["symlinks"],
    listing: isOn("no-listing"),
    index: values.get("index"),
    single: isOn("single"),
    cleanUrls: isOn("clean-urls"),
    cache: numbers.cache,
    headers: headers.length === 0 ? undefined : headers,
    cors: isOn("cors"),
    post: values.get("post") as Config["post"],
    form: values.get("form"),
    compress: isOn("no-compress"),
    limits: numbers.maxBody === undefined ? undefined : { bodyBytesMax: numbers.maxBody },
    earlyHints: isOn("early-hints"),
    workers: numbers.workers,
  });
}

/**
 * Reads the command line's words, without the program's own. `environmentPort` is PORT of the
 * environment, which a flag wins over. Fails with a line that says what is wrong.
 */
export function readCommandLine(
  words: readonly string[],
  environmentPort: string | undefined,
): Result<CommandLine, string> {
  const given = readWords(words);
  if (!given.ok) return given;
  const { values, repeated, operands } = given.value;
  if (operands.length > 1) return failure(`one folder can be served, not ${operands.length}`);
  const portText = values.get("port") ?? (environmentPort === "" ? undefined : environmentPort);
  const port = portText === undefined ? undefined : wholeNumber(portText, 65_535);
  if (portText !== undefined && port === undefined) {
    const source = values.has("port") ? "--port" : "PORT";
    return failure(`${source} must be a number from 0 to 65535, not ${portText}`);
  }
  const maxBodyText = values.get("max-body");
  const maxBody = maxBodyText === undefined ? undefined : wholeNumber(maxBodyText, 2 ** 40);
  if (maxBodyText !== undefined && maxBody === undefined) {
    return failure(`--max-body must be a number of bytes, not ${maxBodyText}`);
  }
  const cacheText = values.get("cache");
  const cache = cacheText === undefined ? undefined : wholeNumber(cacheText, 2 ** 31);
  if (cacheText !== undefined && cache === undefined) {
    return failure(`--cache must be a number of seconds, not ${cacheText}`);
  }
  const workersText = values.get("workers");
  const workers = workersText === undefined ? undefined : readWorkers(workersText);
  if (workersText !== undefined && workers === undefined) {
    return failure(`--workers must be a number from 1 on, or auto, not ${workersText}`);
  }
  const headerTexts = repeated.get("header") ?? [];
  const headers = headerTexts.map(readHeader).filter((header) => header !== undefined);
  const badHeader = headerTexts.find((text) => readHeader(text) === undefined);
  if (badHeader !== undefined) {
    return failure(`--header must be 'Name: value' or '/glob Name: value', not ${badHeader}`);
  }
  if (values.has("config") && values.has("no-config")) {
    return failure("--config and --no-config can't both be meant");
  }
  const named = values.get("config");
  return success({
    config: configOf(operands[0], port, { maxBody, cache, workers }, headers, values),
    configFile: named === undefined ? (values.has("no-config") ? "none" : "own") : { named },
    ready: values.get("ready") === "json" ? "json" : "line",
    help: values.has("help"),
    version: values.has("version"),
  });
}
