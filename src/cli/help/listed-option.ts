/**
 * An option of a command, as the help, the manual page and the completions of shells describe it.
 */

import type { PathOf } from "../options/value-kind.ts";
import { entry } from "./columns.ts";

/** How the value of an option is written. */
export interface ListedValue {
  /** What it is called, "FILE". */
  readonly placeholder: string;
  /** All words that it may be; or, if `isOpen`, some of them. */
  readonly choices?: readonly string[];
  /** Whether it may be something else than `choices`. */
  readonly isOpen?: true;
  /** What it is the path of; absent when it is no path. */
  readonly names?: PathOf;
  /** Where it stands if it may be left out: `--cors=ORIGIN`, `--help TOPIC`. */
  readonly isOptional?: "behind =" | "next word";
}

/** An option. */
export interface ListedOption {
  /** Its long name without "--". */
  readonly name: string;
  /** Its short name without "-". */
  readonly short?: string;
  /** The name of its opposite, without "--". */
  readonly opposite?: string;
  /** Absent for a switch. */
  readonly value?: ListedValue;
  readonly summary: string;
  /** Its default, where it has one to show. */
  readonly default?: string;
  /** Whether it may be given more than once. */
  readonly repeats?: true;
  /** The variable of the environment that sets it where it isn't given. */
  readonly environment?: string;
}

/** Where the text beside an option begins. */
const indent = 25;

/** How an option is written with its value: "--port N", "--cors[=ORIGIN]". */
function writtenOption({ name, value }: ListedOption): string {
  if (value === undefined) return `--${name}`;
  const { placeholder, isOptional } = value;
  if (isOptional === undefined) return `--${name} ${placeholder}`;
  return isOptional === "behind =" ? `--${name}[=${placeholder}]` : `--${name} [${placeholder}]`;
}

/** The lines of the help about `option`. */
export function describeOption(option: ListedOption): string {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  const shown = option.default === undefined ? "" : ` (${option.default})`;
  const repeats = option.repeats === true ? "; repeatable" : "";
  const text = `${option.summary}${repeats}${shown}`;
  return entry(`  ${short}${writtenOption(option)}`, text, indent);
}
