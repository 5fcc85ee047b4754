import { describe, expect, spyOn, test } from "bun:test";
import * as fc from "fast-check";

import { defaultLimits } from "../../../src/base/limits.ts";
import type { EchoedBody } from "../../../src/site/echo/echo-digest.ts";
import { EchoDigest } from "../../../src/site/echo/echo-digest.ts";
import { OctetHash } from "../../../src/site/echo/octet-hash.ts";
import { BodyError } from "../../../src/site/request.ts";
import { FakeBody } from "../fake-request.ts";

const sha256 = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");
const urlencoded = "application/x-www-form-urlencoded";

function digest(
  contentType: string | undefined,
  text: string,
  cut = 1000,
  limits = defaultLimits,
): EchoedBody {
  const one = new EchoDigest(contentType, limits, new FakeBody(undefined, undefined));
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; at += cut) one.push(octets.subarray(at, at + cut));
  return one.end();
}

/** The names and values of a form, with their sizes. */
const valuesOf = ({ form }: EchoedBody): unknown =>
  form?.map(({ name, value, octets, sha256: hash }) => [name, value, octets, hash]);

describe("a body that is no form", () => {
  test("has its type, its size and its digest", () => {
    const echoed = digest("application/JSON; charset=utf-8", '{"a":1}', 2);
    expect(echoed).toMatchObject({
      type: "application/json",
      octets: 7,
      sha256: sha256('{"a":1}'),
      form: undefined,
    });
    expect(echoed.logged()).toEqual({
      body: { filename: "", type: "application/json", octets: 7 },
    });
  });

  test("may have no type", () => {
    expect(digest(undefined, "")).toMatchObject({ type: "", octets: 0, sha256: sha256("") });
  });
});

describe("a urlencoded form", () => {
  test("hashes nothing of what is between two &", () => {
    using hashing = spyOn(OctetHash.prototype, "push");
    expect(digest(urlencoded, "&".repeat(5000)).form).toEqual([]);
    // The body itself, in its five pieces.
    expect(hashing).toHaveBeenCalledTimes(5);
  });

  test("has its values, decoded, in their order", () => {
    const text = "name=Ines+Halvorsen&name=%C3%BC&empty=&alone&%41=%zz%4&&=x";
    for (let cut = 1; cut < text.length; cut++) {
      expect(valuesOf(digest(urlencoded, text, cut))).toEqual([
        ["name", "Ines Halvorsen", 14, sha256("Ines Halvorsen")],
        ["name", "ü", 2, sha256("ü")],
        ["empty", "", 0, sha256("")],
        ["alone", "", 0, sha256("")],
        ["A", "%zz%4", 5, sha256("%zz%4")],
        ["", "x", 1, sha256("x")],
      ]);
    }
  });

  test("has the values that URLSearchParams has", () => {
    const character = fc.constantFrom("a", "=", "&", "%", "4", "1", "+", "?", "ü", "z");
    const property = fc.property(fc.array(character, { maxLength: 30 }), fc.nat(5), (all, cut) => {
      const text = all.join("");
      const { form } = digest(urlencoded, text, cut + 1);
      const pairs = form?.map(({ name, value }) => [name, value ?? ""]);
      expect(pairs).toEqual([...new URLSearchParams(`?${text}`)]);
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("is logged as a form is", () => {
    expect(digest(urlencoded, "a=1&a=2&b=3").logged()).toEqual({ a: ["1", "2"], b: "3" });
  });

  test("with a long value is shown in part, and hashed as a whole", () => {
    const long = "x".repeat(300_000);
    const { form } = digest(urlencoded, `long=${long}`, 65_536);
    expect(form?.[0]).toEqual({
      name: "long",
      value: `${"x".repeat(256)}…`,
      octets: 300_000,
      sha256: sha256(long),
    });
  });

  test("with too many values is refused", () => {
    const limits = { ...defaultLimits, formFieldCountMax: 2 };
    expect(valuesOf(digest(urlencoded, "a&b", 1, limits))).toHaveLength(2);
    expect(() => digest(urlencoded, "a&b&c", 1, limits)).toThrow(BodyError);
  });
});

describe("a multipart form", () => {
  const type = "multipart/form-data; boundary=xx";
  const parts = [
    '--xx\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n',
    '--xx\r\nContent-Disposition: form-data; name="file"; filename="ü.bin"\r\n',
    "Content-Type: image/png\r\n\r\n\r\n--x\r\n",
    "--xx--\r\n",
  ].join("");

  test("has its values and its files, wherever it is cut", () => {
    for (let cut = 1; cut < 60; cut++) {
      const echoed = digest(type, parts, cut);
      expect(echoed.form).toEqual([
        { name: "note", value: "hello", octets: 5, sha256: sha256("hello") },
        {
          name: "file",
          filename: "ü.bin",
          type: "image/png",
          octets: 5,
          sha256: sha256("\r\n--x"),
        },
      ]);
      expect(echoed.sha256).toBe(sha256(parts));
      expect(echoed.logged()).toEqual({
        note: "hello",
        file: { filename: "ü.bin", type: "image/png", octets: 5 },
      });
    }
  });

  test("that is malformed is refused", () => {
    expect(() => digest(type, parts.slice(0, -6))).toThrow(BodyError);
    expect(() => digest("multipart/form-data", parts)).toThrow(BodyError);
    const limits = { ...defaultLimits, formFieldCountMax: 1 };
    expect(() => digest(type, parts, 100, limits)).toThrow(BodyError);
  });
});

test("what is held is counted as memory of the body", () => {
  const body = new FakeBody(undefined, undefined);
  const one = new EchoDigest(urlencoded, defaultLimits, body);
  one.push(Buffer.from("a=1&".repeat(100)));
  one.end();
  expect(body.keptOctets).toBeGreaterThan(100 * 256);
});
