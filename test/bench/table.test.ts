import { describe, expect, test } from "bun:test";

import type { Row } from "../../bench/measures.ts";
import { median } from "../../bench/measures.ts";
import { renderHeading, renderRows, summarize } from "../../bench/table.ts";

function measured(server: string, cpu: readonly number[]): Row {
  const rate = cpu.map((cost) => 100_000 / cost);
  return { case: "1k", server, outcome: { kind: "measured", figures: { cpu, rate } } };
}

const postern = measured("postern", [12, 8, 10]);
const nginx = measured("nginx", [15, 14, 250]);
const broken: Row = {
  case: "1k",
  server: "h2o",
  outcome: { kind: "failed", reason: "ended with status 1: a | b" },
};

describe("median", () => {
  test("is the middle of an odd count, in any order", () => {
    expect(median([3, 1, 100])).toBe(3);
  });

  test("is the mean of the two middle ones of an even count", () => {
    expect(median([4, 1, 2, 100])).toBe(3);
  });

  test("sorts by number, not by text", () => {
    expect(median([9, 10, 11])).toBe(10);
  });

  test("of nothing is a programmer's mistake", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("summary", () => {
  test("divides medians by the reference's median", () => {
    expect(summarize(nginx, [postern, nginx])).toEqual([
      { measure: "cpu", median: 15, min: 14, max: 250, ratio: 1.5 },
      {
        measure: "rate",
        median: 100_000 / 15,
        min: 400,
        max: 100_000 / 14,
        ratio: 100_000 / 15 / 10_000,
      },
    ]);
  });

  test("has no ratio when the reference is absent, failed, or of another case", () => {
    const failed: Row = { ...broken, server: "postern" };
    const other: Row = { ...postern, case: "1m" };
    for (const rows of [[nginx], [failed, nginx], [other, nginx]]) {
      expect(summarize(nginx, rows).map(({ ratio }) => ratio)).toEqual([undefined, undefined]);
    }
  });

  test("of a server that failed is empty", () => {
    expect(summarize(broken, [broken])).toEqual([]);
  });
});

describe("table", () => {
  test("is Markdown with aligned columns", () => {
    const text = renderHeading() + renderRows([postern, nginx]);
    expect(text).toBe(
      [
        "| case             | server             |   µs CPU/request (min–max) |  ratio |   req/s |",
        "| ---------------- | ------------------ | -------------------------: | -----: | ------: |",
        "| 1k               | postern            |           10.0 (8.00–12.0) |  1.00× |   10000 |",
        "| 1k               | nginx              |            15.0 (14.0–250) |  1.50× |    6667 |",
        "",
      ].join("\n"),
    );
  });

  test("says what a number is that is no CPU time, and what is noted", () => {
    const row: Row = {
      case: "idle",
      server: "postern",
      outcome: { kind: "measured", figures: { perConnection: [2.5] }, note: "statx 1.00" },
    };
    expect(renderRows([row])).toBe(
      [
        "| idle             | postern            | RSS per connection: 2.50 KB |  1.00× |       – |",
        "| idle             | postern            |                 statx 1.00 |      – |       – |",
        "",
      ].join("\n"),
    );
  });

  test("divides another checkout by this one, row by row, to a thousandth", () => {
    const rows = [
      measured("postern", [10]),
      measured("postern, 2 workers", [20]),
      measured("beside", [10.12]),
      measured("beside, 2 workers", [20]),
    ];
    const ratios = renderRows(rows)
      .trim()
      .split("\n")
      .map((line) => line.split("|")[4]?.trim());
    expect(ratios).toEqual(["1.00×", "2.00×", "1.012×", "1.000×"]);
  });

  test("says in its row why a server failed, and keeps the columns", () => {
    const [row = ""] = renderRows([broken]).split("\n");
    expect(row).toContain("failed: ended with status 1: a ¦ b");
    expect(row.split("|")).toHaveLength(7);
  });
});
