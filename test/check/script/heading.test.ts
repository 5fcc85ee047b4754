import { describe, expect, test } from "bun:test";

import { readPhaseHeading } from "../../../src/check/script/heading.ts";

describe("a phase's heading", () => {
  test("has a title, references and a strength", () => {
    const text = "## A title (with more) (RFC 9112 §6.3 step 3, RFC 9110 errata 12, should)";
    expect(readPhaseHeading(text)).toEqual({
      ok: true,
      value: {
        title: "A title (with more)",
        references: ["RFC 9112 §6.3 step 3", "RFC 9110 errata 12"],
        strength: "should",
      },
    });
  });

  test.each(["RFC 9110 §A.1", "Fetch §3.2", "WHATWG URL §4", "postern: permission"])(
    "takes the reference %s",
    (reference) => {
      expect(readPhaseHeading(`## T (${reference}, may)`)).toMatchObject({ ok: true });
    },
  );

  test.each([
    ["## T", "## TITLE (REFERENCE, must|should|may)"],
    ["## T (must)", "a reference before the strength, like RFC 9110 §9.3.1"],
    ["## T (RFC 9110 §9, might)", 'must, should or may at the end, and not "might"'],
    [
      "## T (RFC9110 9, must)",
      'a reference like RFC 9110 §9.3.1 or postern: permission, not "RFC9110 9"',
    ],
  ])("is refused as %j", (text, error) => {
    expect(readPhaseHeading(text)).toEqual({ ok: false, error });
  });
});
