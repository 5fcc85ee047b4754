import { describe, expect, test } from "bun:test";

import { askLine, readResultLine } from "../../../src/check/clients/adapter-message.ts";

describe("what an adapter reads and writes", () => {
  test("asks in a line of JSON, with content in base64", () => {
    const ask = { method: "POST", url: "http://a/", fields: [["A", "b"]] } as const;
    expect(askLine(ask)).toBe('{"method":"POST","url":"http://a/","fields":[["A","b"]]}\n');
    expect(askLine({ ...ask, content: Uint8Array.of(0, 255) })).toContain('"content":"AP8="}\n');
  });

  test("tells a response, or a failure", () => {
    const got = '{"status": 200, "fields": [["A", "b"]], "content": "AP8="}';
    expect(readResultLine(got)).toEqual({
      kind: "got",
      status: 200,
      fields: [{ name: "A", value: "b" }],
      content: Uint8Array.of(0, 255),
    });
    expect(readResultLine('{"status": 204}')).toMatchObject({
      fields: [],
      content: new Uint8Array(),
    });
    expect(readResultLine('{"error": "it broke"}')).toEqual({ kind: "failed", reason: "it broke" });
  });

  test.each(["", "200 OK", "null", "[]", "{}", '{"status": "200"}', '{"status":200,"fields":{}}'])(
    "%p is no result",
    (line) => {
      expect(readResultLine(line)).toEqual({
        kind: "ended",
        reason: `the adapter wrote no line of JSON with a status or an error: ${line}`,
      });
    },
  );
});
