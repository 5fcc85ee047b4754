/** The words after `postern check`: its options, its help, and what is wrong with a word. */

import { nearestWord } from "../../base/nearest-word.ts";
import { profileNames } from "../../check/blame/profile.ts";
import type { CheckOptions } from "../../check/check.ts";
import type { Need } from "../../check/script/need.ts";
import { isNeed, needs, needWords } from "../../check/script/need.ts";
import type { Strength } from "../../check/script/script.ts";
import { strengths } from "../../check/script/script.ts";

export const checkHelp = `postern check plays wire scripts, plain-text exchanges with an HTTP
server.

  postern check SCRIPT|FOLDER... [options]

What to play against:
  --against URL        play them against the server at URL, http or https; repeatable (default:
                       postern itself)
  --profile NAME       ask only what such a server should do: static, http10 or proxy
  --with WORD          it has what scripts need that say so (needs post-form); all for everything
  --tree DIR           write the scripts' files into DIR, to be served by the other server; with
                       nothing to play against, only that
  --client COMMAND     play the server's part with a client: 'curl -sS {url}', or an adapter;
                       NAME=COMMAND names it; repeatable
  -- COMMAND...        the same with one client, in words of its own

What to play:
  --filter TEXT        scripts with TEXT in their path, their title or a phase's title
  --section NAME       scripts of this folder, 9112-6 for rfc9112-6-framing; repeatable
  --strength WORD      count only phases that are must, should or may; repeatable
  --list               print which scripts these are, and play nothing

How to play:
  --jobs N             scripts at once (default: as many as don't disturb each other)
  --timeout TIME       how long an answer may take, as 2s or 500ms (default: 5s)
  --no-replay          don't replay the scripts with their bytes cut at every position
  --bail               play nothing more after the first must that failed
  --seed N             play in an order that follows from this number, not by name
  --watch              play again whenever a script changes, until Ctrl-C

What to record instead of playing:
  --proxy URL          stand between a client and the server at URL, until Ctrl-C
  --record DIR         write what passes as scripts into DIR
  --port N             the proxy's port on loopback, 0 for any free one (default: 9002)
  --rewrite-host       send the server's name in Host, not the proxy's

What comes out:
  --failures           print only what failed, and the counts
  --json, --tap        report as JSON, or in the Test Anything Protocol
  --html FILE          write the report as one HTML page, too
  --junit FILE         write it as JUnit XML, too
  --github             print GitHub's annotations after the report
  --help               print this

What scripts need that say so, and --with gives:
${needWords.map((word) => `  ${word.padEnd(19)}  ${needs[word]}`).join("\n")}

While it plays, standard error says how far it is.

Exit status: 0 every must that was played held, 1 one did not, 2 a script or an option can't be
read, or the server can't be reached.
`;

/** What the words say. */
interface CheckWords extends Omit<CheckOptions, "start" | "out" | "progress"> {
  readonly watch: boolean;
}

type Draft = { -readonly [Key in keyof CheckWords]: CheckWords[Key] } & {
  against: string[];
  sections: string[];
  with: Need[];
  strengths: Strength[];
};

/** Options without a value. */
const switches: Readonly<Record<string, (draft: Draft) => void>> = {
  "--json": (draft) => (draft.json = true),
  "--tap": (draft) => (draft.tap = true),
  "--github": (draft) => (draft.github = true),
  "--no-replay": (draft) => (draft.replay = false),
  "--bail": (draft) => (draft.bail = true),
  "--failures": (draft) => (draft.failuresOnly = true),
  "--list": (draft) => (draft.list = true),
  "--watch": (draft) => (draft.watch = true),
};

const jobsMax = 256;
const seedMax = 0xffff_ffff;

/** Options with a value. A returned text says what is wrong with it. */
const valued: Readonly<Record<string, (draft: Draft, value: string) => string | undefined>> = {
  "--against": (draft, value) => void draft.against.push(value),
  "--client": (draft, value) => void (draft.clients = [...(draft.clients ?? []), value]),
  "--tree": (draft, value) => void (draft.tree = value),
  "--filter": (draft, value) => void (draft.filter = value),
  "--section": (draft, value) => void draft.sections.push(value),
  "--html": (draft, value) => void (draft.html = value),
  "--junit": (draft, value) => void (draft.junit = value),
  "--strength": (draft, value) => {
    const strength = strengths.find((one) => one === value);
    if (strength === undefined) return `--strength: expected must, should or may, not ${value}`;
    draft.strengths.push(strength);
    return undefined;
  },
  "--profile": (draft, value) => {
    const profile = profileNames.find((one) => one === value);
    const names = profileNames.join(", ");
    if (profile === undefined) return `--profile: expected one of ${names}, not ${value}`;
    draft.profile = profile;
    return undefined;
  },
  "--with": (draft, value) => {
    if (value === "all") draft.with.push(...needWords);
    else if (isNeed(value)) draft.with.push(value);
    else return `--with: expected all or one of ${needWords.join(", ")}, not ${value}`;
    return undefined;
  },
  "--jobs": (draft, value) => {
    const jobs = numberOf(value, 1, jobsMax);
    if (jobs === undefined) return `--jobs: expected a number from 1 to ${jobsMax}, not ${value}`;
    draft.jobs = jobs;
    return undefined;
  },
  "--seed": (draft, value) => {
    const seed = numberOf(value, 0, seedMax);
    if (seed === undefined) return `--seed: expected a number from 0 to ${seedMax}, not ${value}`;
    draft.seed = seed;
    return undefined;
  },
  "--timeout": (draft, value) => {
    const match = /^(\d{1,6})(ms|s)$/u.exec(value);
    const timeMs = Number(match?.[1]) * (match?.[2] === "s" ? 1000 : 1);
    if (match === null || timeMs < 1) return `--timeout: expected 2s or 500ms, not ${value}`;
    draft.responseMs = timeMs;
    return undefined;
  },
};

function numberOf(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,10}$/u.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

function unknownOption(word: string): string {
  const names = [...Object.keys(switches), ...Object.keys(valued), "--help"];
  const near = nearestWord(
    word,
    names.map((name) => name.slice(2)),
  );
  return near === undefined
    ? `unknown option ${word}; check --help lists them`
    : `unknown option ${word}: did you mean --${near}?`;
}

/** Reads the words after `check`; a string says what is wrong with them. */
export function readCheckWords(words: readonly string[]): CheckWords | string {
  const paths: string[] = [];
  const lists = { against: [], sections: [], strengths: [], with: [] };
  const draft: Draft = { paths, ...lists, json: false, replay: true, watch: false };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const set = Object.hasOwn(switches, word) ? switches[word] : undefined;
    const take = Object.hasOwn(valued, word) ? valued[word] : undefined;
    if (word === "--") {
      draft.clientWords = words.slice(i + 1);
      if (draft.clientWords.length === 0) return "-- needs a command after it";
      break;
    }
    if (set !== undefined) set(draft);
    else if (take !== undefined) {
      const value = words[++i];
      if (value === undefined || value.startsWith("--")) return `${word} needs a value`;
      const wrong = take(draft, value);
      if (wrong !== undefined) return wrong;
    } else if (word.startsWith("-")) return unknownOption(word);
    else paths.push(word);
  }
  if (paths.length === 0) return "check needs a script, or a folder of them";
  if (draft.json && draft.tap === true) return "--json and --tap are two forms of one report";
  return draft;
}
