import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { growth } from "../../growth.ts";
import { parseAcceptEncoding, rankCodings, weightOf } from "../../../src/http/fields/accept.ts";

const offered = ["br", "zstd", "gzip", "identity"] as const;

const chosen = (...values: string[]): string =>
  rankCodings(parseAcceptEncoding(values), offered).flat().join(" ");

/** A member of the list: a coding, in any case, and its weight in thousandths, if it names one. */
interface Member {
  readonly name: string;
  readonly thousandths: number | undefined;
}

const lowerName = ({ name }: Member): string => name.toLowerCase().replace(/^x-gzip$/, "gzip");

/** The weight of `coding` as §12.5.3 tells it; 0 for what isn't acceptable, -1 for unnamed. */
function modelWeight(members: readonly Member[], coding: string): number {
  const named = (name: string): number | undefined => {
    const last = members.findLast((member) => lowerName(member) === name);
    return last === undefined ? undefined : (last.thousandths ?? 1000);
  };
  const direct = named(coding);
  if (direct !== undefined) return direct;
  if (coding !== "identity") return named("*") ?? 0;
  return named("*") === 0 ? 0 : -1;
}

const qvalue = (thousandths: number, digits: number): string => {
  const text = (thousandths / 1000).toFixed(3);
  const cut = text.slice(0, digits === 0 ? 1 : digits + 2);
  return Number(cut) * 1000 === thousandths ? cut : text;
};

const member = fc.record({
  name: fc.constantFrom("br", "BR", "zstd", "gzip", "X-GZip", "identity", "*", "deflate", "a!b"),
  thousandths: fc.option(fc.constantFrom(0, 1, 250, 500, 999, 1000), { nil: undefined }),
});
const blanks = fc.constantFrom("", " ", "\t", "  ");
const spelled = fc
  .tuple(member, blanks, blanks, fc.integer({ min: 0, max: 3 }), fc.constantFrom("q", "Q"))
  .map(([one, before, after, digits, q]) => {
    const { name, thousandths } = one;
    const weight = thousandths === undefined ? "" : `${q}=${qvalue(thousandths, digits)}`;
    const text = weight === "" ? name : `${name}${before};${after}${weight}`;
    return { one, text: `${before}${text}${after}` };
  });

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

  test("ranks as the section says, whatever the spelling, the order and the lines", () => {
    const lines = fc.array(fc.array(spelled, { maxLength: 6 }), { minLength: 1, maxLength: 3 });
    const property = fc.property(lines, (all) => {
      const members = all.flat().map(({ one }) => one);
      const values = all.map((line) => line.map(({ text }) => text).join(","));
      const wanted = offered
        .map((coding) => [modelWeight(members, coding), coding] as const)
        .filter(([weight]) => weight !== 0)
        .toSorted(([a], [b]) => b - a);
      const ranks = [...new Set(wanted.map(([weight]) => weight))].map((rank) =>
        wanted.filter(([weight]) => weight === rank).map(([, coding]) => coding),
      );
      expect(rankCodings(parseAcceptEncoding(values), offered)).toEqual(ranks);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test("is never refused for what it holds, and garbage changes nothing else", () => {
    const garbage = fc.string({ unit: "binary", maxLength: 40 }).map((text) => `\u0000${text}`);
    const property = fc.property(garbage, (text) => {
      const one = text.replaceAll(",", "");
      expect(chosen(`br;q=0.5,${one},gzip`)).toBe("gzip br identity");
    });
    fc.assert(property);
  });

  test("as long as a header section is read in no time", () => {
    const lists = ["gzip;q=0.5,", "a,", ",", "a;q=0.001 ,", "gzip ;\t", ";,", "x;q=0.0000,"];
    for (const text of [...lists, " ", "\t;", "a".repeat(99), "q=".repeat(9)]) {
      const power = growth(
        (octets) => text.repeat(Math.ceil(octets / text.length)).slice(0, octets),
        (value) => void rankCodings(parseAcceptEncoding([value]), offered),
        4096,
      );
      expect([text, power < 1.5]).toEqual([text, true]);
    }
  });
});
