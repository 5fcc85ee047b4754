/**
 * What passed in a phase, as lines that look like those of a script: `> line` and `< line` end in
 * CRLF, `>> text` and `<< text` don't, and `* text` is something that happened.
 */

import { latin1Text } from "../../http/octets/bytes.ts";
import type { ExchangePart } from "../play/exchange/exchange.ts";
import { visibleText } from "../script/escape.ts";
import { checkLimits } from "../limits.ts";

const { lineLengthMax } = checkLimits;

/** The lines of an exchange. The connection is named if there are several. */
export function exchangeLines(exchange: readonly ExchangePart[]): readonly string[] {
  const several = new Set(exchange.map(({ connection }) => connection)).size > 1;
  let current = "";
  return exchange.flatMap((part) => {
    const switched = several && part.connection !== current;
    current = part.connection;
    const name = switched ? [`* on ${part.connection}`] : [];
    return [...name, ...partLines(part)];
  });
}

/** What the client sent in an exchange. */
export function sentLines(exchange: readonly ExchangePart[]): readonly string[] {
  return exchangeLines(exchange.filter((part) => part.kind === "event" || part.from === "client"));
}

function partLines(part: ExchangePart): readonly string[] {
  if (part.kind === "event") return [`* ${part.text}`];
  const mark = part.from === "client" ? ">" : "<";
  const lines: string[] = [];
  for (let from = 0; from < part.octets.length;) {
    const lf = part.octets.indexOf(0x0a, from);
    const to = lf === -1 ? part.octets.length : lf + 1;
    lines.push(lineText(mark, part.octets.subarray(from, to)));
    from = to;
  }
  const left = part.byteCount - part.octets.length;
  if (left > 0) lines.push(`* and ${left} more bytes`);
  return lines;
}

function lineText(mark: string, line: Uint8Array): string {
  const text = latin1Text(line);
  return text.endsWith("\r\n")
    ? `${mark} ${visibleText(line.subarray(0, -2), lineLengthMax)}`.trimEnd()
    : `${mark}${mark} ${visibleText(line, lineLengthMax)}`;
}
