import { expect, test } from "bun:test";

import { asksForDate, strictly, subjectOf } from "../../../src/check/blame/subject.ts";
import type { Phase, Strength } from "../../../src/check/script/script.ts";

function phase(strength: Strength, ...references: readonly string[]): Phase {
  return { line: 1, title: "P", references, strength, continues: false, steps: [] };
}

test("a should or may of the sections on persistence is about it, and no must is", () => {
  expect(subjectOf(phase("should", "RFC 9112 §9.3")).persistence).toBe(true);
  expect(subjectOf(phase("may", "RFC 9110 §9.3.1", "RFC 9110 §7.6.1")).persistence).toBe(true);
  expect(subjectOf(phase("must", "RFC 9112 §9.3")).persistence).toBe(false);
  expect(subjectOf(phase("should", "RFC 9112 §9.3.2")).persistence).toBe(false);
  expect(subjectOf(phase("may", "postern: permission")).persistence).toBe(false);
});

test("pipelining and the date have a section each", () => {
  expect(subjectOf(phase("must", "RFC 9112 §9.3.2"))).toMatchObject({ pipelining: true });
  expect(subjectOf(phase("must", "RFC 9110 §6.6.1"))).toMatchObject({ date: true });
  expect(subjectOf(phase("must", "RFC 9110 §9.3.1"))).toEqual({
    persistence: false,
    pipelining: false,
    date: false,
  });
  expect(Object.values(strictly)).toEqual([true, true, true]);
});

test("a check that asks for a Date asks for nothing of its value", () => {
  expect(asksForDate({ kind: "present", line: 1, name: "Date" })).toBe(true);
  expect(asksForDate({ kind: "once", line: 1, name: "date" })).toBe(true);
  expect(asksForDate({ kind: "absent", line: 1, name: "Date" })).toBe(false);
  expect(asksForDate({ kind: "matches", line: 1, name: "Date", pattern: /GMT$/u })).toBe(false);
  expect(asksForDate({ kind: "present", line: 1, name: "ETag" })).toBe(false);
});
