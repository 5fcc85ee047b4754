/**
 * Text in columns, for help that fits a terminal: a name on the left, and what it means beside it,
 * in as many lines as that takes.
 */

import type { Paint } from "../terminal/paint.ts";

/** The width of a terminal that no one has made wider. */
export const columnsMax = 80;

/** `text` in lines of at most `columns`; a longer word has a line for itself. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (line !== "" && joined.length > columns) {
      lines.push(line);
      line = word;
    } else line = joined;
  }
  return [...lines, line];
}

/** `text` as a paragraph: its lines, each with its line break. */
export function paragraph(text: string): string {
  return wrap(text, columnsMax)
    .map((line) => `${line}\n`)
    .join("");
}

/**
 * `name`, and `text` beside it from column `indent` on, below the name when that is too long. Each
 * line has its line break.
 */
export function entry(name: string, text: string, indent: number, paint?: Paint): string {
  const lines = wrap(text, columnsMax - indent);
  const isLong = name.length >= indent;
  const shown = paint?.("bold", name) ?? name;
  const first = isLong
    ? `${shown}\n${" ".repeat(indent)}`
    : shown + " ".repeat(indent - name.length);
  return `${first}${lines.join(`\n${" ".repeat(indent)}`)}\n`;
}
