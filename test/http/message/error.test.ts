import { describe, expect, test } from "bun:test";

import { describeRefusal, refusals, refusalTable } from "../../../src/http/message/error.ts";

describe("a table of refusals", () => {
  test("has for each kind a refusal that names it", () => {
    const row = { status: 400, section: "RFC 9110 §15.5.1", text: "No.", close: true } as const;
    expect(refusalTable({ a: row, b: row })).toEqual({
      a: { kind: "a", ...row },
      b: { kind: "b", ...row },
    });
    for (const [kind, refusal] of Object.entries(refusals)) expect(refusal.kind).toBe(kind);
  });
});

describe("describeRefusal", () => {
  test("says kind, status and section", () => {
    const [status, section] = [400, "RFC 9112 §7.1"] as const;
    const refusal = { kind: "chunk-size", status, section, text: "No.", close: true };
    expect(describeRefusal(refusal)).toBe("400 chunk-size (RFC 9112 §7.1)");
  });

  test("says the limit, its maximum and what came", () => {
    const limit = { name: "fieldCountMax", maximum: 100, actual: 101 };
    expect(describeRefusal({ ...refusals["too-many-fields"], limit })).toBe(
      "431 too-many-fields (RFC 6585 §5; fieldCountMax is 100, came 101)",
    );
  });
});
