import { describe, expect, test } from "bun:test";

import type { MetricFamily } from "../../../src/server/operations/metric-family.ts";
import { countsOf, single, sumFamilies } from "../../../src/server/operations/metric-family.ts";

const requests = (...counts: readonly (readonly [string, number])[]): MetricFamily => ({
  name: "requests_total",
  type: "counter",
  help: "Requests.",
  samples: counts.map(([code, value]) => ({ suffix: "", labels: { code }, value })),
});

describe("the sum of several processes", () => {
  test("adds samples of the same labels, and keeps those that one process has alone", () => {
    const sum = sumFamilies([
      [requests(["200", 3], ["404", 1])],
      [requests(["200", 4], ["500", 2])],
    ]);
    expect(sum).toEqual([requests(["200", 7], ["404", 1], ["500", 2])]);
  });

  test("keeps families apart, in the order in which they appear", () => {
    const gauge = single("gauge", "open", "Open.", 2);
    const sum = sumFamilies([[gauge], [requests(["200", 1]), gauge]]);
    expect(sum.map(({ name }) => name)).toEqual(["open", "requests_total"]);
    expect(sum[0]?.samples).toEqual([{ suffix: "", labels: {}, value: 4 }]);
  });

  test("is the most of what all of them see whole", () => {
    const quota = { ...single("gauge", "quota", "Quota.", 5), across: "most" } as const;
    const older = { ...quota, samples: [{ suffix: "", labels: {}, value: 3 }] } as const;
    expect(sumFamilies([[older], [quota], [older]])).toEqual([quota]);
  });

  test("doesn't mix the parts of a histogram", () => {
    const histogram: MetricFamily = {
      name: "seconds",
      type: "histogram",
      help: "Seconds.",
      samples: [
        { suffix: "_bucket", labels: { le: "+Inf" }, value: 2 },
        { suffix: "_sum", labels: {}, value: 0.5 },
        { suffix: "_count", labels: {}, value: 2 },
      ],
    };
    const [sum] = sumFamilies([[histogram], [histogram]]);
    expect(sum?.samples.map(({ value }) => value)).toEqual([4, 1, 4]);
  });

  test("is nothing for no process", () => {
    expect(sumFamilies([])).toEqual([]);
    expect(sumFamilies([[], []])).toEqual([]);
  });
});

test("of a process that has ended, gauges are gone and counts stay", () => {
  const families = [single("gauge", "open", "Open.", 2), requests(["200", 1])];
  expect(countsOf(families)).toEqual([requests(["200", 1])]);
});
