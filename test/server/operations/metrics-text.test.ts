import { describe, expect, test } from "bun:test";

import type { MetricFamily } from "../../../src/server/operations/metric-family.ts";
import { metricsText, metricsType } from "../../../src/server/operations/metrics-text.ts";
import { readExposition } from "./exposition.ts";

describe("the text format of Prometheus, 0.0.4", () => {
  test("has help and type before the samples, a line each", () => {
    const families: readonly MetricFamily[] = [
      {
        name: "requests_total",
        type: "counter",
        help: "Requests.",
        samples: [
          { suffix: "", labels: { method: "GET", code: "200" }, value: 3 },
          { suffix: "", labels: {}, value: 0.25 },
        ],
      },
      {
        name: "seconds",
        type: "histogram",
        help: "Seconds.",
        samples: [{ suffix: "_bucket", labels: { le: "+Inf" }, value: 1e21 }],
      },
    ];
    expect(metricsText(families)).toBe(
      "# HELP requests_total Requests.\n# TYPE requests_total counter\n" +
        'requests_total{method="GET",code="200"} 3\nrequests_total 0.25\n' +
        "# HELP seconds Seconds.\n# TYPE seconds histogram\n" +
        'seconds_bucket{le="+Inf"} 1e+21\n',
    );
  });

  test("escapes what would end a value, a help text or a line", () => {
    const text = metricsText([
      {
        name: "a",
        type: "gauge",
        help: 'one\ntwo \\ "three"',
        samples: [{ suffix: "", labels: { of: 'a"b\\c\nd' }, value: 1 }],
      },
    ]);
    expect(text).toBe(
      '# HELP a one\\ntwo \\\\ "three"\n# TYPE a gauge\na{of="a\\"b\\\\c\\nd"} 1\n',
    );
    expect(readExposition(text).values.size).toBe(1);
  });

  test("is named with its version", () => {
    expect(metricsType).toBe("text/plain; version=0.0.4; charset=utf-8");
  });
});
