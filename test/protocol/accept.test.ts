import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { acceptableCodings, parseAcceptEncoding, weightOf } from "../../src/protocol/accept.ts";

const offered = ["br", "zstd", "gzip", "identity"] as const;

const chosen = (...values: string[]): string =>
  acceptableCodings(parseAcceptEncoding(values), offered).join(" ");

describe("Accept-Encoding (RFC 9110 §12.5.3)", () => {
  test("that is absent lets the plain form alone be known to be understood", () => {
    expect(chosen()).toBe("identity");
  });

  test.each([
    ["", "identity"],
    [",", "identity"],
    ["gzip", "gzip identity"],
    ["gzip, br", "br gzip identity"],
    ["br;q=0.5, gzip;q=1.0", "gzip br identity"],
    ["br;q=0.5, gzip;q=0.5", "br gzip identity"],
    ["gzip;q=0.001, br;q=0.002", "br gzip identity"],
    ["*", "br zstd gzip identity"],
    ["*;q=0.1", "br zstd gzip identity"],
    ["gzip, *;q=0.1", "gzip br zstd identity"],
    ["br;q=0, *", "zstd gzip identity"],
    ["identity", "identity"],
    ["identity, gzip;q=0.5", "identity gzip"],
    ["identity;q=0.5, gzip;q=0.5", "gzip identity"],
    ["gzip;q=0", "identity"],
    ["gzip, identity;q=0", "gzip"],
    ["identity;q=0", ""],
    ["*;q=0", ""],
    ["*;q=0, identity", "identity"],
    ["*;q=0, gzip", "gzip"],
    ["identity;q=0, *", "br zstd gzip"],
    ["compress, gzip;q=0.5", "gzip identity"],
    ["GZip", "gzip identity"],
    ["x-gzip", "gzip identity"],
    ["x-compress", "identity"],
    ["gzip ;\tq=0.5 , br ; Q=0.25", "gzip br identity"],
    [",, gzip ,", "gzip identity"],
  ])("%p: %p", (value, wanted) => {
    expect(chosen(value)).toBe(wanted);
  });

  test.each([
    "gzip;q=2",
    "gzip;q=-1",
    "gzip;q=.5",
    "gzip;q=0.1234",
    "gzip;q=1.001",
    "gzip;q=",
    "gzip;q",
    "gzip;",
    "gzip;q =1",
    'gzip;q="1"',
    "gzip;level=9",
    "gz ip",
    "g\u00e9zip",
    "\u00a0gzip",
    "gzip\u00a0",
  ])("a malformed member is passed over: %p", (value) => {
    expect(chosen(value)).toBe("identity");
    expect(chosen(`${value}, br`)).toBe("br identity");
  });

  test("in several lines is one list (RFC 9110 §5.3)", () => {
    expect(chosen("gzip;q=0.5", "br;q=0.1")).toBe("gzip br identity");
  });

  test("weighs what was not named as nothing", () => {
    const weights = parseAcceptEncoding(["gzip;q=0.7, *;q=0.2"]);
    expect(["gzip", "br", "x"].map((name) => weightOf(weights, name))).toEqual([0.7, 0.2, 0.2]);
    expect(weightOf(parseAcceptEncoding(["gzip"]), "br")).toBe(0);
    expect(weightOf(undefined, "gzip")).toBe(0);
    expect(weightOf(undefined, "identity")).toBe(1);
  });

  test("is never answered with what weighs nothing, and by falling weight", () => {
    const name = fc.constantFrom("br", "zstd", "gzip", "identity", "*", "x-gzip", "deflate");
    const weight = fc.constantFrom(
      "",
      ";q=0",
      ";q=0.0",
      ";q=0.3",
      ";q=0.333",
      ";q=1",
      ";q=9",
      ";x",
    );
    const list = fc.array(fc.tuple(name, weight).map((member) => member.join("")));
    const property = fc.property(fc.array(list, { maxLength: 2 }), (lines) => {
      const weights = parseAcceptEncoding(lines.map((members) => members.join(", ")));
      const codings = acceptableCodings(weights, offered);
      const all = codings.map((coding) => weightOf(weights, coding));
      expect(all.every((each) => each > 0 && each <= 1)).toBe(true);
      expect(all).toEqual(all.toSorted((a, b) => b - a));
      const left = offered.filter((coding) => !codings.includes(coding));
      expect(left.every((coding) => weightOf(weights, coding) === 0)).toBe(true);
    });
    fc.assert(property);
  });
});
