import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import type { FaultKind } from "../../../src/server/faults/fault-kind.ts";
import {
  count,
  difference,
  fieldLine,
  fieldValue,
  milliseconds,
  octets,
  on,
  rate,
  secondsOrText,
  seed,
  share,
  statuses,
  word,
} from "../../../src/server/faults/fault-kind.ts";

/** A kind, values that it accepts and rejects, texts with what they stand for, and texts of none. */
type Row = readonly [
  name: string,
  kind: FaultKind<unknown>,
  accepted: readonly unknown[],
  rejected: readonly unknown[],
  texts: readonly (readonly [text: string, value: unknown])[],
  unreadable: readonly string[],
];

const noNumbers = ["", "x", "1e3", "0x10", "1.5", " 1", "٣", "99999999999999999999"];

const rows: readonly Row[] = [
  [
    "milliseconds",
    milliseconds,
    [0, 600_000],
    [-1, 600_001, 1.5, "1", NaN],
    [["20", 20]],
    noNumbers,
  ],
  ["octets", octets, [0, 2 ** 40], [-1, 0.5, null], [["7", 7]], noNumbers],
  ["a rate", rate, [1], [0, -1, Infinity], [["7", 7]], noNumbers],
  ["a count", count("things"), [1], [0], [["7", 7]], noNumbers],
  ["a bounded count", count("things", "faultInterimMax"), [1, 100_000], [100_001], [["7", 7]], []],
  ["a difference", difference, [-5, 5], [0, 1.5], [["+5", 5], ["-5", -5], ["5", 5]], noNumbers], // prettier-ignore
  ["a word", word("fin", "reset"), ["fin", "reset"], ["rst", 1], [["fin", "fin"]], ["FIN", ""]],
  ["a switch", on, [true, false], ["true", 1], [["true", true], ["false", false]], ["yes", ""]], // prettier-ignore
  ["a share", share, [0.001, 1], [0, 1.1, -1, "1"], [["0.5", 0.5], [".5", 0.5], ["1", 1]], ["50%", "", "2", "1.5"]], // prettier-ignore
  ["a seed", seed, [0, 2 ** 32 - 1], [-1, 2 ** 32, 0.5], [["7", 7]], noNumbers],
  ["a field's value", fieldValue, ["", "a b", "\xe9"], ["a\r\nb", "\0", "€", 1], [["a", "a"]], []],
  [
    "a field line",
    fieldLine,
    ["A", "A: b", "A:"],
    ["", "A b", ": b", "A: \n", 1],
    [["A", "A"]],
    [],
  ],
  [
    "statuses",
    statuses,
    [[200], [503, 503, 200], [400, 599]],
    [[], [399], [600], [204], ["503"], 503, Array.from({ length: 1001 }, () => 503)],
    [["503,200", [503, 200]], ["503", [503]]], // prettier-ignore
    ["", "503,", "503 200", "a"],
  ],
  ["seconds or text", secondsOrText, [0, 5, "soon"], [-1, 1.5, "a\n", null], [["5", 5], ["soon", "soon"]], []], // prettier-ignore
];

describe.each(rows)("%s", (_name, kind, accepted, rejected, texts, unreadable) => {
  test("is checked", () => {
    for (const value of accepted) expect([value, kind.accepts(value, defaultLimits)]).toEqual([value, true]); // prettier-ignore
    for (const value of rejected) expect([value, kind.accepts(value, defaultLimits)]).toEqual([value, false]); // prettier-ignore
    expect(kind.expected(defaultLimits)).not.toBe("");
  });

  test("is read from text", () => {
    for (const [text, value] of texts) expect(kind.read(text)).toEqual(value);
    for (const text of unreadable) expect([text, kind.read(text)]).toEqual([text, undefined]);
  });
});

test("a bound has the name of its limit in the message", () => {
  expect(milliseconds.expected(defaultLimits)).toBe(
    "a whole number of milliseconds from 0 on up to 600000 (limits.faultWaitTimeMs)",
  );
});
