import { describe, expect, test } from "bun:test";

import { DroppedLines } from "../../../src/server/logging/dropped-lines.ts";

const startMs = Date.UTC(2026, 10, 29, 9, 0, 0);

describe("the lines of dropped connections", () => {
  test("name the address and the reason", () => {
    const lines = new DroppedLines();
    expect(lines.line("short", "192.0.2.9", "not a trusted proxy", startMs)).toBe(
      "09:00:00 192.0.2.9 closed: not a trusted proxy",
    );
    expect(JSON.parse(lines.line("json", "::1", "no header", startMs) ?? "")).toEqual({
      time: "2026-11-29T09:00:00.000Z",
      remote: "::1",
      dropped: "no header",
    });
  });

  test("are ten in a second, and the next one counts the others", () => {
    const lines = new DroppedLines();
    const made = Array.from({ length: 25 }, (_, i) => lines.line("short", "::1", "a", startMs + i));
    expect(made.filter((line) => line !== undefined)).toHaveLength(10);
    expect(lines.line("short", "::1", "a", startMs + 999)).toBeUndefined();
    expect(lines.line("short", "::1", "a", startMs + 1000)).toBe(
      "09:00:01 ::1 closed: a, and 16 others before",
    );
    expect(lines.line("short", "::1", "a", startMs + 1000)).toBe("09:00:01 ::1 closed: a");
    for (let i = 0; i < 9; i++) lines.line("json", "::1", "a", startMs + 1001);
    expect(lines.line("json", "::1", "a", startMs + 2500)).toContain('"dropped":"a","others":1}');
  });

  test("go on when the clock is set back", () => {
    const lines = new DroppedLines();
    for (let i = 0; i < 11; i++) lines.line("short", "::1", "a", startMs);
    expect(lines.line("short", "::1", "a", startMs - 60_000)).toContain("and 1 others before");
  });
});
