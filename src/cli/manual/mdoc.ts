/**
 * Text in the macros of mdoc(7), which groff and mandoc both read: a line that begins with a dot is
 * a macro and its arguments, and any other is text.
 */

import { wrap } from "../help/columns.ts";

/** `text` with everything escaped that roff would read as more than text. */
export function roffText(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll('"', "\\(dq")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll("`", "\\(ga");
  return escaped.replaceAll(/^\./gm, "\\&.");
}

/** An argument of a macro, whatever it contains. A word that is a macro's name stays a word. */
export function argument(text: string): string {
  const escaped = roffText(text);
  const safe = /^[A-Za-z]{2,3}$|^[.,:;()[\]?!|]+$/.test(text) ? `\\&${escaped}` : escaped;
  return /\s|^$/.test(safe) ? `"${safe}"` : safe;
}

/** The width of a line before it is escaped, so that the source has no long ones. */
const columnsMax = 64;

/** Sentences, each from a line of its own on, as roff wants them. */
export function sentences(text: string): string {
  const each = text.replaceAll(/(?<=[.!?]) +(?=[A-Z])/g, "\n").split("\n");
  const lines = each.flatMap((sentence) => wrap(sentence, columnsMax));
  return lines.map((line) => `${roffText(line)}\n`).join("");
}
