/**
 * The flags of all options, each with the option that it sets.
 */

import type { AnyFlag, OptionName } from "./option.ts";
import { optionRows } from "./option-table.ts";
import type { FlagText } from "./value-kind.ts";

/** A flag, the option that it sets, and how its value is written. */
export interface OptionFlag extends AnyFlag {
  readonly option: OptionName;
  /** "switch" for one that is on or off, undefined for one that sets a constant. */
  readonly syntax: FlagText<unknown> | "switch" | undefined;
}

/** By plain loops, since this runs at each start. */
function flagsOf(): readonly OptionFlag[] {
  const all: OptionFlag[] = [];
  for (const [option, { kind, flags }] of optionRows) {
    for (const flag of flags) {
      const syntax =
        "sets" in flag ? undefined : (flag.entry ?? flag.members ?? flag.text ?? kind.text);
      all.push({ ...flag, option, syntax });
    }
  }
  return all;
}

/** All flags, in the table's order. */
export const optionFlags = flagsOf();
