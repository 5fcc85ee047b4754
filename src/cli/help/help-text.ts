/**
 * What `--help` prints: in short, about a topic of the table of options, about one option, or all.
 * It fits a terminal of 80 columns.
 */

import { nearestWord } from "../../base/nearest-word.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { allFlags, commonFlags, flagsAbout } from "../options/flag-list.ts";
import type { Topic } from "../options/option.ts";
import { topics } from "../options/option.ts";
import type { Paint } from "../terminal/paint.ts";
import { plainPaint } from "../terminal/paint.ts";
import { entry, paragraph } from "./columns.ts";
import { commands } from "./command-table.ts";
import type { ListedOption } from "./listed-option.ts";
import { describeOption } from "./listed-option.ts";

/** What the topics are about. */
export const topicTitles: Readonly<Record<Topic, string>> = {
  listening: "where it listens: the port, the host, proxies in front of it",
  tls: "TLS and its certificate",
  output: "what it prints, and what it opens",
  access: "who may ask, and which files are served",
  paths: "which path leads to which file, folder or server",
  responses: "what is added to answers",
  uploads: "POST, PUT and DELETE: forms, and files that are stored",
  delivery: "how answers are sent, and what goes wrong on purpose",
  limits: "deadlines, and how long a request may be",
  process: "processes, recording and the configuration",
  command: "the help and the version",
};

/** Where the text beside a command or a topic begins. */
const indent = 35;
const topicIndent = 15;

function heading(text: string, paint: Paint): string {
  return `${paint("bold", text)}\n`;
}

function describeOptions(options: readonly ListedOption[]): string {
  return options.map(describeOption).join("");
}

const about =
  "A file is served when others may read it, by its mode bits, and may search every folder on " +
  "the way to it. PORT in the environment is the port, where --port is not given.";

/** The lines that say how the command is called. */
function usage(): string {
  const own = [
    ["[root] [options]", "serve a folder (default: the current one), or one file"],
    ["[root] /docs=FOLDER...", "serve further folders, each under its path"],
  ] as const;
  const others = commands.flatMap(({ name, usages, summary }) =>
    usages.map((words) => [`${name} ${words}`.trim(), summary] as const),
  );
  return [...own, ...others]
    .map(([words, text]) => entry(`  postern ${words}`, text, indent))
    .join("");
}

/** The help in short, with the topics. */
function overview(paint: Paint): string {
  const listed = topics.map((topic) => entry(`  ${topic}`, topicTitles[topic], topicIndent));
  return `postern serves a folder over HTTP/1.1.

${usage()}
${heading("The options used most", paint)}${describeOptions(commonFlags())}
${heading("Topics, for postern --help TOPIC", paint)}${listed.join("")}${entry(
    "  all",
    "every option",
    topicIndent,
  )}
${paragraph(`--help with the name of an option tells about that alone. ${about}`)}`;
}

/** Every option, by topic. */
function everything(paint: Paint): string {
  const parts = topics.map(
    (topic) =>
      `${heading(`${topic}: ${topicTitles[topic]}`, paint)}${describeOptions(flagsAbout(topic))}`,
  );
  return `${parts.join("\n")}\n${paragraph(about)}`;
}

/** The topic that `option` belongs to. */
function topicOf({ name }: ListedOption): Topic | undefined {
  return topics.find((topic) => flagsAbout(topic).some((one) => one.name === name));
}

/** The line about `word`, which names nothing. */
function unknown(word: string): string {
  const names = allFlags().flatMap(({ name, opposite = name }) => [name, opposite]);
  const near = nearestWord(word, [...topics, "all", ...names]);
  const line = `no topic and no option is called ${word}`;
  return near === undefined ? `${line}; --help lists the topics` : `${line}: did you mean ${near}?`;
}

/**
 * What `--help` prints about `asked`: a topic, "all", the name of an option, with its hyphens or
 * without, or nothing in particular. Fails with a line that names the nearest.
 */
export function helpText(asked: string | undefined, paint = plainPaint): Result<string, string> {
  if (asked === undefined) return success(overview(paint));
  if (asked === "all") return success(everything(paint));
  const topic = topics.find((one) => one === asked.toLowerCase());
  if (topic !== undefined) {
    const title = heading(`${topic}: ${topicTitles[topic]}`, paint);
    return success(`${title}\n${describeOptions(flagsAbout(topic))}`);
  }
  const name = asked.replace(/^-+/, "");
  const option = allFlags().find((one) =>
    [one.name, one.opposite, name.length === 1 ? one.short : undefined].includes(name),
  );
  if (option === undefined) return failure(unknown(asked));
  return success(`${describeOption(option)}\nMore like it: --help ${topicOf(option)}\n`);
}
