/**
 * The command line that has started this process, for a process that takes its place. A program
 * that has been replaced is found where this one was, so its path is taken as it was given: the
 * real path of a link leads to the old version, and Linux gives the path of a file that another one
 * has replaced as "/usr/bin/postern (deleted)".
 */

import { lookAt } from "../../system/file-system.ts";
import { readNamedFile } from "../../system/named-file.ts";

/** What a process knows of how it was started. */
interface Started extends Pick<NodeJS.Process, "argv0" | "argv" | "execArgv" | "execPath"> {
  /** All words of the command line as they were given; empty where the system doesn't tell. */
  readonly given: readonly string[];
  /** Whether program and runtime are one file. */
  readonly isExecutable: boolean;
}

/** The words in `commandLine`, each with a NUL at its end (proc(5)). */
function givenWords(commandLine: string): readonly string[] {
  const octets = readNamedFile(commandLine);
  return octets.ok ? new TextDecoder().decode(octets.value).split("\0").slice(0, -1) : [];
}

/** How this process was started. */
function ownStart(): Started {
  const { argv0, argv, execArgv, execPath } = process;
  const given = givenWords("/proc/self/cmdline");
  return { argv0, argv, execArgv, execPath, given, isExecutable: Bun.isStandaloneExecutable };
}

/** The path of the running file, by the name that it was called by if that still leads to one. */
function engineOf({ argv0, execPath }: Started): string {
  if (argv0.includes("/") ? lookAt(argv0).ok : Bun.which(argv0) !== null) return argv0;
  return execPath.replace(/ \(deleted\)$/, "");
}

/** The path of the program that a runtime was given before its `words`. */
function programOf({ argv, given }: Started, words: readonly string[]): string {
  const [, real = ""] = argv;
  const at = given.length - words.length - 1;
  const program = given[at];
  if (at < 1 || program === undefined || !lookAt(program).ok) return real;
  return words.every((word, i) => given[at + 1 + i] === word) ? program : real;
}

/** The words that start the program anew, the file to run first. */
export function ownCommand(started: Started = ownStart()): string[] {
  const { argv, execArgv, isExecutable } = started;
  const words = argv.slice(2);
  const engine = engineOf(started);
  if (isExecutable) return [engine, ...words];
  return [engine, ...execArgv, programOf(started, words), ...words];
}
