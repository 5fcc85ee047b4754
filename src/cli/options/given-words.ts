/**
 * The words of the command line with all their octets. Bun puts U+FFFD in the place of octets that
 * aren't UTF-8, so a folder with such a name could not be found. Linux still has the octets.
 */

import { nameText } from "../../base/file-name.ts";
import { readNamedFile } from "../../system/named-file.ts";

/** The last of the words in `octets`, if Bun's texts of them are `words`; otherwise `words`. */
function wordsIn(octets: Buffer, words: readonly string[]): readonly string[] {
  const given: Buffer[] = [];
  for (let at = 0; at < octets.length;) {
    const end = octets.indexOf(0, at);
    if (end === -1) break;
    given.push(octets.subarray(at, end));
    at = end + 1;
  }
  const last = given.slice(given.length - words.length);
  const isSame = words.every((word, i) => last[i]?.toString() === word);
  return isSame ? last.map((word) => nameText(word)) : words;
}

/**
 * `words`, which are the last of this process's command line, with all their octets. The file
 * `commandLine` has all words, each with a NUL at its end (proc(5)).
 */
export function wordsAsGiven(
  words: readonly string[],
  commandLine = "/proc/self/cmdline",
): readonly string[] {
  const octets = readNamedFile(commandLine);
  return octets.ok ? wordsIn(octets.value, words) : words;
}
