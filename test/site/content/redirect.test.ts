import { describe, expect, test } from "bun:test";

import { redirect } from "../../../src/site/content/redirect.ts";
import { show } from "../shown-response.ts";

describe("a redirect (RFC 9110 §15.4)", () => {
  test.each([
    [undefined, "/a%20b/"],
    ["", "/a%20b/?"],
    ["c=d&e", "/a%20b/?c=d&e"],
  ])("takes the query %p along", (query, location) => {
    const { status, fields, kind } = show(redirect(308, "/a%20b/", query, undefined));
    expect([status, kind]).toEqual([308, "none"]);
    expect(fields).toEqual({ "Cache-Control": "no-cache", Location: location });
  });

  test("has the status that is asked for, and is kept for as long as --cache says", () => {
    for (const status of [301, 302, 303, 307] as const) {
      const shown = show(redirect(status, "https://b.example/", undefined, 60));
      expect(shown.status).toBe(status);
      expect(shown.fields).toEqual({
        "Cache-Control": "max-age=60",
        Location: "https://b.example/",
      });
    }
  });
});
