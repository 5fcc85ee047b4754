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

/**
 * The first argument of an executable that is a worker process. It counts only where there is a
 * channel for orders, too, so a person who gives it gets the usual answer to an unknown option.
 */
export const workerArgument = "--worker";

/** What the command line asks for. */
export interface CommandLine {
  /** What it asks of the server; an option that no word sets is absent. */
  readonly config: Config;
  /** The configuration to read: a named one, the current folder's own if there is one, or none. */
  readonly configFile: { readonly named: string } | "own" | "none";
  readonly ready: CommandOnlyOptions["ready"];
  /** Whether the help is asked for, or the topic or option that it is asked for about. */
  readonly help: boolean | string;
  readonly version: boolean;
  readonly json: boolean;
}

/** The environment's variables, by name. */
type Environment = Readonly<Record<string, string | undefined>>;

/** A flag as a word gives it: `isOn` is false for the opposite of a switch. */
interface FlagUse {
  readonly flag: OptionFlag;
  readonly isOn: boolean;
  /** How the word calls it, for messages. */
  readonly called: string;
  /** The value in the same word: "8080" of `--port=8080`, `-p8080` and `-p=8080`. */
  readonly text?: string;
}

function takesValue({ syntax }: OptionFlag): boolean {
  return syntax !== undefined && syntax !== "switch";
}

/**
 * The flag called `name`, or the switch whose opposite that is. By plain loops, since this runs at
 * each start.
 */
function longFlag(name: string): Pick<FlagUse, "flag" | "isOn"> | undefined {
  for (const flag of optionFlags) if (flag.name === name) return { flag, isOn: true };
  if (!name.startsWith("no-")) return undefined;
  const opposite = name.slice("no-".length);
  for (const flag of optionFlags) {
    if (flag.syntax === "switch" && flag.name === opposite) return { flag, isOn: false };
  }
  return undefined;
}

/** The line about an option that there isn't; its code is loaded for it. */
function unknownOption(called: string, word?: string): string {
  const { unknownOption: describe } =
    require("./unknown-option.ts") as typeof import("./unknown-option.ts");
  return describe(called, word);
}

/** What other servers' users write, for hints; it is loaded only for an error. */
function foreignWords(): typeof import("./foreign-words.ts") {
  return require("./foreign-words.ts") as typeof import("./foreign-words.ts");
}

/**
 * The flags of `word`: a long one, or short ones, of which the last may have its value behind it.
 * Fails with a line that names the one that is unknown.
 */
function flagsOf(word: string): Result<readonly FlagUse[], string> {
  if (word.startsWith("--")) {
    const equals = word.indexOf("=");
    const called = equals === -1 ? word : word.slice(0, equals);
    const found = longFlag(called.slice("--".length));
    if (found === undefined) return failure(unknownOption(called));
    return success([
      { ...found, called, ...(equals === -1 ? {} : { text: word.slice(equals + 1) }) },
    ]);
  }
  // "-port" is rather a long name with a hyphen too few than -p with the value "ort".
  if (longFlag(word.slice(1).replace(/=.*$/s, "")) !== undefined && word.length > 2) {
    return failure(unknownOption(word));
  }
  const uses: FlagUse[] = [];
  for (let at = 1; at < word.length; at++) {
    const called = `-${word.charAt(at)}`;
    const flag = optionFlags.find(({ short }) => short === word.charAt(at));
    if (flag === undefined) return failure(unknownOption(called, word));
    const rest = word.slice(at + 1);
    const text = rest.startsWith("=") ? rest.slice(1) : rest;
    if (rest !== "" && (takesValue(flag) || rest.startsWith("="))) {
      uses.push({ flag, isOn: true, called, text });
      break;
    }
    uses.push({ flag, isOn: true, called });
  }
  return success(uses);
}

/** The words of the command line, sorted. */
interface Given {
  /** The texts of each flag with a value, in their order; of the others, whether it is on. */
  readonly flags: Map<OptionFlag, readonly string[] | boolean>;
  readonly operands: string[];
  /** The folders of `/docs=folder`, by their paths. */
  readonly mounts: Map<string, string>;
}

/** The words of the command line that haven't been read. */
class Words {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  /** Takes the next word; undefined at the end. */
  readonly next = (): string | undefined => this.#words[this.#at++];

  /** Takes the next word: a name, or an option as the last word, which is then asked about. */
  nextName(): string | undefined {
    const isLast = this.#at === this.#words.length - 1;
    return isLast || this.#words[this.#at]?.startsWith("-") === false ? this.next() : undefined;
  }

  /** Takes all that are left. */
  rest(): readonly string[] {
    return this.#words.slice(this.#at, (this.#at = this.#words.length));
  }
}

/**
 * Adds `use` to `flags`; the next of `words` may be its value. Returns what is wrong with it, in a
 * line.
 */
