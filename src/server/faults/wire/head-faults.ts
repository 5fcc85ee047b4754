/**
 * Faults of a head, as text: what stands in its lines, how they end, and what is added.
 */

import type { FaultOptions } from "../fault-options.ts";

const lineEnd = "\r\n";

/** A field line: its name, and its value. */
type Line = readonly [name: string, value: string];

/** The lines of `head`, which ends with an empty one. */
function linesOf(head: string): { readonly first: string; readonly fields: readonly Line[] } {
  const [first = "", ...rest] = head.split(lineEnd);
  const fields = rest
    .filter((line) => line !== "")
    .map((line): Line => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(": ") + 2)]);
  return { first, fields };
}

/** `lines` with `value` for `name`; without any such line if it is empty. */
function withValue(lines: readonly Line[], name: string, value: string): readonly Line[] {
  const others = lines.filter(([one]) => !isNamed(one, name));
  if (value === "") return others;
  const at = lines.findIndex(([one]) => isNamed(one, name));
  return at === -1 ? [...lines, [name, value]] : lines.with(at, [name, value]);
}

function isNamed(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function valueIn(lines: readonly Line[], name: string): string | undefined {
  return lines.find(([one]) => isNamed(one, name))?.[1];
}

/** `type` with `charset`, or with none if that is empty (RFC 9110 §8.3.1). */
function withCharset(type: string, charset: string): string {
  const bare = type.replace(/;[ \t]*charset=(?:"[^"]*"|[^;]*)/i, "");
  return charset === "" ? bare : `${bare}; charset=${charset}`;
}

/** The second line of a field that is sent twice; none when the first one isn't there. */
function secondLine(lines: readonly Line[], duplicateField: string): readonly Line[] {
  const colon = duplicateField.indexOf(":");
  const name = colon === -1 ? duplicateField : duplicateField.slice(0, colon);
  const value = colon === -1 ? valueIn(lines, name) : duplicateField.slice(colon + 1).trim();
  return value === undefined ? [] : [[name, value]];
}

/** The field lines of a response with `faults`. */
function faultyFields(fields: readonly Line[], faults: FaultOptions): readonly Line[] {
  const { charset, contentCoding, date, contentLength, chunk, duplicateField } = faults;
  let lines = fields;
  const type = valueIn(lines, "Content-Type");
  if (charset !== undefined && type !== undefined) {
    lines = withValue(lines, "Content-Type", withCharset(type, charset));
  }
  if (contentCoding !== undefined) lines = withValue(lines, "Content-Encoding", contentCoding);
  if (date !== undefined) lines = withValue(lines, "Date", date);
  const length = valueIn(lines, "Content-Length");
  if (contentLength !== undefined && length !== undefined) {
    const declared = Math.max(0, Number(length) + contentLength);
    lines = withValue(lines, "Content-Length", `${declared}`);
  }
  if (chunk !== undefined) {
    lines = withValue(lines, "Content-Length", "");
    lines = withValue(lines, "Transfer-Encoding", "chunked");
  }
  return duplicateField === undefined ? lines : [...lines, ...secondLine(lines, duplicateField)];
}

const filler = "a".repeat(16 * 1024);

/** The fields that `faults` add, piece by piece, since there may be megabytes of them. */
function* addedFields({ headBytes = 0, headFields = 0 }: FaultOptions): Generator<string, void> {
  if (headBytes > 0) {
    yield "X-Fault: ";
    for (let left = headBytes; left > 0; left -= filler.length) yield filler.slice(0, left);
    yield lineEnd;
  }
  for (let i = 1; i <= headFields; i++) yield `X-Fault-${i}: a${lineEnd}`;
}

/** The proper `head`, with its empty line, as `faults` have it; in pieces. */
export function* faultyHead(head: string, faults: FaultOptions): Generator<string, void> {
  const end = faults.bareLf === true ? "\n" : lineEnd;
  const { first, fields } = linesOf(head);
  const lines = faultyFields(fields, faults).map(([name, value]) => `${name}: ${value}${end}`);
  yield `${first}${end}${lines.join("")}`;
  for (const piece of addedFields(faults))
    yield piece === lineEnd ? end : piece.replace(lineEnd, end);
  yield end;
}
