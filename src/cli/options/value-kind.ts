/**
 * Kinds of values that an option may have. A kind knows how its values are written in both places:
 * as a value in a configuration, and as a flag's text on the command line.
 *
 * Only the shape of a value is checked here. Whether the root exists or a field's name is valid is
 * checked where the option is used.
 */

import { DIGIT, everyIs } from "../../http/octets/grammar.ts";

/** What is wrong with a value. `key` is its place, "headers[0].name"; "" for the whole. */
export interface Fault {
  readonly key: string;
  readonly text: string;
}

/**
 * What a value is the path of, for a shell to complete. "in root": the path is relative to the
 * folder that is served.
 */
export type PathOf = "file" | "folder" | "file in root" | "folder in root";

/** How a flag's value is written. */
export interface FlagText<Value> {
  /** What the help calls it, "FILE". */
  readonly placeholder: string;
  /** What a text has to be, for the message that refuses another: "a number of bytes". */
  readonly expected: string;
  /** All texts that are accepted, where they are a few words. */
  readonly choices?: readonly string[];
  /** Some texts of many, for a shell to complete. */
  readonly suggests?: readonly string[];
  /** What it is the path of, for a shell to complete; absent when it is no path. */
  readonly names?: PathOf;
  /** Whether a text may hold a password, so that no message may show it. */
  readonly isSecret?: true;
  /** The value that `text` stands for; undefined when it isn't one. */
  readonly read: (text: string) => Value | undefined;
}

/** Where the paths in a configuration lead, by the folder that they are relative to. */
export type PathResolver = (path: string) => string;

/** A kind of values. */
export interface Kind<Value> {
  /** What is wrong with `value`, which a configuration has at `key`; undefined when nothing is. */
  fault(value: unknown, key: string): Fault | undefined;
  /**
   * How a flag's value of this kind is written; "switch" for a flag without a value, which is on
   * or, as its opposite `--no-…`, off. Absent when a flag can't express it.
   */
  readonly text?: FlagText<Value> | "switch";
  /** `value` with its paths resolved. Absent when the kind holds none. */
  resolvePaths?(value: Value, resolve: PathResolver): Value;
}

/** The longest part of a value that a message shows. */
const shownCharactersMax = 60;

/** `value` as a message shows it, in one line. */
function show(value: unknown): string {
  switch (typeof value) {
    case "string": {
      const quoted = JSON.stringify(value.slice(0, shownCharactersMax));
      return value.length > shownCharactersMax ? `${quoted}…` : quoted;
    }
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? "a list" : "an object";
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    default:
      return String(value);
  }
}

/** A key as a message shows it: quoted unless it is a plain word. */
export function showKey(key: string): string {
  return /^[\w$-]+$/.test(key) ? key : show(key);
}

/** The fault of `value`, which should have been `expected`. */
export function mismatch(key: string, expected: string, value: unknown): Fault {
  return { key, text: `expected ${expected}, got ${value === undefined ? "none" : show(value)}` };
}

/** The check of a kind whose values `accepts`, which messages call `expected`. */
export function faultUnless(
  expected: string,
  accepts: (value: unknown) => boolean,
): Kind<unknown>["fault"] {
  return (value, key) => (accepts(value) ? undefined : mismatch(key, expected, value));
}

/** True or false; a switch on the command line. */
export const truth: Kind<boolean> = {
  fault: faultUnless("true or false", (value) => typeof value === "boolean"),
  text: "switch",
};

/** A flag's text that is the value. */
export function plainText(placeholder: string, names?: PathOf): FlagText<string> {
  return { placeholder, expected: "text", ...(names === undefined ? {} : { names }), read: String };
}

/** Text; `flagText` says how a flag writes it. */
export function text(expected: string, flagText?: FlagText<string>): Kind<string> {
  const fault = faultUnless(expected, (value) => typeof value === "string");
  return flagText === undefined ? { fault } : { fault, text: flagText };
}

/** A path, relative to the configuration that holds it; text that `isPath` rejects is none. */
export function path(expected: string, isPath = (_text: string): boolean => true): Kind<string> {
  return {
    ...text(expected),
    resolvePaths: (value, resolve) => (isPath(value) ? resolve(value) : value),
  };
}

