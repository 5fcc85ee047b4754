/** An outcome in a few words, the same in each run: without ports, paths and times. */

import type { Errand, Outcome } from "./client.ts";

/** The content that a server without a fault would have sent. */
export interface Whole {
  readonly octets: number;
  readonly sha256: string;
}

/** The longest text of an error that is shown. */
const errorCharactersMax = 80;

/**
 * What is left out of the text of an error: what differs from run to run, advice, and what a client
 * says with every error. Applied in this order.
 */
const omissions: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/https?:\/\/[^\s"')]+/gu, "URL"],
  [/\b(?:127\.0\.0\.1|localhost|\[?::1\]?)(?::\d+)?(?: port \d+)?/gu, "HOST"],
  [/ \(_ssl\.c:\d+\)/gu, ""],
  [/\. (?:For more information|To fix this|Try)\b.*$/su, ""],
  // undici has the cause behind what its callers know already.
  [/^(?:fetch failed|terminated): /u, ""],
  [/^(HPE_\w+) Response does not match the HTTP\/1\.1 protocol \((.*)\)$/su, "$1 $2"],
  // Bun says the code as its text.
  [/^(\w+) \1\b:?/u, "$1"],
  [/ fetching "URL"$/u, ""],
  // Python names the error inside of another one.
  [/^URLError <urlopen error (.*)>$/su, "$1"],
  [/^\[SSL: (\w+)\] (?:certificate verify failed: )?/u, "$1 "],
  // What came in place of a head.
  [/^(BadStatusLine) .*$/su, "$1"],
  [/\s+/gu, " "],
];

/** The text of an error, the same in each run. */
function lasting(error: string): string {
  const text = omissions
    .reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), error)
    .trim();
  return text.length > errorCharactersMax ? `${text.slice(0, errorCharactersMax)}…` : text;
}

/** What of the content the caller got, if anything of it may be shown. */
function contentWords({ kind, octets, sha256 }: Outcome, whole: Whole): readonly string[] {
  if (octets > whole.octets) return ["more than all octets"];
  // Before an error a client may have handed over more or less of what has come.
  if (kind !== "ok") return [];
  if (octets < whole.octets) return [`${octets} of ${whole.octets} octets`];
  return [sha256 === whole.sha256 ? "whole" : "other octets, as many"];
}

/** One outcome; `whole` is undefined where the content isn't compared. */
function outcomeWords(outcome: Outcome, whole: Whole | undefined): string {
  const { kind, status, error } = outcome;
  const isSuccess = status !== undefined && status >= 200 && status < 300;
  const parts = status === undefined ? [] : [String(status)];
  // The content of an error is not what the server would have sent.
  if (whole !== undefined && isSuccess) parts.push(...contentWords(outcome, whole));
  if (kind === "hung") parts.push("waits until its own limit");
  if (kind === "failed") parts.push(`\`${lasting(error ?? "").replaceAll("`", "'")}\``);
  return parts.join(", ");
}

/**
 * What `outcomes` of one errand say, with the number of requests that the server saw when it isn't
 * the one that was asked for.
 */
export function words(
  outcomes: readonly Outcome[],
  whole: Whole | undefined,
  { times }: Pick<Errand, "times">,
  seen: number | undefined,
): string {
  const all = outcomes.map((outcome) => outcomeWords(outcome, whole));
  const isSame = all.every((one) => one === all[0]);
  const text = isSame && all.length > 1 ? `each time: ${all[0] ?? ""}` : all.join("; then ");
  return seen === undefined || seen <= times ? text : `${text} (asked ${seen} times)`;
}
