/** The completions of fish: a `complete` for each option of each command. */

import type { Operand } from "../help/command-table.ts";
import type { ListedOption } from "../help/listed-option.ts";
import type { CompletedCommand } from "./completed-command.ts";
import { named, opposites, served, valueWords, writings } from "./completed-command.ts";

/** `text` in quotes for the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}

/** The options of `complete` that offer `completed` as a value. */
function offer(completed: Operand): string {
  switch (completed) {
    case "file":
      return "-r -F";
    case "folder":
      return "-x -a '(__fish_complete_directories)'";
    case "nothing":
      return "-x";
    default:
      return `-x -a ${quoted(completed.join(" "))}`;
  }
}

/** The options of `complete` that offer `operand` as a word by itself. */
function operands(operand: Exclude<Operand, "nothing">): string {
  if (operand === "file") return "-F";
  return operand === "folder"
    ? "-a '(__fish_complete_directories)'"
    : `-a ${quoted(operand.join(" "))}`;
}

/** A line that offers what `what` says where `condition` holds. */
function complete(condition: string, what: string): string {
  return `complete -c postern -n ${quoted(condition)} ${what}\n`;
}

/** What offers `option`. */
function optionWords({ name, short, value, summary }: ListedOption): string {
  const letter = short === undefined ? "" : `-s ${short} `;
  const isTaken = value !== undefined && value.isOptional === undefined;
  const taken = isTaken ? ` ${offer(valueWords(value))}` : "";
  return `${letter}-l ${name}${taken} -d ${quoted(summary)}`;
}

/** The lines about `command`. */
function linesOf(command: CompletedCommand): string {
  const { name, options, operand } = command;
  const here = `__postern_is ${name === "" ? "serve" : name}`;
  const asking = options.filter(({ value }) => value?.isOptional === "next word");
  const follows = `__postern_follows ${asking.flatMap(writings).join(" ")}`;
  const free = asking.length === 0 ? here : `${here}; and not ${follows}`;
  return [
    ...options.map((option) => complete(here, optionWords(option))),
    ...opposites(command).map((one) => complete(`${here}; and __postern_denies`, `-l ${one}`)),
    ...asking.map(({ value }) =>
      complete(`${here}; and ${follows}`, `-a ${quoted((value?.choices ?? []).join(" "))}`),
    ),
    ...(operand === "nothing" ? [] : [complete(free, operands(operand))]),
  ].join("");
}

/** The script. */
export function fishCompletions(): string {
  const names = named.map(({ name }) => name).join(" ");
  const listed = named.map(
    ({ name, summary }) =>
      `complete -c postern -n __postern_begins -a ${name} -d ${quoted(summary)}\n`,
  );
  return `# Completions of postern for fish: postern completions fish.
# postern completions fish > ~/.config/fish/completions/postern.fish

function __postern_begins
    test (count (commandline -opc)) -eq 1
end

function __postern_is
    set -l words (commandline -opc)
    if contains -- "$words[2]" ${names}
        test "$words[2]" = $argv[1]
    else
        test $argv[1] = serve
    end
end

function __postern_denies
    string match -q -- '--no*' (commandline -ct)
end

function __postern_follows
    contains -- (commandline -opc)[-1] $argv
end

complete -c postern -f
${listed.join("")}
${[served, ...named].map(linesOf).join("\n")}`;
}
