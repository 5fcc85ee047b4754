import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import type { Target } from "../../../src/http/message/target.ts";
import { locationFrom, redirect } from "../../../src/site/content/redirect.ts";
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

describe("a relative reference (RFC 3986 §4.2)", () => {
  test.each([
    ["/docs", "/docs/", "docs/"],
    ["/a/docs", "/a/docs/", "docs/"],
    ["//docs", "/docs/", "../docs/"],
    ["//docs", "//docs/", "docs/"],
    ["/a//b", "/a/c", "../c"],
    ["/a/b", "/a/", "./"],
    ["/a", "/", "./"],
    ["/a/", "/", "../"],
    ["/a/", "/a", "../a"],
    ["/a/b/c", "/", "../../"],
    ["/old/a/b", "/new/a/b", "../../new/a/b"],
    ["/a/b/c/d", "/a/x/c/d", "../../x/c/d"],
    ["/a:b", "/a:b/", "./a:b/"],
    ["/a/b", "/x:y", "../x:y"],
    ["/a/b", "/a/b:c/d", "./b:c/d"],
    ["/a/b", "/a/b/c:d", "b/c:d"],
    ["/a", "//evil.example/", ".//evil.example/"],
    ["/a/b", "//evil.example/", "..//evil.example/"],
    ["/", "/a", "a"],
  ])("from %p to %p is %p", (base, to, reference) => {
    expect(locationFrom({ form: "origin", path: base }, to)).toBe(reference);
    const url = new URL(reference, `http://site.example/app${base}`);
    expect(url.href).toBe(`http://site.example/app${to}`);
  });

  test("leads where the path does, below any prefix", () => {
    const name = fc.constantFrom("", "a", "b", "a:b", "...", "%2E%41", "%25", "a.b", "@", "&");
    const path = fc
      .array(name, { minLength: 1, maxLength: 5 })
      .map((names) => `/${names.join("/")}`);
    fc.assert(
      fc.property(path, path, fc.constantFrom("", "/app", "/a/b"), (base, to, prefix) => {
        const origin = "http://site.example";
        const url = new URL(
          locationFrom({ form: "origin", path: base }, to),
          `${origin}${prefix}${base}`,
        );
        expect(url.href).toBe(`${origin}${prefix}${to}`);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a location for a target (RFC 9110 §10.2.2)", () => {
  const authority = { host: "other.example" };

  test("is relative to its path, in whatever form and spelling", () => {
    const origin: Target = { form: "origin", path: "/%64ocs/a" };
    expect(locationFrom(origin, "/docs/a/")).toBe("a/");
    const absolute: Target = { form: "absolute", scheme: "http", authority, path: "/docs" };
    expect(locationFrom(absolute, "/docs/")).toBe("docs/");
    expect(locationFrom({ form: "origin", path: "//docs" }, "/docs/")).toBe("../docs/");
  });

  test("is the path where a target has none", () => {
    expect(locationFrom({ form: "asterisk" }, "/docs/")).toBe("/docs/");
    expect(locationFrom({ form: "authority", authority }, "/docs/")).toBe("/docs/");
  });
});
