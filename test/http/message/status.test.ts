import { describe, expect, test } from "bun:test";

import type { Status } from "../../../src/http/message/status.ts";
import { isContentless, reasonPhrases } from "../../../src/http/message/status.ts";

const all = Object.keys(reasonPhrases).map(Number) as Status[];

describe("status codes (RFC 9110 §15)", () => {
  test("have three digits, of a class that exists, and a reason that fits a status line", () => {
    for (const status of all) {
      expect(status).toBeGreaterThanOrEqual(100);
      expect(status).toBeLessThanOrEqual(599);
      expect(reasonPhrases[status]).toMatch(/^[A-Z][A-Za-z' -]+$/);
    }
  });

  test("have the reasons that RFC 9110 renamed", () => {
    expect(reasonPhrases[413]).toBe("Content Too Large");
    expect(reasonPhrases[422]).toBe("Unprocessable Content");
    expect(reasonPhrases[414]).toBe("URI Too Long");
  });

  test("without content are 1xx, 204, 205 and 304 (§6.4.1, §15.3.6)", () => {
    expect(all.filter(isContentless)).toEqual([100, 101, 103, 104, 204, 205, 304]);
  });
});
