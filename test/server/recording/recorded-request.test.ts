import { describe, expect, test } from "bun:test";

import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import { noFields } from "../../../src/http/fields/fields.ts";
import { IncomingBody } from "../../../src/server/connection/request-body.ts";
import { RequestRecord } from "../../../src/server/recording/recorded-request.ts";
import { headOf } from "../../http1/transcript.ts";

const post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/** The record of `text`, of whose body `keptMax` octets are kept, and that body. */
function recordOf(text: string, keptMax = 10): { record: RequestRecord; body: IncomingBody } {
  const arrival = { head: headOf(text), remoteAddress: "::1", receivedMs: 0, connection: 1 };
  const record = new RequestRecord(arrival, keptMax, () => undefined);
  const body = new IncomingBody(undefined, { wanted: () => undefined });
  body.tap = record;
  return { record, body };
}

describe("the body of a recorded request", () => {
  test("is what was read, by a handler or to be thrown away", async () => {
    const { record, body } = recordOf(post);
    expect([record.bodyIsWhole, record.body.length]).toEqual([false, 0]);
    const reading = body.read();
    const octets = latin1Bytes('{"a"');
    body.deliver(octets);
    await reading;
    // The octets are the connection's, which uses the buffer again.
    octets.fill(0);
    body.discard(latin1Bytes(":1}"));
    expect([record.bodyIsWhole, record.bodyOctets]).toEqual([false, 7]);
    expect(() => record.text()).toThrow(
      "7 octets of the body were kept, of what was sent: it was not read to its end",
    );
    body.end(noFields);
    expect([record.bodyIsWhole, record.text(), record.json()]).toEqual([true, '{"a":1}', { a: 1 }]);
  });

  test("is kept up to the maximum, and then says that it isn't whole", () => {
    for (const pieces of [["0123456789", "abc"], ["0123456789abc"], "0123456789abc".split("")]) {
      const { record, body } = recordOf(post);
      for (const piece of pieces) body.discard(latin1Bytes(piece));
      body.end(noFields);
      expect([record.body, record.bodyOctets]).toEqual([latin1Bytes("0123456789"), 13]);
      expect(record.bodyIsWhole).toBe(false);
      expect(() => record.json()).toThrow(
        "10 octets of the body were kept, of 13 octets (limits.requestBodyKeptBytesMax)",
      );
    }
  });

  test("costs what its buffer does, up to the maximum", () => {
    let grown = 0;
    const head = headOf(post);
    const arrival = { head, remoteAddress: "::1", receivedMs: 0, connection: 1 };
    const record = new RequestRecord(arrival, 1000, (bytes) => (grown += bytes));
    const { bytes } = record;
    for (let i = 0; i < 2000; i++) record.took(new Uint8Array(1));
    expect([grown, record.bytes - bytes]).toEqual([1000, 1000]);
  });

  test("is empty and whole where the request has none", () => {
    const { record } = recordOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([record.bodyIsWhole, record.text()]).toEqual([true, ""]);
  });
});

const pathOf = (target: string): string | undefined =>
  recordOf(`OPTIONS ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).record.path;

describe("a recorded request", () => {
  test("has a path where a file could have it", () => {
    expect(["*", "/a%20b?c", "http://a/b", "/../x"].map(pathOf)).toEqual([
      undefined,
      "/a b",
      "/b",
      undefined,
    ]);
  });

  test("has fields that are an array, and are looked up whatever the letter case", () => {
    const { fields } = recordOf("GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n\r\n").record;
    expect([fields.get("X-a"), fields.getAll("x-a"), fields.count]).toEqual(["1", ["1", "2"], 3]);
    expect([fields.get("none"), fields.has("none"), fields.has("HOST")]).toEqual([
      undefined,
      false,
      true,
    ]);
    expect(fields.map(([name]) => name)).toEqual(["Host", "X-A", "x-a"]);
    expect(JSON.stringify(fields)).toBe('[["Host","a"],["X-A","1"],["x-a","2"]]');
  });
});
