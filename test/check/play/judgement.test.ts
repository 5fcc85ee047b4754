import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";

import type { Memory } from "../../../src/check/play/judgement.ts";
import { choicesText, judgeResponse } from "../../../src/check/play/judgement.ts";
import type { HttpResponse } from "../../../src/check/play/response-reader.ts";
import type { ResponseStep } from "../../../src/check/script/script.ts";
import { utf8Bytes } from "../../../src/http/octets/bytes.ts";

const response: HttpResponse = {
  version: "HTTP/1.1",
  status: 200,
  reason: "OK",
  fields: [
    { name: "Vary", value: "a" },
    { name: "vary", value: "b" },
    { name: "ETag", value: '"t-1"' },
  ],
  body: utf8Bytes("body"),
  trailers: [],
};

const plain: ResponseStep = {
  kind: "response",
  line: 3,
  choices: [{ kind: "class", class: 2 }],
  framing: "own",
  decoded: false,
  fields: [],
  body: [],
  saves: [],
};

function memory(): Memory {
  return { captures: new Map(), files: new Map() };
}

/** What is expected and what came, of the first check that fails. */
function failureOf(step: Partial<ResponseStep>, of: Partial<HttpResponse> = {}) {
  const failure = judgeResponse({ ...plain, ...step }, { ...response, ...of }, memory());
  return failure === undefined ? undefined : [failure.line, failure.expected, failure.came];
}

describe("the status", () => {
  test("is one of the choices, in words", () => {
    expect(failureOf({})).toBeUndefined();
    const choices = [
      { kind: "status", status: 404 },
      { kind: "class", class: 5 },
      { kind: "end", end: "closed" },
    ] as const;
    expect(choicesText(choices)).toBe("404 or 5xx or closed");
    expect(failureOf({ choices })).toEqual([3, "status 404 or 5xx or closed", "HTTP/1.1 200 OK"]);
  });

  test("has the reason phrase that is named", () => {
    expect(failureOf({ reason: "OK" })).toBeUndefined();
    expect(failureOf({ reason: "Fine" })?.[1]).toBe('the reason phrase "Fine"');
  });
});

describe("a field", () => {
  test("has its lines combined (RFC 9110 §5.3)", () => {
    const equals = { kind: "equals", line: 4, name: "Vary", value: [utf8Bytes("a, b")] } as const;
    expect(failureOf({ fields: [equals] })).toBeUndefined();
    const once = { kind: "once", line: 5, name: "Vary" } as const;
    expect(failureOf({ fields: [equals, once] })).toEqual([
      5,
      "Vary exactly once",
      "Vary: a and Vary: b",
    ]);
  });

  test("is there, or isn't", () => {
    const present = { kind: "present", line: 4, name: "Age" } as const;
    const absent = { kind: "absent", line: 4, name: "etag" } as const;
    expect(failureOf({ fields: [present] })).toEqual([4, "the field Age", "no Age"]);
    expect(failureOf({ fields: [absent] })).toEqual([4, "no etag", 'etag: "t-1"']);
  });
});

describe("the body", () => {
  test("is compared after the fields, byte by byte", () => {
    const exact = { kind: "exact", line: 6, text: [utf8Bytes("other")] } as const;
    expect(failureOf({ body: [exact] })).toEqual([6, "this body, 5 bytes", "4 bytes of body"]);
    const absent = { kind: "absent", line: 4, name: "etag" } as const;
    expect(failureOf({ body: [exact], fields: [absent] })?.[0]).toBe(4);
  });

  test("is decoded where the script says so, all codings of it (RFC 9110 §8.4)", () => {
    const length = { kind: "length", line: 6, lengthBytes: 4 } as const;
    const coded = {
      body: gzipSync(gzipSync("body")),
      fields: [{ name: "Content-Encoding", value: "gzip, gzip" }],
    };
    expect(failureOf({ body: [length], decoded: true }, coded)).toBeUndefined();
    expect(failureOf({ body: [length] }, coded)).toBeDefined();
    const unknown = { fields: [{ name: "Content-Encoding", value: "lz4" }] };
    expect(failureOf({ body: [length], decoded: true }, unknown)?.[1]).toBe(
      "a known content coding",
    );
  });
});

describe("a saved value", () => {
  test("is a field's, or the first group of the pattern in it", () => {
    const kept = memory();
    const saves = [
      { line: 7, name: "all", field: "ETag" },
      { line: 8, name: "number", field: "ETag", pattern: /t-(\d)/u },
    ];
    expect(judgeResponse({ ...plain, saves }, response, kept)).toBeUndefined();
    expect([...kept.captures]).toEqual([
      ["all", utf8Bytes('"t-1"')],
      ["number", utf8Bytes("1")],
    ]);
  });

  test("is missed where the field is absent, and where it is needed", () => {
    expect(failureOf({ saves: [{ line: 7, name: "age", field: "Age" }] })).toEqual([
      7,
      "the field Age",
      "no Age",
    ]);
    const exact = { kind: "exact", line: 6, text: [{ capture: "age" }] } as const;
    expect(failureOf({ body: [exact] })).toEqual([
      6,
      "{{age}}",
      "nothing was saved: the phase that saves it did not hold",
    ]);
  });
});
