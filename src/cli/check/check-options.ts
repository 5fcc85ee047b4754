/**
 * The options of `postern check` as a table: what the help says of each, and what it sets. Reading
 * the words, the help, the manual page and the completions of shells follow from it.
 */

import type { Profile } from "../../check/blame/profile.ts";
import { profileNames } from "../../check/blame/profile.ts";
import type { CheckOptions } from "../../check/check.ts";
import type { Need } from "../../check/script/need.ts";
import { isNeed, needWords } from "../../check/script/need.ts";
import type { Strength } from "../../check/script/script.ts";
import { strengths } from "../../check/script/script.ts";
import type { ListedOption } from "../help/listed-option.ts";
import { readTimeMs } from "../options/value-kind.ts";

/** What the words say. */
export interface CheckWords extends Omit<CheckOptions, "start" | "out" | "progress"> {
  readonly watch: boolean;
}

/** The same while they are read. */
export type CheckDraft = { -readonly [Key in keyof CheckWords]: CheckWords[Key] } & {
  against: string[];
  sections: string[];
  with: Need[];
  strengths: Strength[];
};

/** An option of `check`. */
export interface CheckOption extends ListedOption {
  /** What a switch does. */
  readonly set?: (draft: CheckDraft) => void;
  /** What an option does with its value. A returned text says what is wrong with that. */
  readonly take?: (draft: CheckDraft, value: string) => string | undefined;
}

/** Options that belong together in the help. */
interface CheckGroup {
  readonly title: string;
  readonly options: readonly CheckOption[];
  /** Words that are no option, and what they mean. */
  readonly others?: readonly (readonly [words: string, text: string])[];
}

const jobsMax = 256;
const seedMax = 0xffff_ffff;
const timeoutMsMax = 24 * 3_600_000;

function numberOf(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,10}$/u.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

function takeStrength(draft: CheckDraft, value: string): string | undefined {
  const strength = strengths.find((one) => one === value);
  if (strength === undefined) return `--strength: expected must, should or may, not ${value}`;
  draft.strengths.push(strength);
  return undefined;
}

function takeProfile(draft: CheckDraft, value: string): string | undefined {
  const profile: Profile | undefined = profileNames.find((one) => one === value);
  const names = profileNames.join(", ");
  if (profile === undefined) return `--profile: expected one of ${names}, not ${value}`;
  draft.profile = profile;
  return undefined;
}

function takeNeed(draft: CheckDraft, value: string): string | undefined {
  if (value === "all") draft.with.push(...needWords);
  else if (isNeed(value)) draft.with.push(value);
  else return `--with: expected all or one of ${needWords.join(", ")}, not ${value}`;
  return undefined;
}

function takeJobs(draft: CheckDraft, value: string): string | undefined {
  const jobs = numberOf(value, 1, jobsMax);
  if (jobs === undefined) return `--jobs: expected a number from 1 to ${jobsMax}, not ${value}`;
  draft.jobs = jobs;
  return undefined;
}

function takeSeed(draft: CheckDraft, value: string): string | undefined {
  const seed = numberOf(value, 0, seedMax);
  if (seed === undefined) return `--seed: expected a number from 0 to ${seedMax}, not ${value}`;
  draft.seed = seed;
  return undefined;
}

function takeTimeout(draft: CheckDraft, value: string): string | undefined {
  const timeMs = readTimeMs(value, timeoutMsMax) ?? 0;
  if (timeMs < 1) return `--timeout: expected a time such as 2s or 500ms, not ${value}`;
  draft.responseMs = timeMs;
  return undefined;
}

