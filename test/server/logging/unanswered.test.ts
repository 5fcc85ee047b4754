import { describe, expect, test } from "bun:test";

import { unansweredResponse } from "../../../src/server/logging/unanswered.ts";
import type { ExchangeReport } from "../../../src/site/observer.ts";
import { headOf } from "../../http1/transcript.ts";

const report: ExchangeReport = {
  head: headOf("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"),
  method: "GET",
  remoteAddress: "192.0.2.1",
  response: undefined,
  refusal: undefined,
  octets: 0,
  durationMs: 1000,
  whole: false,
};

describe("a request whose connection ended before its response", () => {
  test.each([
    [false, "the client left before the answer"],
    [true, "the connection ended before the answer, while the server stopped"],
  ])("has the status 499, and a reason; while the server stops: %p", (isStopping, reason) => {
    const { status, note } = unansweredResponse({ ...report, isStopping });
    expect([status, note?.reason]).toEqual([499, reason]);
  });
});
