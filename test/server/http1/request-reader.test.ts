import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import { RequestHeadCache } from "../../../src/http1/request-head-cache.ts";
import { MemoryTotal } from "../../../src/server/connection/memory-total.ts";
import type { IncomingBody } from "../../../src/server/connection/request-body.ts";
import { noBody } from "../../../src/server/connection/request-body.ts";
import { RequestReader } from "../../../src/server/http1/request-reader.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { FakeTransport } from "../fake-transport.ts";

const limits = limitsWith({ discardBytesMax: 10, bodyBufferBytesMax: 20 });

interface Read {
  readonly reader: RequestReader;
  readonly body: IncomingBody;
  readonly push: (text: string) => void;
}

/** A reader that has read the head of a request with `fields`, and `content` so far. */
function reading(fields: string, content = ""): Read {
  const reader = new RequestReader(
    limits,
    new RequestHeadCache(limits),
    new MemoryTotal(),
    () => undefined,
  );
  const push = (text: string): void => reader.parser.push(latin1Bytes(text));
  push(`POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${content}`);
  const event = reader.parser.next();
  if (event.kind !== "head") throw new Error(event.kind);
  return { reader, body: reader.bodyOf(event.head), push };
}

/** Whether too much of the body of a request with `fields` is still to come. */
function leaves(fields: string): boolean {
  const { reader, body } = reading(fields);
  return reader.leavesTooMuch(body);
}

const five = "Content-Length: 5\r\n";
const chunked = "Transfer-Encoding: chunked\r\n";

describe("a request without content", () => {
  test("has the one body that is at its end, and the next request follows", () => {
    const { reader, body, push } = reading("");
    expect(body).toBe(noBody);
    expect(body.isRead).toBe(true);
    push("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(reader.parser.next().kind).toBe("head");
  });
});

describe("feeding a handler", () => {
  test("delivers chunks that have arrived together as one piece, and the end with them", async () => {
    const { reader, body, push } = reading(chunked, "1\r\na\r\n2\r\nbc\r\n3\r\nd");
    const first = body.read();
    expect(reader.feed(body).kind).toBe("fed");
    expect(latin1Text((await first) ?? new Uint8Array(0))).toBe("abcd");
    push("ef\r\n0\r\nX-Sum: 6\r\n\r\n");
    const last = body.read();
    expect(reader.feed(body).kind).toBe("fed");
    expect(latin1Text((await last) ?? new Uint8Array(0))).toBe("ef");
    expect([body.isRead, body.octets, body.trailers.get("x-sum")]).toEqual([true, 6, "6"]);
    const broken = reading(chunked, "1\r\na\r\n1\r\nbX");
    const part = broken.body.read();
    expect(broken.reader.feed(broken.body).kind).toBe("fed");
    expect(latin1Text((await part) ?? new Uint8Array(0))).toBe("ab");
    void broken.body.read();
    expect(broken.reader.feed(broken.body).kind).toBe("broken");
  });

  test("refuses the body at a chunk size that is too large for its reader", async () => {
    const { reader, body, push } = reading(chunked, "5\r\nhello\r\n");
    const content = body.readAll(8);
    expect(reader.feed(body).kind).toBe("fed");
    await Promise.resolve();
    push("3");
    expect(reader.feed(body).kind).toBe("starved");
    push("0");
    expect(reader.feed(body).kind).toBe("fed");
    expect(body.wanted).toBe(false);
    const error: unknown = await content.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "body-too-large" });
  });

  test("does nothing while no reader waits", () => {
    const { reader, body } = reading(five, "hello");
    expect(reader.feed(body).kind).toBe("unwanted");
    expect(body.octets).toBe(0);
  });

  test("delivers what has arrived, and reads the end with the last octet", async () => {
    const { reader, body, push } = reading(five, "hel");
    const first = body.read();
    expect(reader.feed(body).kind).toBe("fed");
    expect(latin1Text((await first) ?? new Uint8Array(0))).toBe("hel");
    expect(body.isRead).toBe(false);
    const second = body.read();
    expect(reader.feed(body).kind).toBe("starved");
    push("lo");
    expect(reader.feed(body).kind).toBe("fed");
    expect(latin1Text((await second) ?? new Uint8Array(0))).toBe("lo");
    expect([body.isRead, body.octets]).toEqual([true, 5]);
  });

  test("says that a chunked body is malformed", () => {
    const { reader, body } = reading(chunked, "x\r\n");
    void body.read();
    expect(reader.feed(body)).toMatchObject({ kind: "broken", refusal: { kind: "chunk-size" } });
  });
});

