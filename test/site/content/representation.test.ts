import { describe, expect, test } from "bun:test";

import { latin1Bytes, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { CachedResponse } from "../../../src/http/message/response.ts";
import type { RepresentationParts } from "../../../src/site/content/representation.ts";
import { Representation } from "../../../src/site/content/representation.ts";
import { FakeFile } from "../fake-file.ts";
import { octetsOf, show } from "../shown-response.ts";

const letters = "abcdefghij";
const changedMs = Date.parse("2024-02-29T12:00:00.999Z");

const parts: RepresentationParts = {
  mediaType: "text/plain",
  entityTag: { weak: false, opaque: "t" },
  mtimeMs: changedMs,
  content: utf8Bytes(letters),
  fields: [
    ["Cache-Control", "no-cache"],
    ["X-A", "b"],
  ],
};

const representationOf = (changes: Partial<RepresentationParts> = {}): Representation =>
  new Representation({ ...parts, ...changes });

describe("a representation that answers other requests, too", () => {
  const repeated = representationOf({ isRepeated: true });

  test("has a slot, one 200 and one 304, each the same object every time", () => {
    expect(repeated.isRepeated).toBe(true);
    expect(repeated.slot).toBeDefined();
    expect(repeated.whole).toBeInstanceOf(CachedResponse);
    expect(repeated.whole).toBe(repeated.whole);
    expect(repeated.notModified).toBeInstanceOf(CachedResponse);
    expect(repeated.notModified).toBe(repeated.notModified);
  });

  test("says in its 200 what all of them say, and in its 304 what must be repeated", () => {
    expect(show(repeated.whole)).toMatchObject({
      status: 200,
      body: letters,
      fields: {
        ETag: '"t"',
        "Last-Modified": "Thu, 29 Feb 2024 12:00:00 GMT",
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-cache",
        "X-A": "b",
        "Content-Type": "text/plain",
      },
    });
    const { status, fields, kind } = show(repeated.notModified);
    expect([status, fields, kind]).toEqual([
      304,
      { ETag: '"t"', "Cache-Control": "no-cache" },
      "none",
    ]);
  });

  test("is one without a slot for one answer, from which nothing is kept", () => {
    const once = repeated.once();
    expect([once.isRepeated, once.slot]).toEqual([false, undefined]);
    expect(once.content).toBe(repeated.content);
    expect(once.notModified).not.toBeInstanceOf(CachedResponse);
    expect(once.notModified).not.toBe(once.notModified);
    expect(repeated.isRepeated).toBe(true);
    expect(representationOf({ isRepeated: true }).once()).toEqual(representationOf());
  });
});

describe("the content", () => {
  test("is released where it is a file, and needs no release where it is in memory", () => {
    const file = new FakeFile(letters);
    const representation = representationOf({ content: file });
    expect(representation.size).toBe(letters.length);
    representation.release();
    expect(file.closed).toBe(1);
    const inMemory = representationOf();
    inMemory.release();
    expect(inMemory.size).toBe(letters.length);
  });

  const pieces = [latin1Bytes("<"), { start: 2, octets: 3 }, latin1Bytes(">")];
  test.each(["memory", "file"])("from %s is all of it, or pieces", (from) => {
    const content = from === "file" ? new FakeFile(letters) : utf8Bytes(letters);
    const representation = representationOf({ content });
    for (const [asked, octets] of [
      [undefined, letters],
      [[{ start: 8, octets: 2 }], "ij"],
      [pieces, "<cde>"],
    ] as const) {
      const builder = representation.describe(206, undefined);
      const response = representation.fill(builder, asked, "a/b").build();
      expect(new TextDecoder().decode(octetsOf(response))).toBe(octets);
      expect(show(response).fields["Content-Type"]).toBe("a/b");
      expect(response.body.kind).toBe(from === "file" ? "file" : "bytes");
    }
  });
});

test("a date that is not told is on no response", () => {
  const undated = new Representation({
    mediaType: "a/b",
    entityTag: parts.entityTag,
    content: parts.content,
    isRepeated: true,
    fields: [],
  });
  expect(Object.keys(show(undated.whole).fields)).toEqual([
    "ETag",
    "Accept-Ranges",
    "Content-Type",
  ]);
});