function addFlag(
  { flag, isOn, called, text }: FlagUse,
  flags: Given["flags"],
  words: Words,
): string | undefined {
  const { syntax } = flag;
  const before = flags.get(flag);
  if (flag.mayName !== undefined) {
    if (before !== undefined) return `${called} is given twice`;
    const name = text ?? words.nextName();
    flags.set(flag, name === undefined ? true : [name]);
    return undefined;
  }
  if (syntax === undefined || syntax === "switch") {
    const isEntry = text !== undefined && flag.entries !== undefined && isOn;
    if (text !== undefined && !isEntry) return `${called} takes no value`;
    const entries = Array.isArray(before) ? before : [];
    if (before !== undefined && !(isEntry && Array.isArray(before))) {
      return `${called} is given twice`;
    }
    flags.set(flag, isEntry ? [...entries, text] : isOn);
    return undefined;
  }
  const value = text ?? words.next();
  if (value === undefined) return `${called} needs a value: ${syntax.placeholder}`;
  if (syntax.choices?.includes(value) === false) {
    const hint = foreignWords().placeHint(value);
    return `${called} must be ${syntax.expected}, not ${value}${hint}`;
  }
  const mayRepeat = flag.entry !== undefined || flag.repeats === true;
  if (before !== undefined && !mayRepeat) return `${called} is given twice`;
  flags.set(flag, Array.isArray(before) ? [...before, value] : [value]);
  return undefined;
}

/**
 * Adds a word that is no flag: a folder, or `/docs=folder`, a folder with the path that it is
 * served under. Returns what is wrong with it, in a line.
 */
function addOperand(word: string, { operands, mounts }: Given): string | undefined {
  const equals = word.startsWith("/") ? word.indexOf("=") : -1;
  if (equals === -1) {
    operands.push(word);
    return undefined;
  }
  const [at, folder] = [word.slice(0, equals), word.slice(equals + 1)];
  if (folder === "") return `${word} needs a folder; after --, it is a folder itself`;
  if (mounts.has(at)) return `${at} is given twice`;
  mounts.set(at, folder);
  return undefined;
}

/** Splits `words` into flags with their values, and operands. */
function readWords(words: readonly string[]): Result<Given, string> {
  const given: Given = { flags: new Map(), operands: [], mounts: new Map() };
  const all = new Words(words);
  for (let word = all.next(); word !== undefined; word = all.next()) {
    if (word === "--") {
      given.operands.push(...all.rest());
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      const fault = addOperand(word, given);
      if (fault !== undefined) return failure(fault);
      continue;
    }
    const uses = flagsOf(word);
    if (!uses.ok) return uses;
    for (const use of uses.value) {
      const fault = addFlag(use, given.flags, all);
      if (fault !== undefined) return failure(fault);
    }
  }
  return success(given);
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
  if (flag.mayName !== undefined) return success(what[0]);
  // A variable of the environment turns a switch on, whatever it says.
  if (syntax === undefined || syntax === "switch") return success(true);
  const values = what.map((text) => syntax.read(text));
  const wrong = values.indexOf(undefined);
  if (wrong !== -1) {
    const instead = syntax.isSecret === true ? "" : `, not ${what[wrong]}`;
    return failure(`${source} must be ${syntax.expected}${instead}`);
  }
  if (flag.entry !== undefined || values.length === 1) {
    return success(flag.entry === undefined ? values[0] : values);
  }
  const names = values.flatMap((members) => Object.keys(members as object));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) return failure(`${source} is given twice for ${twice}`);
  return success(Object.assign({}, ...values));
}

/** Whether `flag` sets all of its option, and not a part. */
function setsWhole({ member, members }: OptionFlag): boolean {
  return member === undefined && members === undefined;
}

/** The options that `given` sets, by name. */
function readOptions(
  given: Given,
  environment: Environment,
): Result<Partial<Record<OptionName, unknown>>, string> {
  const options: Partial<Record<OptionName, unknown>> = {};
  const setBy = new Map<OptionName, OptionFlag>();
  for (const flag of optionFlags) {
    // So few flags are given that the engine needn't compile what follows.
    if (!given.flags.has(flag) && flag.environment === undefined) continue;
    const found = givenTo(flag, given, environment);
    if (found === undefined) continue;
    const value = valueOf(flag, found.what, found.source);
    if (!value.ok) return value;
    const { option, member, members } = flag;
    const other = setBy.get(option);
    if (other !== undefined && (setsWhole(flag) || setsWhole(other))) {
      return failure(`--${other.name} and --${flag.name} can't both be meant`);
    }
    setBy.set(option, flag);
    if (member !== undefined || members !== undefined) {
      const set = member === undefined ? (value.value as object) : { [member]: value.value };
      options[option] = { ...(options[option] as object | undefined), ...set };
      continue;
    }
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
  const { operands, mounts } = given.value;
  if (operands.length > 1) {
    const hint = foreignWords().operandHint(...operands);
    return failure(`one folder can be served, not ${operands.length}${hint}`);
  }
  const options = readOptions(given.value, environment);
  if (!options.ok) return options;
  // The table ties what each flag is read as to the type of its option.
  const { configFile, ready, help, version, json, ...others } = options.value as Options;
  const [root] = operands;
  return success({
    config: {
      ...(root === undefined ? {} : { root }),
      ...(mounts.size === 0 ? {} : { mounts: Object.fromEntries(mounts) }),
      ...others,
    },
    configFile:
      configFile === undefined ? "own" : configFile === false ? "none" : { named: configFile },
    ready,
    help: help ?? false,
    version: version ?? false,
    json: json ?? false,
  });
}
