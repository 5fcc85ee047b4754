/**
 * The flags of all options, each with the option that it sets.
 */

import type { AnyFlag, AnyOption, OptionName } from "./option.ts";
import { optionRows } from "./option-table.ts";
import type { FlagText } from "./value-kind.ts";

/** A flag, the option that it sets, and how its value is written. */
export interface OptionFlag extends AnyFlag {
  readonly option: OptionName;
  /** "switch" for one that is on or off, undefined for one that sets a constant. */
  readonly syntax: FlagText<unknown> | "switch" | undefined;
}

/** How the value of `flag` is written, whose option is of `kind`. */
export function syntaxOf({ kind }: AnyOption, flag: AnyFlag): OptionFlag["syntax"] {
  return "sets" in flag ? undefined : (flag.entry ?? flag.members ?? flag.text ?? kind.text);
}

/** `flag` of the row `row` of the table, which is the option's that is called `option`. */
export function optionFlag(option: OptionName, row: AnyOption, flag: AnyFlag): OptionFlag {
  return { ...flag, option, syntax: syntaxOf(row, flag) };
}

/** All flags, in the table's order. A start makes only those that it is given, which are few. */
export function optionFlags(): readonly OptionFlag[] {
  return optionRows.flatMap(([option, row]) =>
    row.flags.map((flag) => optionFlag(option, row, flag)),
  );
}
