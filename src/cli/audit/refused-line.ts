/**
 * The line by which a terminal is told how many files visitors are refused, with the command that
 * says which: an audit of the same site.
 */

import { basename, relative } from "node:path";

import { shellWord } from "../../base/shell-word.ts";
import { serveOptions } from "../config/to-serve-options.ts";
import type { Config } from "../config/config.ts";
import type { OptionName } from "../options/option.ts";
import { defaultOf, optionRows } from "../options/option-table.ts";
import { countRefusedOf } from "./audited-site.ts";

/** The options besides the folders that change what is refused. */
const decisive: readonly OptionName[] = [
  "base",
  "permissions",
  "hidden",
  "symlinks",
  "index",
  "post",
  "put",
  "uploadDir",
  "uploadMode",
];

/** The words of a command line that set what `config` sets of `decisive`. */
function decisiveWords(config: Config): readonly string[] {
  const words: string[] = [];
  for (const name of decisive) {
    const value = config[name as keyof Config];
    const [flag] = optionRows.find(([one]) => one === name)?.[1].flags ?? [];
    if (value === undefined || value === defaultOf(name) || flag === undefined) continue;
    words.push(`--${flag.name}`);
    if (typeof value === "string") words.push(value);
    // The one number is a mode.
    if (typeof value === "number") words.push(value.toString(8).padStart(3, "0"));
  }
  return words;
}

/**
 * The words that run this program again, by the file that `program` names: a checkout is run by its
 * index.ts, while the package has a command.
 */
function programWords(program: string): readonly string[] {
  // The program of the package has another name, and so has an executable.
  const isCheckout = basename(program) === "index.ts";
  return isCheckout ? ["bun", "run", relative("", program)] : ["postern"];
}

/** The command that audits what `config` serves. */
function auditCommandFor(config: Config, program: string): string {
  const { root, mounts = {} } = config;
  const folders = Object.entries(mounts).map(([at, folder]) => `${at}=${folder}`);
  const words = [...(root === undefined ? [] : [root]), ...folders, ...decisiveWords(config)];
  return [...programWords(program), "audit", ...words].map(shellWord).join(" ");
}

/**
 * The line about the site of `config`, served by the file `program`; undefined when nothing of it
 * is refused. Never rejects.
 */
export async function refusedLine(
  config: Config,
  program: string = Bun.main,
): Promise<string | undefined> {
  const counted = await countRefusedOf(serveOptions(config));
  if (counted === undefined || counted.files === 0) return undefined;
  const many = `${counted.files}${counted.isComplete ? "" : " or more"}`;
  const subject = many === "1" ? "1 file is" : `${many} files are`;
  return `${subject} refused to visitors: ${auditCommandFor(config, program)}\n`;
}
