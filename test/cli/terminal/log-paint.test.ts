import { describe, expect, test } from "bun:test";

import { logPaint } from "../../../src/cli/terminal/log-paint.ts";
import type { LogFormat } from "../../../src/server/log.ts";

/** `lines` in colours, with a letter in the place of each code. */
function painted(format: LogFormat, lines: string): string {
  const names: Record<string, string> = {
    2: "<dim:",
    22: ">",
    31: "<red:",
    32: "<green:",
    33: "<yellow:",
    36: "<cyan:",
    39: ">",
  };
  const paint = logPaint(format, true, {});
  return (paint?.lines(lines) ?? "none")
    .replaceAll("\u001b", "␛")
    .replace(/␛\[(\d+)m/g, (_, code: string) => names[code] ?? "?");
}

describe("a short line", () => {
  test.each([
    ["15:04:05 GET /a 200 12 B 0.4 ms", "<dim:15:04:05> GET /a <green:200> <dim:12 B 0.4 ms>"],
    ["15:04:05 GET /a 304 0 B 0.4 ms", "<dim:15:04:05> GET /a <cyan:304> <dim:0 B 0.4 ms>"],
    [
      "15:04:05 GET /a 403 7 B 0.4 ms (a: -rw------- lacks o+r)",
      "<dim:15:04:05> GET /a <yellow:403> <dim:7 B 0.4 ms><yellow: (a: -rw------- lacks o+r)>",
    ],
    [
      "15:04:05 GET /big 200 7 B 0.4 ms cut off",
      "<dim:15:04:05> GET /big <green:200> <dim:7 B 0.4 ms cut off>",
    ],
    ["15:04:05 - 400 7 B 0.4 ms", "<dim:15:04:05> - <yellow:400> <dim:7 B 0.4 ms>"],
    ["15:04:05 GET 500 7 B 0.4 ms", "<dim:15:04:05> GET <red:500> <dim:7 B 0.4 ms>"],
  ])("has the colour of its status: %s", (line, expected) => {
    expect(painted("short", line)).toBe(expected);
  });

  test("can't pretend to another status by its target", () => {
    expect(painted("short", "15:04:05 200 /x 404 1 B 0.1 ms")).toContain("/x <yellow:404>");
    expect(painted("short", "15:04:05 GET /a%20200%205%20B 500 1 B 0.1 ms")).toContain("<red:500>");
  });

  test("is one of several, and one that isn't the log's stays as it is", () => {
    const line = "15:04:05 GET /a 200 1 B 0.1 ms";
    const one = painted("short", line);
    expect(painted("short", `${line}\nanything\n${line}\n`)).toBe(`${one}\nanything\n${one}\n`);
  });
});

describe("other formats", () => {
  const line = '::1 - - [22/Nov/2026:15:04:05 +0000] "GET /\\" 200 1 HTTP/1.1" 404 12';
  test("common and combined have the colour of their status", () => {
    const begin = "<dim:::1 - - [22/Nov/2026:15:04:05 +0000]>";
    const what = '"GET /\\" 200 1 HTTP/1.1"';
    expect(painted("common", line)).toBe(`${begin} ${what} <yellow:404> <dim:12>`);
    expect(painted("combined", `${line} "-" "curl"`)).toBe(
      `${begin} ${what} <yellow:404> <dim:12 "-" "curl">`,
    );
  });

  test("JSON has no colours, and nothing has where they are not wanted", () => {
    expect(logPaint("json", true, {})).toBeUndefined();
    expect(logPaint("none", true, {})).toBeUndefined();
    expect(logPaint("short", true, { NO_COLOR: "1" })).toBeUndefined();
    expect(logPaint("short", false, {})).toBeUndefined();
  });
});
