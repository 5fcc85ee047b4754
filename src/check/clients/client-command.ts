/**
 * A client under test, as the command line names it: `NAME=COMMAND`, or a command alone.
 *
 * A command with `{url}` is run once for each request, with the URL in its place: `curl -sS {url}`.
 * It is asked for one GET at a time, its standard output is the content, and its exit status says
 * whether it has all of it. A command without `{url}` is an adapter, a program that reads from its
 * standard input what to ask for and writes what came (`adapter-message.ts`), and can do the rest.
 * There is no shell: words are separated by spaces, and single quotes keep a word with spaces
 * whole.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { ClientStep, Phase } from "../script/script.ts";

export interface ClientCommand {
  readonly name: string;
  readonly words: readonly [string, ...string[]];
  /** Whether it is run for each request with its URL. Otherwise it is an adapter. */
  readonly plain: boolean;
}

const place = "{url}";

/** Parses `NAME=COMMAND` or `COMMAND`. Without a name the command is the name. */
export function readClientCommand(text: string): Result<ClientCommand, string> {
  const named = /^([A-Za-z][\w.+-]*)=(.*)$/su.exec(text);
  const command = named?.[2] ?? text;
  const pattern = /(?:[^\s']|'[^']*')+/gu;
  if (command.replaceAll(pattern, "").trim() !== "") {
    return failure("--client: expected single quotes in pairs");
  }
  const words = Array.from(command.matchAll(pattern), ([word]) => word.replaceAll("'", ""));
  return commandOf(words, named?.[1]);
}

/** The command of these words. */
export function commandOf(
  words: readonly string[],
  name: string = words.join(" "),
): Result<ClientCommand, string> {
  const [program, ...others] = words;
  if (program === undefined || program === "") return failure("--client: expected a command");
  const plain = others.some((word) => word.includes(place));
  return success({ name, words: [program, ...others], plain });
}

/** The words of a plain command that asks for `url`. */
export function wordsFor({ words }: ClientCommand, url: string): readonly string[] {
  return words.map((word) => word.replaceAll(place, url));
}

/** Why a run of phases can't be played with a client; `undefined` if it can. */
export function reasonNotToAsk(
  run: readonly Phase[],
  { plain }: Pick<ClientCommand, "plain">,
): string | undefined {
  if (!plain || isOneGet(run.flatMap(clientStepsOf))) return undefined;
  return "asks for more than one GET, or for fields of the answer: needs an adapter";
}

export function clientStepsOf(phase: Phase): readonly ClientStep[] {
  return phase.clientSteps ?? [];
}

/** Whether all that is asked for is one GET, and all that is told of it is status and content. */
function isOneGet(steps: readonly ClientStep[]): boolean {
  const asked = steps.filter((step) => step.kind === "ask");
  const isTold = steps.every((step) => {
    return step.kind !== "result" || (step.fields.length === 0 && step.saves.length === 0);
  });
  const [ask] = asked;
  const isGet = ask?.method === "GET" && ask.fields.length === 0 && ask.content === undefined;
  return asked.length === 1 && isGet && isTold;
}
