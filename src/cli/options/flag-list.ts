/**
 * The flags as the help lists them: a line each, by topic, with the default of those that take a
 * value.
 */

import type { Topic } from "./option.ts";
import { topics } from "./option.ts";
import type { OptionFlag } from "./option-flag.ts";
import { optionFlags } from "./option-flag.ts";
import { defaultOf, rowOf } from "./option-table.ts";

/** The default of what `flag` sets, as the help shows it; undefined where it shows none. */
function shownDefault({ option, member, entry, syntax }: OptionFlag): string | undefined {
  if (syntax === undefined || syntax === "switch" || entry !== undefined) return undefined;
  const { defaultNote } = rowOf(option);
  if (defaultNote !== undefined) return defaultNote;
  const whole = defaultOf(option);
  const value =
    member === undefined ? whole : (whole as Record<string, unknown> | undefined)?.[member];
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** A flag's line: a switch that is on by default is listed as its opposite. */
function describeFlag(flag: OptionFlag): string {
  const { option, name, syntax, summary } = flag;
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  const isOpposite = syntax === "switch" && defaultOf(option) === true;
  const entry = flag.entries === undefined ? "" : `[=${flag.entries.placeholder}]`;
  const value = syntax === undefined || syntax === "switch" ? entry : ` ${syntax.placeholder}`;
  const long = `--${isOpposite ? "no-" : ""}${name}${value}`;
  const shown = shownDefault(flag);
  return `  ${short}${long.padEnd(20)} ${summary}${shown === undefined ? "" : ` (${shown})`}`;
}

/** The flags about `topic`, in the order of the help. */
function flagsAbout(topic: Topic): readonly OptionFlag[] {
  const flags = optionFlags.filter(({ option }) => rowOf(option).topic === topic);
  return flags.toSorted((one, other) => Number(other.leads ?? false) - Number(one.leads ?? false));
}

/** What `--help` prints about the flags, a line each. */
export function describeFlags(): string {
  return topics.flatMap(flagsAbout).map(describeFlag).join("\n");
}
