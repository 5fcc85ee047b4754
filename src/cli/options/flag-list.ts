/**
 * The flags as the help, the manual page and the completions of shells list them: by topic, with
 * the default of those that take a value.
 */

import type { ListedOption, ListedValue } from "../help/listed-option.ts";
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

/** How the value of `flag` is written; undefined for a flag without one. */
function valueOf({ syntax, entries, mayName }: OptionFlag): ListedValue | undefined {
  if (mayName !== undefined) {
    return {
      placeholder: mayName,
      choices: [...topics, "all"],
      isOpen: true,
      isOptional: "next word",
    };
  }
  if (entries !== undefined) {
    return { placeholder: entries.placeholder, isOptional: "behind =" };
  }
  if (syntax === undefined || syntax === "switch") return undefined;
  const { placeholder, choices, suggests, names } = syntax;
  return {
    placeholder,
    ...(names === undefined ? {} : { names }),
    ...(suggests === undefined ? {} : { choices: suggests, isOpen: true }),
    ...(choices === undefined ? {} : { choices }),
  };
}

/** A flag as it is listed: a switch that is on by default as its opposite. */
function listed(flag: OptionFlag): ListedOption {
  const { option, name, short, syntax, summary, environment } = flag;
  const isOpposite = syntax === "switch" && defaultOf(option) === true;
  const value = valueOf(flag);
  const shown = shownDefault(flag);
  const mayRepeat = flag.entry !== undefined || flag.entries !== undefined || flag.repeats === true;
  const names: Pick<ListedOption, "name" | "opposite"> =
    syntax !== "switch"
      ? { name }
      : isOpposite
        ? { name: `no-${name}`, opposite: name }
        : { name, opposite: `no-${name}` };
  return {
    ...names,
    summary,
    ...(short === undefined ? {} : { short }),
    ...(value === undefined ? {} : { value }),
    ...(shown === undefined ? {} : { default: shown }),
    ...(mayRepeat ? { repeats: true } : {}),
    ...(environment === undefined ? {} : { environment }),
  };
}

/** The flags of `wanted`, those that head their topic first. */
function inOrder(wanted: (flag: OptionFlag) => boolean): readonly ListedOption[] {
  const flags = optionFlags().filter(wanted);
  return flags
    .toSorted((one, other) => Number(other.leads ?? false) - Number(one.leads ?? false))
    .map(listed);
}

/** The flags about `topic`, in the order of the help. */
export function flagsAbout(topic: Topic): readonly ListedOption[] {
  return inOrder(({ option }) => rowOf(option).topic === topic);
}

/** The flags that the help shows before anything is asked. */
export function commonFlags(): readonly ListedOption[] {
  return topics.flatMap((topic) =>
    inOrder(({ option, isCommon }) => isCommon === true && rowOf(option).topic === topic),
  );
}

/** All flags, by topic. */
export function allFlags(): readonly ListedOption[] {
  return topics.flatMap(flagsAbout);
}
