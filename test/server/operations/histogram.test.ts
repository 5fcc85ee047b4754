import { describe, expect, test } from "bun:test";

import { Histogram } from "../../../src/server/operations/histogram.ts";

describe("a histogram", () => {
  test("counts what is at most a bound, the bound included, and all that is less", () => {
    const histogram = new Histogram([1, 10]);
    for (const value of [0, 1, 1.5, 10, 11]) histogram.observe(value);
    expect(histogram.samples({ method: "GET" })).toEqual([
      { suffix: "_bucket", labels: { method: "GET", le: "1" }, value: 2 },
      { suffix: "_bucket", labels: { method: "GET", le: "10" }, value: 4 },
      { suffix: "_bucket", labels: { method: "GET", le: "+Inf" }, value: 5 },
      { suffix: "_sum", labels: { method: "GET" }, value: 23.5 },
      { suffix: "_count", labels: { method: "GET" }, value: 5 },
    ]);
  });

  test("of nothing has all its buckets", () => {
    expect(new Histogram([1]).samples().map(({ value }) => value)).toEqual([0, 0, 0, 0]);
  });
});
