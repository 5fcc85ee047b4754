import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import { goals, judge } from "../../bench/goals.ts";
import type { Row } from "../../bench/measures.ts";
import {
  BEGIN,
  END,
  renderGoals,
  renderHighlights,
  renderMatrix,
  renderRest,
  replaceBlock,
} from "../../bench/readme.ts";

const rows: readonly Row[] = [
  {
    case: "1k",
    server: "postern",
    outcome: { kind: "measured", figures: { cpu: [8], rate: [98_000] } },
  },
  {
    case: "1k",
    server: "h2o",
    outcome: { kind: "measured", figures: { cpu: [10], rate: [900] } },
  },
  { case: "1k", server: "caddy", outcome: { kind: "failed", reason: "ended" } },
  {
    case: "idle",
    server: "postern",
    outcome: { kind: "measured", figures: { perConnection: [2.5] }, note: "all quiet" },
  },
];

describe("the result on a page", () => {
  test("takes the place of the one before, and leaves the rest alone", () => {
    const text = `a\n${BEGIN}\nold\n${END}\nb\n`;
    const once = replaceBlock(text, "new\n");
    expect(once).toBe(`a\n${BEGIN}\n\nnew\n\n${END}\nb\n`);
    expect(replaceBlock(once, "new")).toBe(once);
  });

  test("needs its marks", () => {
    expect(() => replaceBlock("a", "b")).toThrow(BEGIN);
    expect(() => replaceBlock(`${END} ${BEGIN}`, "b")).toThrow(END);
  });

  test.each(["README.md", "bench/README.md"])("has its marks in %s", async (page) => {
    const text = await Bun.file(join(import.meta.dir, "../..", page)).text();
    expect(text.split(BEGIN)).toHaveLength(2);
    expect(text.split(END)).toHaveLength(2);
    expect(() => replaceBlock(text, "")).not.toThrow();
  });

  test("says of each goal how it stands", () => {
    const lines = renderGoals(goals.map((goal) => judge(goal, rows))).split("\n");
    expect(lines).toHaveLength(goals.length + 2);
    expect(lines).toContain(
      "| 1 KB | 8.00 µs | the least of h2o, lighttpd 10.0 µs | 0.80× | ≤ 0.95× | yes |",
    );
    expect(lines).toContain(
      "| 10,000 idle connections: RSS per connection | 2.50 KB | – | – | ≤ 3.5 KB | yes |",
    );
    expect(lines).toContain("| 1 MB | — | nginx — | – | ≤ 0.5× | — |");
  });

  test("shows CPU and requests per second by server, and those servers alone that have any", () => {
    expect(renderMatrix(rows)).toBe(
      [
        "|  | postern | h2o |",
        "| --- | ---: | ---: |",
        "| 1 KB | 8.00<br>98.0k | 10.0<br>900 |",
      ].join("\n"),
    );
  });

  test("shows what the README names, where it was measured, and what the run was made on", () => {
    expect(renderHighlights("2 cores", rows).split("\n")).toEqual([
      "2 cores",
      "",
      "| what | unit | postern | h2o |",
      "| --- | ---: | ---: | ---: |",
      "| 1 KB: CPU per request | µs | 8.00 | 10.0 |",
      "| 10,000 idle connections: RSS per connection | KB | 2.50 |  |",
    ]);
  });

  test("shows everything else a line each, notes too", () => {
    expect(renderRest(rows)).toBe(
      [
        "| what | unit | by server |",
        "| --- | --- | --- |",
        "| 10,000 idle connections: RSS per connection | KB | postern 2.50 |",
        "| 10,000 idle connections |  | postern: all quiet |",
      ].join("\n"),
    );
  });
});
