import { describe, expect, test } from "bun:test";

import { latin1Text } from "../../src/http/octets/bytes.ts";
import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import { RequestRecorder } from "../../src/server/request-recorder.ts";
import type { ExchangeReport } from "../../src/site/observer.ts";
import { headOf } from "../http1/transcript.ts";

const ok = new ResponseBuilder(204).build();

function reportOf(path: string, changes: Partial<ExchangeReport> = {}): ExchangeReport {
  const head = headOf(`GET ${path} HTTP/1.1\r\nHost: a\r\nX-Spelt: As Is\r\n\r\n`);
  return {
    head,
    method: "GET",
    remoteAddress: "127.0.0.1",
    response: ok,
    refusal: undefined,
    octets: 0,
    durationMs: 1,
    whole: true,
    ...changes,
  };
}

describe("the record of requests", () => {
  test("keeps a request as it came, with the status of its answer", () => {
    const recorder = new RequestRecorder(() => 10);
    recorder.ended(reportOf("/a%20b?c"));
    const [record] = recorder.requests;
    expect(record).toMatchObject({ method: "GET", target: "/a%20b?c", status: 204 });
    expect(record?.fields).toEqual([
      ["Host", "a"],
      ["X-Spelt", "As Is"],
    ]);
    const raw = latin1Text(record?.raw ?? new Uint8Array(0));
    expect(raw).toBe("GET /a%20b?c HTTP/1.1\r\nHost: a\r\nX-Spelt: As Is\r\n\r\n");
  });

  test("drops the oldest beyond the maximum, which may change", () => {
    let keptMax = 2;
    const recorder = new RequestRecorder(() => keptMax);
    const { requests } = recorder;
    for (const path of ["/1", "/2", "/3"]) recorder.ended(reportOf(path));
    expect(requests.map(({ target }) => target)).toEqual(["/2", "/3"]);
    keptMax = 1;
    recorder.ended(reportOf("/4"));
    expect(requests.map(({ target }) => target)).toEqual(["/4"]);
  });

  test("leaves out heads that could not be read, and requests without an answer", () => {
    const recorder = new RequestRecorder(() => 10);
    recorder.ended(reportOf("/", { head: undefined }));
    recorder.ended(reportOf("/", { response: undefined }));
    expect(recorder.requests).toEqual([]);
  });
});
