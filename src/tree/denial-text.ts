/**
 * What is said of a denial: the mode, the bit that it lacks, and what removes the denial.
 */

import { displayName } from "./path.ts";
import type { Denial } from "./permission.ts";
import { isLacking } from "./permission.ts";

/** S_IFMT (sys/stat.h). */
const typeMask = 0o170000;

/**
 * The reason in one line, with the command that removes it: `private/notes.html: -rw-r----- lacks
 * o+r; chmod o+r to serve it`. In a store it names the metadata instead. If the bit is set and the
 * system denies access to the server's process, the line says so.
 */
export function explainDenial(denial: Denial): string {
  const { lacks, mode } = denial;
  const subject = `${displayName(denial.path)}: ${formatMode(mode)}`;
  if (!isLacking(denial)) return `${subject} has ${lacks}, but the server itself may not open it`;
  return `${subject} lacks ${lacks}; ${remedyOf(denial)}`;
}

/** What removes `denial`, which lacks a bit, in a few words: "chmod o+r to serve it". */
export function remedyOf({ lacks, mode, object }: Denial): string {
  if (object === undefined) return `chmod ${lacks} to serve it`;
  // The owner's bits are for clients that mount a store; a doubtful mode has none.
  const isFolder = (mode & typeMask) === 0o040000;
  const lacking = { "o+r": 0o004, "o+x": 0o001, "o+rx": 0o005 }[lacks];
  const bits = (isFolder ? 0o700 : 0o600) | lacking;
  const remedy = `mode=${(mode | bits).toString(8)} in its metadata serves it`;
  return object === "upload" ? `${remedy}, --upload-mode 644 later uploads` : remedy;
}

/** The first character of `ls -l`, by S_IFMT. */
const typeLetters: ReadonlyMap<number, string> = new Map([
  [0o010000, "p"],
  [0o020000, "c"],
  [0o040000, "d"],
  [0o060000, "b"],
  [0o100000, "-"],
  [0o120000, "l"],
  [0o140000, "s"],
]);

/** A mode as `ls -l` prints it (POSIX `ls`): "-rw-r-----", "drwxr-x---". */
export function formatMode(mode: number): string {
  const triple = (shift: number, special: number, letter: string): string => {
    const bits = mode >> shift;
    const isSpecial = (mode & special) !== 0;
    const plain = bits & 1 ? "x" : "-";
    const marked = bits & 1 ? letter : letter.toUpperCase();
    return (bits & 4 ? "r" : "-") + (bits & 2 ? "w" : "-") + (isSpecial ? marked : plain);
  };
  const type = typeLetters.get(mode & typeMask) ?? "?";
  return type + triple(6, 0o4000, "s") + triple(3, 0o2000, "s") + triple(0, 0o1000, "t");
}
