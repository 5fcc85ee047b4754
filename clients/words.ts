/** An outcome in a few words, the same in each run: without ports, paths and times. */

import type { Errand, Outcome } from "./client.ts";

/** The content that a server without a fault would have sent. */
export interface Whole {
  readonly octets: number;
  readonly sha256: string;
}

/** The longest text of an error that is shown. */
const errorCharactersMax = 110;

/** The text of an error without what differs from run to run, and without advice. */
function lasting(error: string): string {
  const text = error
    .replace(/https?:\/\/[^\s"')]+/gu, "URL")
    .replace(/\b(?:127\.0\.0\.1|localhost|\[?::1\]?)(?::\d+)?(?: port \d+)?/gu, "HOST")
    .replace(/\bafter \d+ ms\b/gu, "")
    .replace(/ \(_ssl\.c:\d+\)/gu, "")
    .replace(/^URLError <urlopen error (.*)>$/su, "URLError $1")
    .replace(/^(\w+) \1\b:?/u, "$1")
    .replace(/\. (?:For more information|To fix this|Try)\b.*$/su, "")
    .replace(/\s+/gu, " ")
    .trim();
  return text.length > errorCharactersMax ? `${text.slice(0, errorCharactersMax)}…` : text;
}

function count(number: number): string {
  return number.toLocaleString("en");
}

/** What of the content the caller got, when that isn't all of it alone. */
function contentWords({ octets, sha256 }: Outcome, whole: Whole): string {
  if (octets !== whole.octets) return `${count(octets)} of ${count(whole.octets)} octets`;
  return sha256 === whole.sha256 ? "whole" : "whole by its length, but other octets";
}

/** One outcome; `whole` is undefined where the content isn't compared. */
function outcomeWords(outcome: Outcome, whole: Whole | undefined): string {
  const { kind, status, octets, error } = outcome;
  const isSuccess = status !== undefined && status >= 200 && status < 300;
  const parts = status === undefined ? [] : [String(status)];
  // The content of an error, or of none, is not what the server would have sent.
  if (whole !== undefined && isSuccess && (kind === "ok" || octets > 0)) {
    parts.push(contentWords(outcome, whole));
  }
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
