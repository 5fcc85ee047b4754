/**
 * The manual page postern(1), made of the table of options and that of commands, in the macros of
 * mdoc(7).
 */

import { checkGroups } from "../check/check-options.ts";
import type { Command } from "../help/command-table.ts";
import { commands } from "../help/command-table.ts";
import { topicTitles } from "../help/help-text.ts";
import type { ListedOption } from "../help/listed-option.ts";
import { allFlags, flagsAbout } from "../options/flag-list.ts";
import { topics } from "../options/option.ts";
import about from "../../../package.json";
import { argument, roffText, sentences } from "./mdoc.ts";

/** When what follows was last written; what is made of the tables is as new as the program. */
const written = "November 29, 2026";

/** What the environment's variables do; those that stand for an option are in the table. */
const variables = [
  ["FORCE_COLOR", "Colours in a pipe, too; with 0, none anywhere."],
  ["NO_COLOR", "No colours on a terminal."],
  ["POSTERN_NATIVE", "With off, no function of libc is called directly."],
] as const;

const files = [
  [
    "postern.config.ts",
    "The configuration, which is looked for in the current folder, or postern.config.json.",
  ],
  ["~/.local/share/postern/", "The authority that signs the certificates of --tls, with its key."],
] as const;

const statuses = [
  ["0", "It was told to stop."],
  ["1", "It can't serve: the folder, the port, the workers; or it was stopped twice."],
  ["2", "An option, the configuration or the certificate can't be used."],
] as const;

const examples = [
  ["Serve the current folder on http://localhost:9001/:", "postern"],
  ["Let a phone on the same network look at it:", "postern ~/site --host 0.0.0.0 --qr"],
  ["Reload open pages when a file changes:", "postern ~/site --live"],
  ["Take files of others into one folder:", "postern ~/site --post upload --upload-dir inbox"],
] as const;

/** The macros of an option's names and its value, as arguments of `.It` or of a line. */
function namesOf({ name, short, value }: ListedOption): string {
  const long = `Fl \\-${argument(name)}`;
  const shown =
    value === undefined
      ? ""
      : value.isOptional === undefined
        ? ` Ar ${argument(value.placeholder)}`
        : value.isOptional === "behind ="
          ? ` Ns Op Ns = Ns Ar ${argument(value.placeholder)}`
          : ` Op Ar ${argument(value.placeholder)}`;
  return short === undefined ? `${long}${shown}` : `Fl ${short} , ${long}${shown}`;
}

/** A text as a sentence of its own. */
function sentence(text: string): string {
  const [first = ""] = text;
  // What begins with a name of the file system or of the wire stays as it is.
  const begun = /^[a-z][a-z',]* /.test(text) ? first.toUpperCase() + text.slice(1) : text;
  return /[.!?)]$/.test(begun) && !begun.endsWith(")") ? begun : `${begun}.`;
}

/** An item of a list for `option`. */
function itemOf(option: ListedOption): string {
  const { value, repeats, environment, default: shown, summary } = option;
  const more = [
    ...(value?.choices === undefined ||
    value.isOpen === true ||
    summary.includes(value.choices.join(", "))
      ? []
      : [`One of ${value.choices.join(", ")}.`]),
    ...(repeats === true ? ["May be given more than once."] : []),
    ...(environment === undefined ? [] : [`${environment} in the environment does the same.`]),
    ...(shown === undefined ? [] : [`Default: ${shown}.`]),
  ];
  return `.It ${namesOf(option)}\n${sentences([sentence(summary), ...more].join(" "))}`;
}

function list(options: readonly ListedOption[]): string {
  return `.Bl -tag -width Ds\n${options.map(itemOf).join("")}.El\n`;
}

/** A list of words with what they mean. */
function listOf(macro: string, rows: readonly (readonly [string, string])[]): string {
  const items = rows.map(([name, text]) => `.It ${macro} ${argument(name)}\n${sentences(text)}`);
  return `.Bl -tag -width Ds\n${items.join("")}.El\n`;
}

/** The options of a command, those of `check` in their groups. */
function optionsOf({ name, options }: Command): string {
  if (name !== "check") return options.length === 0 ? "" : list(options);
  return checkGroups
    .map(({ title, options: own }) => `.Pp\n${roffText(title)}:\n${list(own)}`)
    .join("");
}

function commandSection(command: Command): string {
  const { name, usages, does, takesServerOptions } = command;
  const ways = usages.map((words) => `.Ic ${argument(`postern ${name} ${words}`.trim())}\n`);
  const more =
    takesServerOptions === true ? " It takes the options of the server, and --json." : "";
  const begin = `.Ss postern ${name}\n${ways.join(".br\n")}`;
  return `${begin}.Pp\n${sentences(`${does}${more}`)}${optionsOf(command)}`;
}

function synopsis(): string {
  const own = [".Nm\n.Op Ar root\n.Op Ar /path Ns = Ns Ar folder ...\n.Op Ar options\n"];
  const others = commands.flatMap(({ name, usages }) =>
    usages.map((words) => {
      const shown = words === "" ? "" : `.Ar ${argument(words)}\n`;
      return `.Nm\n.Cm ${argument(name)}\n${shown}`;
    }),
  );
  return [...own, ...others].join("");
}

/** The page's source. */
export function manualPage(): string {
  const fromTable = allFlags().flatMap(({ name, environment }) =>
    environment === undefined ? [] : [[environment, `Does the same as --${name}.`] as const],
  );
  const environment = [...fromTable, ...variables].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  const sections = topics.map(
    (topic) => `.Ss ${roffText(`${topic}: ${topicTitles[topic]}`)}\n${list(flagsAbout(topic))}`,
  );
  const shown = examples.map(
    ([text, command]) => `.Pp\n${roffText(text)}\n.Pp\n.Dl ${argument(`$ ${command}`)}\n`,
  );
  return `.Dd ${written}
.Dt POSTERN 1
.Os
.Sh NAME
.Nm postern
.Nd serve a folder over HTTP/1.1
.Sh SYNOPSIS
${synopsis()}.Sh DESCRIPTION
.Nm
serves the folder
.Ar root ,
or one file, until a signal stops it.
Without
.Ar root
it serves the current folder, and with
.Ar /path Ns = Ns Ar folder
further ones, each under its path.
.Pp
A file is served when others may read it, by its mode bits, and may
search every folder on the way to it.
.Pp
This page is about postern ${about.version}.
.Pp
Every switch has its opposite,
.Fl \\-no\\-explain
for
.Fl \\-explain
and
.Fl \\-listing
for
.Fl \\-no\\-listing ,
to undo what a configuration says.
Behind
.Fl \\-
every word is a folder.
.Sh OPTIONS
${sections.join("")}.Sh COMMANDS
${commands.map(commandSection).join("")}.Sh ENVIRONMENT
${listOf("Ev", environment)}.Sh FILES
${listOf("Pa", files)}.Sh EXIT STATUS
${listOf("Li", statuses)}.Sh EXAMPLES
${shown.join("").replace(/^\.Pp\n/, "")}.Sh STANDARDS
HTTP Semantics (RFC 9110), HTTP Caching (RFC 9111), HTTP/1.1 (RFC 9112),
The WebSocket Protocol (RFC 6455).
`;
}