const playedAgainst: CheckGroup = {
  title: "What to play against",
  options: [
    {
      name: "against",
      value: { placeholder: "URL" },
      summary: "play them against the server at URL, http or https (default: postern itself)",
      repeats: true,
      take: (draft, value) => void draft.against.push(value),
    },
    {
      name: "profile",
      value: { placeholder: "NAME", choices: profileNames },
      summary: `ask only what such a server should do: ${profileNames.join(", ")}`,
      take: takeProfile,
    },
    {
      name: "with",
      value: { placeholder: "WORD", choices: ["all", ...needWords] },
      summary: "it has what scripts need that say so (needs post-form); all for everything",
      repeats: true,
      take: takeNeed,
    },
    {
      name: "tree",
      value: { placeholder: "DIR", names: "folder" },
      summary:
        "write the scripts' files into DIR, to be served by the other server; with nothing to " +
        "play against, only that",
      take: (draft, value) => void (draft.tree = value),
    },
    {
      name: "client",
      value: { placeholder: "COMMAND" },
      summary:
        "play the server's part with a client: 'curl -sS {url}', or an adapter; NAME=COMMAND " +
        "names it",
      repeats: true,
      take: (draft, value) => void (draft.clients = [...(draft.clients ?? []), value]),
    },
  ],
  others: [["-- COMMAND...", "the same with one client, in words of its own"]],
};

const played: CheckGroup = {
  title: "What to play",
  options: [
    {
      name: "filter",
      value: { placeholder: "TEXT" },
      summary: "scripts with TEXT in their path, their title or a phase's title",
      take: (draft, value) => void (draft.filter = value),
    },
    {
      name: "section",
      value: { placeholder: "NAME" },
      summary: "scripts of this folder, 9112-6 for rfc9112-6-framing",
      repeats: true,
      take: (draft, value) => void draft.sections.push(value),
    },
    {
      name: "strength",
      value: { placeholder: "WORD", choices: strengths },
      summary: "count only phases that are must, should or may",
      repeats: true,
      take: takeStrength,
    },
    {
      name: "list",
      summary: "print which scripts these are, and play nothing",
      set: (draft) => (draft.list = true),
    },
  ],
};

const manner: CheckGroup = {
  title: "How to play",
  options: [
    {
      name: "jobs",
      value: { placeholder: "N" },
      summary: "scripts at once (default: as many as don't disturb each other)",
      take: takeJobs,
    },
    {
      name: "timeout",
      value: { placeholder: "TIME" },
      summary: "how long an answer may take, as 2s or 500ms (default: 5s)",
      take: takeTimeout,
    },
    {
      name: "no-replay",
      summary: "don't replay the scripts with their bytes cut at every position",
      set: (draft) => (draft.replay = false),
    },
    {
      name: "bail",
      summary: "play nothing more after the first must that failed",
      set: (draft) => (draft.bail = true),
    },
    {
      name: "seed",
      value: { placeholder: "N" },
      summary: "play in an order that follows from this number, not by name",
      take: takeSeed,
    },
    {
      name: "watch",
      summary: "play again whenever a script changes, until Ctrl-C",
      set: (draft) => (draft.watch = true),
    },
  ],
};

/** They are read by `record/proxy-words.ts`. */
const recorded: CheckGroup = {
  title: "What to record instead of playing",
  options: [
    {
      name: "proxy",
      value: { placeholder: "URL" },
      summary: "stand between a client and the server at URL, until Ctrl-C",
    },
    {
      name: "record",
      value: { placeholder: "DIR", names: "folder" },
      summary: "write what passes as scripts into DIR",
    },
    {
      name: "port",
      value: { placeholder: "N" },
      summary: "the proxy's port on loopback, 0 for any free one (default: 9002)",
    },
    { name: "rewrite-host", summary: "send the server's name in Host, not the proxy's" },
  ],
};

const output: CheckGroup = {
  title: "What comes out",
  options: [
    {
      name: "failures",
      summary: "print only what failed, and the counts",
      set: (draft) => (draft.failuresOnly = true),
    },
    { name: "json", summary: "report as JSON", set: (draft) => (draft.json = true) },
    {
      name: "tap",
      summary: "report in the Test Anything Protocol",
      set: (draft) => (draft.tap = true),
    },
    {
      name: "html",
      value: { placeholder: "FILE", names: "file" },
      summary: "write the report as one HTML page, too",
      take: (draft, value) => void (draft.html = value),
    },
    {
      name: "junit",
      value: { placeholder: "FILE", names: "file" },
      summary: "write it as JUnit XML, too",
      take: (draft, value) => void (draft.junit = value),
    },
    {
      name: "github",
      summary: "print GitHub's annotations after the report",
      set: (draft) => (draft.github = true),
    },
  ],
};

/** All options, as the help groups them. */
export const checkGroups: readonly CheckGroup[] = [playedAgainst, played, manner, recorded, output];
