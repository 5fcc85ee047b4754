/**
 * Reads the command line, by the table of options. Nothing is guessed: an unknown flag, a value
 * that is missing or out of bounds, and a flag that is given twice are each one clear line.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { Config } from "../config/config.ts";
import type { CommandOnlyOptions, OptionName, Options } from "./option.ts";
import type { OptionFlag } from "./option-flag.ts";
import { optionFlags } from "./option-flag.ts";

/** What the command line asks for. */
export interface CommandLine {
  /** What it asks of the server; an option that no word sets is absent. */
  readonly config: Config;
  /** The configuration to read: a named one, the current folder's own if there is one, or none. */
  readonly configFile: { readonly named: string } | "own" | "none";
  readonly ready: NonNullable<CommandOnlyOptions["ready"]>;
  readonly help: boolean;
  readonly version: boolean;
}

/** The environment's variables, by name. */
type Environment = Readonly<Record<string, string | undefined>>;

/** A word that is a flag: `isOn` is false for the opposite of a switch. */
interface FlagWord {
  readonly flag: OptionFlag;
  readonly isOn: boolean;
}

/** The flag that `word` is, by its name, its short name, or as the opposite of a switch. */
function flagCalled(word: string): FlagWord | undefined {
  const flag = optionFlags.find(
    ({ name, short }) => word === `--${name}` || (short !== undefined && word === `-${short}`),
  );
  if (flag !== undefined) return { flag, isOn: true };
  const opposite = optionFlags.find(
    ({ name, syntax }) => syntax === "switch" && word === `--no-${name}`,
  );
  return opposite === undefined ? undefined : { flag: opposite, isOn: false };
}

/** The words of the command line, sorted. */
interface Given {
  /** The texts of each flag with a value, in their order; of the others, whether it is on. */
  readonly flags: ReadonlyMap<OptionFlag, readonly string[] | boolean>;
  readonly operands: readonly string[];
}

/** Splits `words` into flags with their values, and operands. */
function readWords(words: readonly string[]): Result<Given, string> {
  const flags = new Map<OptionFlag, readonly string[] | boolean>();
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
    const called = flagCalled(name);
    if (called === undefined) return failure(`unknown option ${name}; --help lists them`);
    const { flag, isOn } = called;
    const { syntax } = flag;
    if (syntax === undefined || syntax === "switch") {
      const before = flags.get(flag);
      const isEntry = equals !== -1 && flag.entries !== undefined && isOn;
      if (equals !== -1 && !isEntry) return failure(`${name} takes no value`);
      if (before !== undefined && !(isEntry && Array.isArray(before))) {
        return failure(`${name} is given twice`);
      }
      const entries = [...(Array.isArray(before) ? before : []), word.slice(equals + 1)];
      flags.set(flag, isEntry ? entries : isOn);
      continue;
    }
    const text = equals === -1 ? words[++i] : word.slice(equals + 1);
    if (text === undefined) return failure(`${name} needs a value: ${syntax.placeholder}`);
    if (syntax.choices?.includes(text) === false) {
      return failure(`${name} must be ${syntax.expected}, not ${text}`);
    }
    const before = flags.get(flag);
    if (before !== undefined && flag.entry === undefined) return failure(`${name} is given twice`);
    flags.set(flag, Array.isArray(before) ? [...before, text] : [text]);
  }
  return success({ flags, operands });
}

/** What `flag` was given as: on the command line, or else by the environment. */
function givenTo(
  flag: OptionFlag,
  given: Given,
  environment: Environment,
): { readonly what: readonly string[] | boolean; readonly source: string } | undefined {
  const what = given.flags.get(flag);
  if (what !== undefined) return { what, source: `--${flag.name}` };
  const variable = flag.environment;
  const text = variable === undefined ? undefined : environment[variable];
  if (variable === undefined || text === undefined || text === "") return undefined;
  return { what: [text], source: variable };
}

/** The value of `flag`: of its constant, its switch, its text, or of all its entries. */
function valueOf(
  flag: OptionFlag,
  what: readonly string[] | boolean,
  source: string,
): Result<unknown, string> {
  const { syntax } = flag;
  if (typeof what === "boolean") return success(syntax === undefined ? flag.sets : what);
  if (flag.entries !== undefined) return success(flag.entries.gather(what));
  // A variable of the environment turns a switch on, whatever it says.
  if (syntax === undefined || syntax === "switch") return success(true);
  const values = what.map((text) => syntax.read(text));
  const wrong = values.indexOf(undefined);
  if (wrong !== -1) return failure(`${source} must be ${syntax.expected}, not ${what[wrong]}`);
  return success(flag.entry === undefined ? values[0] : values);
}

/** The options that `given` sets, by name. */
function readOptions(
  given: Given,
  environment: Environment,
): Result<Partial<Record<OptionName, unknown>>, string> {
  const options: Partial<Record<OptionName, unknown>> = {};
  const setBy = new Map<OptionName, OptionFlag>();
  for (const flag of optionFlags) {
    const found = givenTo(flag, given, environment);
    if (found === undefined) continue;
    const value = valueOf(flag, found.what, found.source);
    if (!value.ok) return value;
    const { option, member, members } = flag;
    if (member !== undefined || members !== undefined) {
      const set = member === undefined ? (value.value as object) : { [member]: value.value };
      options[option] = { ...(options[option] as object | undefined), ...set };
      continue;
    }
    const other = setBy.get(option);
    if (other !== undefined) {
      return failure(`--${other.name} and --${flag.name} can't both be meant`);
    }
    setBy.set(option, flag);
    options[option] = value.value;
  }
  return success(options);
}

/**
 * Reads the command line's words, without the program's own. A variable of the environment counts
 * where its flag isn't given. Fails with a line that says what is wrong.
 */
export function readCommandLine(
  words: readonly string[],
  environment: Environment,
): Result<CommandLine, string> {
  const given = readWords(words);
  if (!given.ok) return given;
  const { operands } = given.value;
  if (operands.length > 1) return failure(`one folder can be served, not ${operands.length}`);
  const options = readOptions(given.value, environment);
  if (!options.ok) return options;
  // The table ties what each flag is read as to the type of its option.
  const { configFile, ready, help, version, ...others } = options.value as Options;
  const [root] = operands;
  return success({
    config: root === undefined ? others : { root, ...others },
    configFile:
      configFile === undefined ? "own" : configFile === false ? "none" : { named: configFile },
    ready: ready ?? "line",
    help: help ?? false,
    version: version ?? false,
  });
}
