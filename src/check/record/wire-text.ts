/**
 * Octets as the lines of a script, the opposite of `script/escape.ts`: text as it is where it is
 * UTF-8 and can be seen, and escapes for the rest.
 */

import { latin1Text } from "../../http/octets/bytes.ts";
import { checkLimits } from "../limits.ts";
import type { Edit } from "./blanking.ts";

const { inlineBytesMax, inlineColumnsMax, targetCharsMax } = checkLimits;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `view` as UTF-8; undefined if it isn't. */
function utf8Text(view: Uint8Array): string | undefined {
  try {
    return decoder.decode(view);
  } catch {
    return undefined;
  }
}

const named: Readonly<Record<string, string>> = { "\r": "\\r", "\n": "\\n", "\t": "\\t" };

function hex(octet: number): string {
  return `\\x${octet.toString(16).padStart(2, "0")}`;
}

function escapedCharacter(character: string): string {
  return named[character] ?? Array.from(new TextEncoder().encode(character), hex).join("");
}

/** `view` in one line, with escapes. It may end with a space. */
function escaped(view: Uint8Array): string {
  const text = utf8Text(view);
  if (text === undefined) {
    return latin1Text(view)
      .replaceAll("\\", "\\\\")
      .replace(/[^\x20-\x7e]/gu, (unit) => named[unit] ?? hex(unit.charCodeAt(0)))
      .replace(/\{(?=\{)/gu, "\\x7b");
  }
  return text
    .replaceAll("\\", "\\\\")
    .replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, escapedCharacter)
    .replace(/\{(?=\{)/gu, "\\x7b");
}

/** The last character of a line must be seen. */
function withSeenEnd(line: string): string {
  return line.replace(/ $/u, "\\x20");
}

/** The octets of `view`, from `start` on, as one line with `edits`, whose places are absolute. */
function editedLine(view: Uint8Array, start: number, end: number, edits: readonly Edit[]): string {
  let line = "";
  let at = start;
  for (const edit of edits) {
    if (edit.start < at || edit.start >= end) continue;
    line += escaped(view.subarray(at, edit.start));
    line += edit.by instanceof Uint8Array ? escaped(edit.by) : `{{${edit.by.capture}}}`;
    at = Math.min(edit.end, end);
  }
  return withSeenEnd(line + escaped(view.subarray(at, end)));
}

/** The statements that send `view[start, end)`: a line for each CRLF, and one for what is left. */
export function sendLines(
  view: Uint8Array,
  start: number,
  end: number,
  edits: readonly Edit[],
): readonly string[] {
  const lines: string[] = [];
  for (let at = start; at < end;) {
    const found = Buffer.from(view.buffer, view.byteOffset, view.length).indexOf("\r\n", at);
    const lineEnd = found === -1 || found + 2 > end ? end : found;
    const text = editedLine(view, at, lineEnd, edits);
    if (lineEnd === end) lines.push(`>> ${text}`);
    else lines.push(text === "" ? ">" : `> ${text}`);
    at = lineEnd + 2;
  }
  return lines;
}

/** The statements that expect the body `view`: a line for each LF, and one for what is left. */
export function contentLines(view: Uint8Array): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < view.length;) {
    const found = view.indexOf(0x0a, at);
    const end = found === -1 ? view.length : found;
    const text = withSeenEnd(escaped(view.subarray(at, end)));
    if (found === -1) lines.push(`|| ${text}`);
    else lines.push(text === "" ? "|" : `| ${text}`);
    at = end + 1;
  }
  return lines;
}

/** Whether a body is read better in the script than in a file beside it. */
export function isShortText(view: Uint8Array): boolean {
  if (view.length > inlineBytesMax) return false;
  const text = utf8Text(view);
  if (text === undefined || /[^\P{C}\r\n\t]/u.test(text)) return false;
  return text.split("\n").every((line) => line.length <= inlineColumnsMax);
}

/** `view` with `edits` made. Only edits by octets are made. */
export function editedOctets(
  view: Uint8Array,
  start: number,
  end: number,
  edits: readonly Edit[],
): Uint8Array {
  const out = Uint8Array.from(view.subarray(start, end));
  for (const edit of edits) {
    if (!(edit.by instanceof Uint8Array) || edit.start < start || edit.end > end) continue;
    if (edit.by.length === edit.end - edit.start) out.set(edit.by, edit.start - start);
  }
  return out;
}

/** A pattern that matches `text` and nothing else. */
export function literalPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/gu, "\\$&");
}

/** Octets of a head as words of a title: on one line, visible, and not too long. */
export function titleText(text: string, charsMax: number = targetCharsMax): string {
  const seen = Array.from(text.replace(/[^\x21-\x7e]/gu, "?"));
  return seen.length > charsMax ? `${seen.slice(0, charsMax).join("")}…` : seen.join("");
}

/**
 * A paragraph of prose behind an empty line, in lines that fit, none of which begins like a
 * statement or a heading.
 */
export function paragraph(text: string, columnsMax = 100): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const fits = last !== undefined && last.length + 1 + word.length <= columnsMax;
    // A mark at the beginning of a line would be none of prose.
    if (last !== undefined && (fits || /^[><|#`~]/u.test(word))) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return ["", ...lines];
}
