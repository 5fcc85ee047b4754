/**
 * The lines of the access log in the colours of their statuses, on a terminal. Lines in JSON are
 * for programs and stay as they are.
 *
 * Text of a client can't pass for another part of its line: a method and a target have no spaces,
 * and in a quoted string the log escapes quotes.
 */

import type { LogFormat, LogStream } from "../../server/log.ts";
import { standardOutput } from "../../system/standard-streams.ts";
import type { Environment, Style } from "./paint.ts";
import { choosePaint } from "./paint.ts";

/** `15:04:05 GET /a 200 12 B 0.4 ms`, or with a method alone, or with `-`. */
const shortLine = /^(\d\d:\d\d:\d\d) (\S+(?: \S+)??) (\d{3}) (\d+ B [\d.]+ ms(?: cut off)?)(.*)$/;

/** `::1 - - [22/Nov/2026:15:04:05 +0000] "GET /a HTTP/1.1" 200 12`, and what `combined` adds. */
const commonLine = /^(\S+ - - \[[^\]]*\]) ("(?:[^"\\]|\\.)*") (\d{3}) (.*)()$/;

const linePatterns: Readonly<Record<LogFormat, RegExp | undefined>> = {
  short: shortLine,
  common: commonLine,
  combined: commonLine,
  json: undefined,
  none: undefined,
};

const styles: Readonly<Record<string, Style>> = {
  "2": "green",
  "3": "cyan",
  "4": "yellow",
  "5": "red",
};

/**
 * The function that paints lines of the log, each with its line break; undefined where they stay as
 * they are.
 */
function linePaint(
  format: LogFormat,
  isTerminal: boolean,
  environment: Environment,
): ((lines: string) => string) | undefined {
  const pattern = linePatterns[format];
  const paint = choosePaint(isTerminal, environment);
  if (pattern === undefined || paint === undefined) return undefined;
  const paintLine = (line: string): string => {
    const [, begin = "", what = "", status = "", rest = "", reason = ""] = pattern.exec(line) ?? [];
    const style = styles[status.charAt(0)];
    if (style === undefined) return line;
    const shown = reason === "" ? "" : paint(style, reason);
    return `${paint("dim", begin)} ${what} ${paint(style, status)} ${paint("dim", rest)}${shown}`;
  };
  return (lines) => lines.split("\n").map(paintLine).join("\n");
}

/** What paints a log on standard output. */
export interface LogPaint {
  /** Whole lines, in their colours. */
  readonly lines: (lines: string) => string;
  /** Standard output, for whole lines that it paints. */
  readonly output: Pick<LogStream, "write" | "waitFor">;
}

/** What paints a log in `format` on standard output; undefined where its lines stay as they are. */
export function logPaint(
  format: LogFormat,
  isTerminal: boolean,
  environment: Environment,
): LogPaint | undefined {
  const painted = linePaint(format, isTerminal, environment);
  if (painted === undefined) return undefined;
  const decoder = new TextDecoder();
  return {
    lines: painted,
    output: {
      write: (lines) => {
        const text = typeof lines === "string" ? lines : decoder.decode(lines);
        return standardOutput.write(painted(text));
      },
      waitFor: (done, stallMs) => standardOutput.waitFor(done, stallMs),
    },
  };
}