/** A flag's text that is a whole number up to `maximum`, in decimal digits. */
export function wholeText(
  placeholder: string,
  expected: string,
  maximum: number,
): FlagText<number> {
  const read = (given: string): number | undefined => {
    const value = Number(given);
    return given !== "" && everyIs(given, DIGIT) && value <= maximum ? value : undefined;
  };
  return { placeholder, expected, read };
}

/** Units of a size, powers of 1024. */
const sizeUnits: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** How many bytes the unit of a size has: k, M or G in either case, "" for one byte. */
export function unitBytes(unit: string): number {
  return sizeUnits[unit.toLowerCase()] ?? 1;
}

/** A flag's text that is a size up to `maximum` bytes, a whole number of bytes, k, M or G. */
export function sizeText(maximum: number): FlagText<number> {
  const read = (given: string): number | undefined => {
    const [, digits, unit = ""] = /^(\d{1,16})([kmg]?)$/i.exec(given) ?? [];
    const value = Number(digits) * unitBytes(unit);
    return value <= maximum ? value : undefined;
  };
  return { placeholder: "SIZE", expected: "a number of bytes, or of k, M or G", read };
}

/** Units of a time, in milliseconds. A number without one is of seconds. */
const timeUnitsMs: Readonly<Record<string, number>> = {
  "": 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The forms of a time, for messages. */
const timeExpected = "a time such as 90, 1.5s, 500ms, 5m, 1h or 7d";

/**
 * The time that `given` says, in whole milliseconds: a decimal number with ms, s, m, h or d behind
 * it, or one of seconds. Undefined when it is none, or is longer than `maximumMs`.
 */
export function readTimeMs(given: string, maximumMs: number): number | undefined {
  const [, digits, unit = ""] = /^(\d{1,13}(?:\.\d{1,9})?)(ms|[smhd])?$/.exec(given) ?? [];
  const timeMs = Math.round(Number(digits) * (timeUnitsMs[unit] ?? Number.NaN));
  return timeMs <= maximumMs ? timeMs : undefined;
}

/** A flag's text that is a time up to `maximumMs`, as a value in milliseconds. */
export function timeMsText(maximumMs: number, longest: string): FlagText<number> {
  const expected = `${timeExpected}, up to ${longest}`;
  return { placeholder: "TIME", expected, read: (given) => readTimeMs(given, maximumMs) };
}

/** A flag's text that is a time up to `maximum` seconds, as a value in whole seconds. */
export function secondsText(maximum: number): FlagText<number> {
  const read = (given: string): number | undefined => {
    const timeMs = readTimeMs(given, maximum * 1000);
    return timeMs === undefined || timeMs % 1000 !== 0 ? undefined : timeMs / 1000;
  };
  return { placeholder: "TIME", expected: "whole seconds, or a time such as 5m, 1h or 7d", read };
}

/** A whole number from 0 to `maximum`; `flagText` says how a flag writes it. */
export function whole(
  expected: string,
  flagText?: FlagText<number>,
  maximum = Number.MAX_SAFE_INTEGER,
): Kind<number> {
  const fault = faultUnless(
    expected,
    (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= maximum,
  );
  return flagText === undefined ? { fault } : { fault, text: flagText };
}

/** One of `choices`, which a flag can't express. */
export function oneOf<Choice extends string | number>(choices: readonly Choice[]): Kind<Choice> {
  let shown = "";
  for (const choice of choices) shown += `${shown === "" ? "" : ", "}${show(choice)}`;
  return { fault: faultUnless(`one of ${shown}`, (value) => choices.includes(value as Choice)) };
}

/** One of `words`. */
export function word<Word extends string>(placeholder: string, words: readonly Word[]): Kind<Word> {
  const expected = `one of ${words.join(", ")}`;
  const read = (given: string): Word | undefined =>
    words.includes(given as Word) ? (given as Word) : undefined;
  return { ...oneOf(words), text: { placeholder, expected, choices: words, read } };
}

/** `words` as the help lists them, each with its note: "inside, follow (all)". */
export function wordList<Word extends string>(
  words: readonly Word[],
  notes: { readonly [W in Word]?: string } = {},
): string {
  let listed = "";
  for (const one of words) {
    const note = notes[one] === undefined ? "" : ` (${notes[one]})`;
    listed += `${listed === "" ? "" : ", "}${one}${note}`;
  }
  return listed;
}
