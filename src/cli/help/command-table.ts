/**
 * The commands of `postern`: the first word of the command line, each with its own options. Without
 * one of them postern serves. The help, the manual page and the completions of shells follow from
 * this table; what a command does is in `cli/main.ts`.
 */

import { checkGroups } from "../check/check-options.ts";
import type { PathOf } from "../options/value-kind.ts";
import type { ListedOption } from "./listed-option.ts";

/** The shells that completions are made for. */
export const shells = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof shells)[number];

/** What a word may be: a path, one of some words, or anything else, which no shell can complete. */
export type Operand = PathOf | "nothing" | readonly string[];

/** A command. */
export interface Command {
  readonly name: string;
  /** The words after its name, each way to write them. */
  readonly usages: readonly string[];
  /** What it does, in a line of the help. */
  readonly summary: string;
  /** The same for the manual page, in sentences. */
  readonly does: string;
  readonly operand: Operand;
  readonly options: readonly ListedOption[];
  /** Whether it takes the options of the server, too. */
  readonly takesServerOptions?: true;
}

const help: ListedOption = { name: "help", short: "h", summary: "print this" };
const yes: ListedOption = { name: "yes", short: "y", summary: "run the commands without asking" };

/** The commands, in the order of the help. */
export const commands: readonly Command[] = [
  {
    name: "audit",
    usages: ["[root] [options]"],
    summary: "say what visitors don't get, and what they should not",
    does:
      "Says what of a folder visitors don't get, why, and the command that mends it, and what " +
      "they get that looks as if they should not: keys, repositories, dumps. The exit status is " +
      "1 when something was found.",
    operand: "folder",
    options: [],
    takesServerOptions: true,
  },
  {
    name: "check",
    usages: ["SCRIPT|FOLDER... [options]"],
    summary: "play wire scripts",
    does:
      "Plays wire scripts, plain-text exchanges with an HTTP server, against postern itself or " +
      "other servers. The exit status is 0 when every must that was played held, and 1 when one " +
      "did not.",
    operand: "file",
    options: [...checkGroups.flatMap(({ options }) => options), help],
  },
  {
    name: "faults",
    usages: ["[FILE...]"],
    summary: "list what can go wrong on purpose, to test clients",
    does:
      "Lists the faults that a server can have on purpose, or says whether files of faults are " +
      "right.",
    operand: "file",
    options: [help],
  },
  {
    name: "trust",
    usages: ["[--yes]"],
    summary: "have browsers trust --tls",
    does:
      "Has this machine's stores of certificates trust the authority that signs the certificates " +
      "of --tls. It prints what it would run, and asks.",
    operand: "nothing",
    options: [yes, help],
  },
  {
    name: "untrust",
    usages: ["[--yes]"],
    summary: "undo that, and remove the authority",
    does: "Undoes what trust has done, and removes the authority with its key.",
    operand: "nothing",
    options: [yes, help],
  },
  {
    name: "completions",
    usages: ["SHELL"],
    summary: `print the completions of a shell: ${shells.join(", ")}`,
    does: `Prints the script by which a shell completes what is typed: ${shells.join(", ")}.`,
    operand: shells,
    options: [help],
  },
  {
    name: "man",
    usages: [""],
    summary: "print the manual page; man --help says how to read it",
    does: "Prints this page, in the macros of mdoc.",
    operand: "nothing",
    options: [help],
  },
];
