/** The completions of fish: a `complete` for each option of each command. */

import type { Operand } from "../help/command-table.ts";
import type { ListedOption } from "../help/listed-option.ts";
import type { CompletedCommand } from "./completed-command.ts";
import {
  named,
  opposites,
  rooted,
  served,
  takers,
  valueWords,
  writings,
} from "./completed-command.ts";

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
    case "file in root":
      return "-x -a '(__postern_below file)'";
    case "folder in root":
      return "-x -a '(__postern_below folder)'";
    case "nothing":
      return "-x";
    default:
      return `-x -a ${quoted(completed.join(" "))}`;
  }
}

/** The options of `complete` that offer `operand` as a word by itself. */
function operands(operand: Exclude<Operand, "nothing">): string {
  if (typeof operand !== "string") return `-a ${quoted(operand.join(" "))}`;
  return operand === "folder" ? "-a '(__fish_complete_directories)'" : "-F";
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

# What is in the root: the first word that is no option, no value of one and no /docs=FOLDER, or
# else in the current folder.
function __postern_below
    set -l root .
    set -l is_value 0
    set -l words (commandline -op)
    set -e words[1]
    contains -- "$words[1]" ${rooted.join(" ")}
    and set -e words[1]
    for one in $words
        if test $is_value -eq 1
            set is_value 0
        else if contains -- $one ${takers().join(" ")}
            set is_value 1
        else if not string match -q -r '^(-|/.*=|$)' -- $one
            set root (string replace -r '^~/' "$HOME/" -- $one)
            break
        end
    end
    set -l typed (string replace -r '^--[^=]*=' '' -- (commandline -ct))
    set -l found
    if test $argv[1] = folder
        set found $root/$typed*/
    else
        for one in $root/$typed*
            test -f $one
            and set -a found $one
        end
    end
    for one in $found
        string sub -s (math (string length -- $root) + 2) -- $one
    end
end

complete -c postern -f
${listed.join("")}
${[served, ...named].map(linesOf).join("\n")}`;
}
