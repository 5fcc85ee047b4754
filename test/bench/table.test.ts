import { describe, expect, test } from "bun:test";

import type { Row } from "../../bench/table.ts";
import { median, renderHeading, renderRows, summarize } from "../../bench/table.ts";

function measured(server: string, costs: readonly number[]): Row {
  const samples = costs.map((cost) => ({
    requests: 1000,
    cpuMicrosecondsPerRequest: cost,
    requestsPerSecond: 100_000 / cost,
  }));
  return { case: "1k", server, outcome: { kind: "measured", samples } };
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
    expect(summarize(nginx, [postern, nginx])).toEqual({
      cpuMicroseconds: 15,
      cpuMicrosecondsMin: 14,
      cpuMicrosecondsMax: 250,
      requestsPerSecond: 100_000 / 15,
      ratio: 1.5,
    });
  });

  test("has no ratio when the reference is absent, failed, or of another case", () => {
    const failed: Row = { ...broken, server: "postern" };
    const other: Row = { ...postern, case: "1m" };
    expect(summarize(nginx, [nginx])?.ratio).toBeUndefined();
    expect(summarize(nginx, [failed, nginx])?.ratio).toBeUndefined();
    expect(summarize(nginx, [other, nginx])?.ratio).toBeUndefined();
  });
});

describe("table", () => {
  test("is Markdown with aligned columns", () => {
    const text = renderHeading() + renderRows([postern, nginx]);
    expect(text).toBe(
      [
        "| case         | server      |   µs CPU/request (min–max) |  ratio |   req/s |",
        "| ------------ | ----------- | -------------------------: | -----: | ------: |",
        "| 1k           | postern     |           10.0 (8.00–12.0) |  1.00× |   10000 |",
        "| 1k           | nginx       |            15.0 (14.0–250) |  1.50× |    6667 |",
        "",
      ].join("\n"),
    );
  });

  test("says in its row why a server failed, and keeps the columns", () => {
    const [row = ""] = renderRows([broken]).split("\n");
    expect(row).toContain("failed: ended with status 1: a ¦ b");
    expect(row.split("|")).toHaveLength(7);
  });
});
