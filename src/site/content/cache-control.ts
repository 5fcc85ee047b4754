/**
 * How long an answer from the tree may be used without asking again (RFC 9111 §5.2.2).
 */

import type { ResponseField } from "../../http/response.ts";

/** Asked again each time, so that nobody ever sees what is no longer there. */
const alwaysAsk: ResponseField = ["Cache-Control", "no-cache"];

/**
 * A year, and not even asked again on reload (RFC 8246). Without "public": an answer to someone who
 * had to log in stays theirs (RFC 9111 §3.5).
 */
const forEver: ResponseField = ["Cache-Control", "max-age=31536000, immutable"];

/**
 * A name with a digest of its content in it, as bundlers give them: "app.3f9ab2c1.js". Hexadecimal,
 * eight digits or more, among them a letter and a figure, so that a date or a word is none. What
 * follows on four such digits and "-" is the end of a UUID, which names and doesn't digest.
 */
const fingerprinted =
  /(?<![.-][\da-f]{4})[.-](?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\.[a-z\d]+$/;

/** What `--cache` says; a server has one, and few servers are in a process. */
const forSeconds = new Map<number, ResponseField>();

/** Cache-Control for the file `name`; `seconds` is what `--cache` says, undefined without it. */
export function cacheControl(name: string, seconds: number | undefined): ResponseField {
  if (seconds === undefined) return alwaysAsk;
  if (fingerprinted.test(name)) return forEver;
  const known = forSeconds.get(seconds);
  if (known !== undefined) return known;
  const made: ResponseField = ["Cache-Control", `max-age=${seconds}`];
  forSeconds.set(seconds, made);
  return made;
}
