import { describe, expect, test } from "bun:test";

import { RequestRecord } from "../../../src/server/recording/recorded-request.ts";
import { printedRequest, requestText } from "../../../src/server/recording/request-text.ts";
import { headOf } from "../../http1/transcript.ts";

/** A request that was answered with 204, of whose body 300 octets are kept. */
function recordOf(line: string, body: string | Uint8Array): RequestRecord {
  const head = headOf(`${line} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n`);
  const arrival = { head, remoteAddress: "::1", receivedMs: 0, connection: 1 };
  const record = new RequestRecord(arrival, 300, () => undefined);
  record.took(typeof body === "string" ? new TextEncoder().encode(body) : body);
  record.ended();
  record.status = 204;
  record.durationMs = 1;
  return record;
}

function printed(body: string | Uint8Array): string {
  return printedRequest(recordOf("PUT /a", body));
}

describe("a recorded request as text", () => {
  test("is its method, its target and what became of it", () => {
    const record = recordOf("GET /a?b", "");
    expect(requestText(record)).toBe("GET /a?b → 204");
    record.aborted = true;
    expect(requestText(record)).toBe("GET /a?b → 204, cut off");
    record.status = undefined;
    expect(requestText(record)).toBe("GET /a?b → not answered, the client left");
    record.durationMs = undefined;
    expect(requestText(record)).toBe("GET /a?b → not answered yet");
  });

  test("has what is printed of its body: text, a part of a long one, or the size", () => {
    expect(printed("")).toBe("RecordedRequest { PUT /a → 204 }");
    expect(printed('{"é":1}\n')).toBe(
      'RecordedRequest { PUT /a → 204, the body "{\\"é\\":1}\\n" }',
    );
    expect(printed("a".repeat(300))).toBe(
      `RecordedRequest { PUT /a → 204, a body of 300 octets: "${"a".repeat(200)}"… }`,
    );
    expect(printed("a".repeat(301))).toBe("RecordedRequest { PUT /a → 204, a body of 301 octets }");
    expect(printed(Uint8Array.of(0xff, 0))).toBe(
      "RecordedRequest { PUT /a → 204, a body of 2 octets }",
    );
  });

  test("is what Bun prints of the record", () => {
    expect(Bun.inspect([recordOf("POST /a", "abc")])).toBe(
      '[\n  RecordedRequest { POST /a → 204, the body "abc" }\n]',
    );
  });
});
