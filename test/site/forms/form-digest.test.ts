import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { kibibytes } from "../../../src/base/units.ts";
import { latin1Bytes, OctetRange, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { digestOf } from "../../../src/site/forms/form-digest.ts";
import { describeBody } from "../../../src/site/forms/logged-form.ts";
import { BodyError } from "../../../src/site/request.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { FakeBody } from "../fake-request.ts";

const limits = limitsWith({ formFieldCountMax: 4, headerSectionBytesMax: 90, logValueBytesMax: 3 });
const urlencoded = "application/x-www-form-urlencoded";
const multipart = "multipart/form-data; boundary=B";

/** The record, or the kind of refusal. */
function outcomeOf(read: () => () => unknown): unknown {
  try {
    return read()();
  } catch (error) {
    if (error instanceof BodyError) return error.kind;
    throw error;
  }
}

const whole = (body: Uint8Array, contentType: string): unknown =>
  outcomeOf(() => describeBody(new OctetRange(body), contentType, limits));

/** The same of a body that comes in pieces of `sizes` octets, over and over. */
function inPieces(body: Uint8Array, contentType: string, sizes: readonly number[]): unknown {
  return outcomeOf(() => {
    const digest = digestOf(contentType, limits, new FakeBody(undefined, undefined));
    let at = 0;
    for (let index = 0; at < body.length; index++) {
      const size = sizes[index % sizes.length] ?? 1;
      digest.push(body.subarray(at, at + size));
      at += size;
    }
    return digest.end();
  });
}

function isSame(contentType: string, bits: readonly string[]): void {
  const body = fc.array(fc.constantFrom(...bits), { maxLength: 16 });
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
  const property = fc.property(body, sizes, (texts, cuts) => {
    const octets = latin1Bytes(texts.join(""));
    expect(inPieces(octets, contentType, cuts)).toEqual(whole(octets, contentType));
  });
  fc.assert(property, { numRuns: 3000 });
}

describe("a body in pieces comes to the same as a whole one", () => {
  test("urlencoded (WHATWG URL §5.1)", () => {
    const bits = ["&", "&", "=", "a", "bc", "%41", "%", "%4", "+", "?", "%C3%BC", "%ff"];
    isSame(urlencoded, [...bits, "\xc3\xbc", "\xf0\x9f\x98\x80", "\xc3", "\xef\xbb\xbf", "abcd"]);
  });

  test("multipart (RFC 7578)", () => {
    const head = 'Content-Disposition: form-data; name="a"';
    const delimiters = ["--B\r\n", "\r\n--B\r\n", "\r\n--B--", "\r\n--B \t\r\n", "--", "\r\n--Bx"];
    const parts = [`\r\n--B\r\n${head}\r\n\r\n`, `--B\r\n${head}; filename="long"\r\n\r\nabcd`];
    isSame(multipart, [...delimiters, ...parts, ...parts, "\r", "\n", "\r\n", "-", "B", "abcdef"]);
  });

  test("no form at all", () => {
    isSame("text/plain", ["a", "\r\n"]);
    isSame("multipart/form-data", ["a", "--"]);
  });
});

describe("a body in pieces", () => {
  test("is refused with the field that is too many, not at its end", () => {
    const digest = digestOf(urlencoded, limits, new FakeBody(undefined, undefined));
    digest.push(utf8Bytes("a&a&a&a&a"));
    expect(() => digest.push(utf8Bytes("&"))).toThrow("body-too-large");
    const parts = digestOf(multipart, limits, new FakeBody(undefined, undefined));
    const part = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n';
    parts.push(utf8Bytes(part.repeat(4)));
    expect(() => parts.push(utf8Bytes("--B\r\n"))).toThrow("body-too-large");
  });

  test("keeps what the log shows of it, and no more", () => {
    const shown = limitsWith({});
    const piece = new Uint8Array(kibibytes(64)).fill(0x61);
    const kept = [urlencoded, multipart, "text/plain"].map((type) => {
      const body = new FakeBody(undefined, undefined);
      const digest = digestOf(type, shown, body);
      const begin = '--B\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n';
      if (type === multipart) digest.push(utf8Bytes(begin));
      for (let count = 0; count < 100; count++) digest.push(piece);
      return body.keptOctets;
    });
    expect(Math.max(...kept)).toBeLessThan(kibibytes(48));
    expect(kept.at(-1)).toBe(0);
  });
});
