import { describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { metricsText } from "../../../src/server/operations/metrics-text.ts";
import { RequestMetrics } from "../../../src/server/operations/request-metrics.ts";
import type { ExchangeReport } from "../../../src/site/observer.ts";
import { requestOf } from "../../site/fake-request.ts";
import { readExposition } from "./exposition.ts";

const request = requestOf("GET /", { Host: "a" });
const response = new ResponseBuilder(200).build();
const report: ExchangeReport = {
  head: request.head,
  request,
  method: "GET",
  remoteAddress: "127.0.0.1",
  response,
  refusal: undefined,
  octets: 10,
  durationMs: 2,
  whole: true,
};

/** What is told after `happen`, by the names of samples. */
function told(happen: (metrics: RequestMetrics) => void): ReadonlyMap<string, number> {
  const metrics = new RequestMetrics();
  happen(metrics);
  return readExposition(metricsText(metrics.families())).values;
}

describe("requests", () => {
  test("are counted by method and status", () => {
    const values = told((metrics) => {
      for (const method of ["GET", "GET", "HEAD"]) metrics.ended({ ...report, method });
      metrics.ended({ ...report, response: { ...response, status: 404 } });
    });
    const counts = [...values].filter(([key]) => key.startsWith("postern_http_requests_total{"));
    expect(Object.fromEntries(counts)).toEqual({
      'postern_http_requests_total{method="GET",code="200"}': 2,
      'postern_http_requests_total{method="HEAD",code="200"}': 1,
      'postern_http_requests_total{method="GET",code="404"}': 1,
    });
  });

  test("of made-up methods and statuses make no labels", () => {
    const values = told((metrics) => {
      for (let i = 0; i < 1000; i++) metrics.ended({ ...report, method: `X${i}` });
      metrics.ended({ ...report, method: undefined });
      for (const status of [0, 1e9, -5])
        metrics.ended({ ...report, response: { ...response, status } });
    });
    expect(values.get('postern_http_requests_total{method="other",code="200"}')).toBe(1001);
    const all = [...values.keys()].filter((key) => key.startsWith("postern_http_requests_total"));
    expect(all).toHaveLength(2);
  });

  test("have durations by method, in seconds, and sizes", () => {
    const values = told((metrics) => {
      metrics.ended({ ...report, durationMs: 2, octets: 10 });
      metrics.ended({ ...report, durationMs: 400, octets: 5000 });
    });
    const seconds = "postern_http_request_duration_seconds";
    expect(values.get(`${seconds}_bucket{method="GET",le="0.001"}`)).toBe(0);
    expect(values.get(`${seconds}_bucket{method="GET",le="0.0025"}`)).toBe(1);
    expect(values.get(`${seconds}_bucket{method="GET",le="0.5"}`)).toBe(2);
    expect(values.get(`${seconds}_count{method="GET"}`)).toBe(2);
    expect(values.get(`${seconds}_sum{method="GET"}`)).toBeCloseTo(0.402);
    expect(values.get('postern_http_response_size_bytes_bucket{le="100"}')).toBe(1);
    expect(values.get("postern_http_response_size_bytes_sum")).toBe(5010);
  });

  test("are in progress from their head to the end of the response", () => {
    const values = told((metrics) => {
      for (let i = 0; i < 3; i++) metrics.began();
      metrics.ended(report);
      // Its head was malformed, so it had not begun.
      metrics.ended({ ...report, request: undefined, head: undefined, refusal: "syntax" });
    });
    expect(values.get("postern_http_requests_in_progress")).toBe(2);
    expect(values.get('postern_http_refusals_total{kind="syntax"}')).toBe(1);
  });

  test("without a response, broken off and faulty ones are told apart", () => {
    const faulty = new ResponseBuilder(200).noting({ faults: ["cutAfterBytes 1"] }).build();
    const values = told((metrics) => {
      metrics.ended({ ...report, response: undefined, whole: false });
      metrics.ended({ ...report, whole: false });
      metrics.ended({ ...report, response: faulty });
    });
    expect(values.get("postern_http_requests_unanswered_total")).toBe(1);
    expect(values.get("postern_http_responses_broken_total")).toBe(1);
    expect(values.get("postern_http_responses_faulty_total")).toBe(1);
    expect(values.get('postern_http_requests_total{method="GET",code="200"}')).toBe(2);
    expect(values.get('postern_http_requests_total{method="GET",code="499"}')).toBe(1);
    expect(values.get('postern_http_request_duration_seconds_count{method="GET"}')).toBe(2);
  });
});

describe("connections", () => {
  test("are counted, and those that are turned away by reason", () => {
    const values = told((metrics) => {
      metrics.connected();
      metrics.connected();
      metrics.refused("127.0.0.1", "overloaded");
      metrics.dropped();
    });
    expect(values.get("postern_connections_total")).toBe(2);
    expect(values.get('postern_connections_refused_total{reason="overloaded"}')).toBe(1);
    expect(values.get("postern_connections_dropped_total")).toBe(1);
  });

  test("that became tunnels are open until they end, and have no duration", () => {
    const tunnel = { ...response, status: 101 };
    const open = (metrics: RequestMetrics): void => {
      for (let i = 0; i < 2; i++) metrics.answered(request, tunnel);
      metrics.answered(request, response);
      metrics.ended({ ...report, response: tunnel, durationMs: 1e6 });
    };
    expect(told(open).get("postern_tunnels_total")).toBe(2);
    expect(told(open).get("postern_tunnels_open")).toBe(1);
    const seconds = "postern_http_request_duration_seconds_count";
    expect([...told(open).keys()].filter((key) => key.startsWith(seconds))).toEqual([]);
  });
});
