/**
 * The line about an option that there isn't. It names the option that was probably meant: the one
 * that other file servers call so, or else the nearest name.
 */

import { nearestWord } from "../../base/nearest-word.ts";
import { optionMeant } from "./foreign-words.ts";
import { optionFlags } from "./option-flag.ts";

/** The name nearest to `name`, of a flag or of the opposite of a switch. */
function nearestName(name: string): string | undefined {
  const names = optionFlags().map((flag) => flag.name);
  if (!name.startsWith("no-")) return nearestWord(name, names);
  const switches = optionFlags().filter(({ syntax }) => syntax === "switch");
  const opposites = switches.map((flag) => flag.name);
  const others = names.filter((one) => one.startsWith("no-")).map((one) => one.slice(3));
  // All of them are alike in "no-" already.
  const rest = nearestWord(name.slice(3), [...opposites, ...others]);
  return rest === undefined ? undefined : `no-${rest}`;
}

/**
 * The line about the option that is `called` so, which may be one of several letters in the `word`
 * of the command line.
 */
export function unknownOption(called: string, word = called): string {
  const name = word.replace(/^-+|=.*$/gs, "");
  const foreign = optionMeant(called === word ? name : called.slice(1));
  const line = `unknown option ${called}${called === word ? "" : ` in ${word}`}`;
  if (foreign?.kind === "remark") return `${line}: ${foreign.text}`;
  const near = name.length < 2 ? undefined : nearestName(name);
  const meant = foreign?.text ?? (near === undefined ? undefined : `--${near}`);
  return meant === undefined ? `${line}; --help all lists them` : `${line}: did you mean ${meant}?`;
}