describe("a body that has arrived whole", () => {
  test("is taken out at once, and is read then", () => {
    const { body } = reading(five, "hello");
    expect(latin1Text(body.arrived()?.octets ?? new Uint8Array(0))).toBe("hello");
    expect([body.isRead, body.octets]).toEqual([true, 5]);
    expect(body.arrived()).toBeUndefined();
  });

  test("isn't, when some of it is missing or was read", async () => {
    expect(reading(five, "hell").body.arrived()).toBeUndefined();
    const { reader, body, push } = reading(five, "hel");
    const first = body.read();
    reader.feed(body);
    await first;
    push("lo");
    expect(body.arrived()).toBeUndefined();
  });
});

describe("a body that no handler wants", () => {
  test("is discarded as far as it has arrived", () => {
    const { reader, body, push } = reading(five, "hel");
    expect(reader.discard(body)).toBe(true);
    expect([body.isRead, body.discarded]).toEqual([false, 3]);
    push("lo");
    expect(reader.discard(body)).toBe(true);
    expect([body.isRead, body.discarded, body.octets]).toEqual([true, 5, 5]);
  });

  test("isn't discarded beyond discardBytesMax, nor when it is malformed", () => {
    const long = reading("Content-Length: 11\r\n", "0123456789");
    expect(long.reader.discard(long.body)).toBe(true);
    long.push("a");
    expect(long.reader.discard(long.body)).toBe(false);
    const malformed = reading(chunked, "x\r\n");
    expect(malformed.reader.discard(malformed.body)).toBe(false);
  });

  test("isn't discarded when the size of a chunk alone is too large", () => {
    const { reader, body, push } = reading(chunked, "5\r\nhello\r\n");
    expect(reader.discard(body)).toBe(true);
    push("5");
    expect(reader.discard(body)).toBe(true);
    push("0");
    expect(reader.discard(body)).toBe(false);
    const fresh = reading(chunked, "b");
    expect(fresh.reader.feed(fresh.body).kind).toBe("unwanted");
    fresh.reader.parser.next();
    expect(fresh.reader.leavesTooMuch(fresh.body)).toBe(true);
  });

  test("leaves too much when more is declared than is discarded, or 100 is owed", () => {
    expect(leaves("Content-Length: 10\r\n")).toBe(false);
    expect(leaves("Content-Length: 11\r\n")).toBe(true);
    expect(leaves(chunked)).toBe(false);
    expect(leaves(`${five}Expect: 100-continue\r\n`)).toBe(true);
    expect(leaves("")).toBe(false);
  });
});

describe("reading from the socket", () => {
  test("is paused when the buffer is full and no reader waits, and resumed when one does", () => {
    const transport = new FakeTransport();
    const { reader, body, push } = reading("Content-Length: 1000\r\n", "x".repeat(19));
    reader.steer(transport, "handling", body, false);
    expect(transport.calls).toEqual([]);
    push("x");
    reader.steer(transport, "handling", body, false);
    reader.steer(transport, "handling", body, false);
    expect(transport.calls).toEqual(["pause"]);
    void body.read();
    reader.steer(transport, "handling", body, false);
    expect(transport.calls).toEqual(["pause", "resume"]);
  });

  test("is paused while output is blocked and the next request has arrived", () => {
    const transport = new FakeTransport();
    const reader = new RequestReader(
      defaultLimits,
      new RequestHeadCache(defaultLimits),
      new MemoryTotal(),
      () => undefined,
    );
    reader.steer(transport, "idle", undefined, true);
    expect(transport.calls).toEqual([]);
    reader.parser.push(latin1Bytes("GET"));
    reader.steer(transport, "idle", undefined, true);
    reader.steer(transport, "idle", undefined, false);
    expect(transport.calls).toEqual(["pause", "resume"]);
  });
});
