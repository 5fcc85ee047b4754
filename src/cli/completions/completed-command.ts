/**
 * The command as a shell completes it: what may follow each word. It is the same for all shells,
 * and made of the table of options and that of commands.
 */

import type { Command, Operand } from "../help/command-table.ts";
import { commands } from "../help/command-table.ts";
import type { ListedOption, ListedValue } from "../help/listed-option.ts";
import { allFlags } from "../options/flag-list.ts";

/** A command with all its options. */
export interface CompletedCommand extends Pick<Command, "name" | "summary" | "operand"> {
  readonly options: readonly ListedOption[];
}

/** What the value of an option may be. */
export function valueWords({ names, choices }: ListedValue): Operand {
  return names ?? choices ?? "nothing";
}

/** Serving, which has no name of its own. */
export const served: CompletedCommand = {
  name: "",
  summary: "",
  operand: "file",
  options: allFlags(),
};

/** The commands with a name. */
export const named: readonly CompletedCommand[] = commands.map(
  ({ name, summary, operand, options, takesServerOptions }) => ({
    name,
    summary,
    operand,
    options: takesServerOptions === true ? [...allFlags(), ...options] : options,
  }),
);

/** The commands that have the server's options and its root. */
export const rooted: readonly string[] = commands
  .filter(({ takesServerOptions }) => takesServerOptions === true)
  .map(({ name }) => name);

/** The options of the server whose value is the next word, so that this is no root. */
export function takers(): readonly string[] {
  const taking = served.options.filter(
    ({ value }) => value !== undefined && value.isOptional !== "behind =",
  );
  return taking.flatMap(writings);
}

/** The opposites of the switches of `command` that begin with "no-". */
export function opposites({ options }: CompletedCommand): readonly string[] {
  return options.flatMap(({ opposite }) =>
    opposite?.startsWith("no-") === true ? [opposite] : [],
  );
}

/** How `option` may be written. */
export function writings({ name, short }: ListedOption): readonly string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}
