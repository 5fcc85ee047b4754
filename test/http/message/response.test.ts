import { describe, expect, test } from "bun:test";

import type { Response } from "../../../src/http/message/response.ts";
import { bodyOctets, CachedResponse } from "../../../src/http/message/response.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";

describe("bodyOctets", () => {
  test("is known for everything but a stream", () => {
    const file = { read: () => 0, close: () => undefined };
    expect(bodyOctets({ kind: "none" })).toBe(0);
    expect(bodyOctets({ kind: "bytes", bytes: new Uint8Array(3) })).toBe(3);
    const region = { start: 5, octets: 7 };
    expect(bodyOctets({ kind: "file", file, pieces: [region] })).toBe(7);
    const pieces = [
      new Uint8Array(3),
      region,
      new Uint8Array(0),
      { start: 2 ** 33, octets: 2 ** 33 },
    ];
    expect(bodyOctets({ kind: "file", file, pieces })).toBe(2 ** 33 + 10);
    expect(bodyOctets({ kind: "file", file, pieces: [] })).toBe(0);
    const chunks: AsyncIterable<Uint8Array> = new ReadableStream<Uint8Array>();
    expect(bodyOctets({ kind: "stream", chunks })).toBeUndefined();
  });
});

describe("a cached response", () => {
  const plain = new ResponseBuilder(200).field("A", "b").text("c").closing().build();
  const cached = new CachedResponse(plain, { reason: "d" });

  test("says what the response says that it is made of", () => {
    expect(new CachedResponse(plain)).toMatchObject({
      status: 200,
      fields: plain.fields,
      body: plain.body,
      close: true,
      note: undefined,
    });
    expect(cached.note).toEqual({ reason: "d" });
  });

  test("is none by a spread of one", () => {
    const spread = { ...(cached as Response) };
    expect(spread).not.toBeInstanceOf(CachedResponse);
    expect("encoded" in spread).toBe(false);
  });

  test("has one place for its octets, with another note too, and shares it with no other", () => {
    const noted = cached.withNote({ reason: "e" });
    expect(noted).toBeInstanceOf(CachedResponse);
    expect(noted.note).toEqual({ reason: "e" });
    expect(noted.encoded).toBe(cached.encoded);
    expect(new CachedResponse(cached).encoded).not.toBe(cached.encoded);
  });

  test("is none with a stream, which is read once, or with hints of one request", () => {
    const chunks: AsyncIterable<Uint8Array> = new ReadableStream<Uint8Array>();
    expect(() => new ResponseBuilder(200).stream(chunks, "a/b").buildCached()).toThrow(TypeError);
    expect(() => new CachedResponse({ ...plain, hints: ["</a>"] })).toThrow(TypeError);
  });
});
