/** The words after `postern check`: what they ask for, the help, and what is wrong with a word. */

import { nearestWord } from "../../base/nearest-word.ts";
import { needs, needWords } from "../../check/script/need.ts";
import { entry, paragraph } from "../help/columns.ts";
import { describeOption } from "../help/listed-option.ts";
import type { CheckDraft, CheckOption, CheckWords } from "./check-options.ts";
import { checkGroups } from "./check-options.ts";

/** Where the text beside a word begins. */
const indent = 25;

/** What `check --help` prints. */
export function checkHelp(): string {
  const groups = checkGroups.map(({ title, options, others = [] }) => {
    const own = options.map(describeOption).join("");
    const further = others.map(([words, text]) => entry(`      ${words}`, text, indent)).join("");
    return `${title}:\n${own}${further}`;
  });
  return `postern check plays wire scripts, plain-text exchanges with an HTTP server.

  postern check SCRIPT|FOLDER... [options]

${groups.join("\n")}${describeOption({ name: "help", short: "h", summary: "print this" })}
What scripts need that say so, and --with gives:
${needWords.map((word) => entry(`      ${word}`, needs[word], indent)).join("")}
While it plays, standard error says how far it is.

${paragraph(
  "Exit status: 0 every must that was played held, 1 one did not, 2 a script or an option can't " +
    "be read, or the server can't be reached.",
)}`;
}

/** The options that playing has, each by its word. */
const options: ReadonlyMap<string, CheckOption> = new Map(
  checkGroups
    .flatMap((group) => group.options)
    .filter(({ set, take }) => set !== undefined || take !== undefined)
    .map((option) => [`--${option.name}`, option]),
);

function unknownOption(word: string): string {
  const names = [...options.keys(), "--help"].map((name) => name.slice("--".length));
  const near = nearestWord(word, names);
  return near === undefined
    ? `unknown option ${word}; check --help lists them`
    : `unknown option ${word}: did you mean --${near}?`;
}

/** Reads the words after `check`; a string says what is wrong with them. */
export function readCheckWords(words: readonly string[]): CheckWords | string {
  const paths: string[] = [];
  const lists = { against: [], sections: [], strengths: [], with: [] };
  const draft: CheckDraft = { paths, ...lists, json: false, replay: true, watch: false };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--") {
      draft.clientWords = words.slice(i + 1);
      if (draft.clientWords.length === 0) return "-- needs a command after it";
      break;
    }
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const called = equals === -1 ? word : word.slice(0, equals);
    const { set, take } = options.get(called) ?? {};
    if (set !== undefined) {
      if (equals !== -1) return `${called} takes no value`;
      set(draft);
    } else if (take !== undefined) {
      const value = equals === -1 ? words[++i] : word.slice(equals + 1);
      if (value === undefined || (equals === -1 && value.startsWith("--"))) {
        return `${called} needs a value`;
      }
      const wrong = take(draft, value);
      if (wrong !== undefined) return wrong;
    } else if (word.startsWith("-")) return unknownOption(called);
    else paths.push(word);
  }
  if (paths.length === 0) return "check needs a script, or a folder of them";
  if (draft.json && draft.tap === true) return "--json and --tap are two forms of one report";
  return draft;
}
