import { describe, expect, test } from "bun:test";

import type { SiteRules } from "../../../src/site/rules/read-rules.ts";
import { readRules } from "../../../src/site/rules/read-rules.ts";

const plain: SiteRules = {
  single: false,
  cleanUrls: false,
  headers: [],
  cors: false,
  redirects: [],
  rewrites: [],
  cache: undefined,
};

function fault(rules: Partial<SiteRules>): string | undefined {
  const read = readRules({ ...plain, ...rules });
  return read.ok ? undefined : read.error;
}

describe("rules", () => {
  test("that say nothing add nothing", () => {
    const read = readRules(plain);
    expect(read.ok && read.value).toEqual({
      mapping: { redirects: [], rewrites: [], single: false, cleanUrls: false },
      headers: undefined,
    });
  });

  test("redirect for good, keeping the method, unless told otherwise (RFC 9110 §15.4.9)", () => {
    const from = "/a";
    const to = "/b";
    const read = readRules({
      ...plain,
      redirects: [
        { from, to },
        { from, to, status: 302 },
      ],
    });
    expect(read.ok && read.value.mapping.redirects.map(({ status }) => status)).toEqual([308, 302]);
  });

  test("have no other status", () => {
    for (const status of [200, 300, 304, 305, 399, 404, Number.NaN]) {
      const rule = { from: "/a", to: "/b", status: status as 301 };
      expect(fault({ redirects: [rule] })).toBe(`redirects[0]: no redirect: ${status}`);
    }
  });

  test("are refused by the first that can't be read", () => {
    expect(fault({ redirects: [{ from: "a", to: "/" }] })).toBe(
      "redirects[0]: not a path pattern: a",
    );
    expect(fault({ redirects: [{ from: "/a", to: "//b" }] })).toBe(
      "redirects[0]: not a path or URL: //b",
    );
    expect(fault({ rewrites: [{ from: "/a", to: "https://b/" }] })).toBe(
      "rewrites[0]: not a path: https://b/",
    );
    expect(fault({ rewrites: [{ from: "/a", to: "/.." }] })).toBe("rewrites[0]: not a path: /..");
  });

  test("say for how many seconds an answer is fresh", () => {
    expect(fault({ cache: 0 })).toBeUndefined();
    for (const cache of [-1, 1.5, Number.NaN, Infinity, "60" as unknown as number]) {
      expect(fault({ cache })).toBe(`not a number of seconds: ${cache}`);
    }
  });
});

describe("a header rule", () => {
  test.each([
    ["X-Mine", "a"],
    ["x", ""],
    ["Link", '</a.css>; rel="preload"'],
    ["X-Latin", "caf\u00e9"],
    ["X-Tab", "a\tb"],
    ["Cache-Control", "no-store"],
  ])("may be %s: %p", (name, value) => {
    expect(fault({ headers: [{ name, value }] })).toBeUndefined();
  });

  test.each(["", "a b", "a:", "X\r\nY", "naïve", "X\0"])("is not called %p", (name) => {
    expect(fault({ headers: [{ name, value: "x" }] })).toBe(`not a field name: ${name}`);
  });

  test.each(["a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\0b", " a", "a ", "\ta", "\u{1f600}", "\x7f"])(
    "does not say %p (RFC 9110 §5.5)",
    (value) => {
      const text = `not a value for X: ${JSON.stringify(value)}`;
      expect(fault({ headers: [{ name: "X", value }] })).toBe(text);
    },
  );

  test.each(
    [
      ["Content-Length", "TRANSFER-ENCODING", "Connection", "Date", "Trailer", "Upgrade"],
      ["ETag", "last-modified", "Content-Range", "Accept-Ranges", "Allow", "Location"],
    ].flat(),
  )("%s is not for the hand to set", (name) => {
    expect(fault({ headers: [{ name, value: "x" }] })).toBe(`${name} is the server's own`);
  });

  test("is about a path that begins with a slash", () => {
    const rule = { path: "assets/**", name: "X", value: "x" };
    expect(fault({ headers: [rule] })).toBe("not a path that begins with /: assets/**");
  });
});

describe("origins (Fetch §3.3)", () => {
  test.each(["https://example.com", "http://localhost:8080", "http://[::1]:1", "http://127.0.0.1"])(
    "may be %s",
    (origin) => {
      expect(fault({ cors: { origins: [origin] } })).toBeUndefined();
    },
  );

  test.each([
    "*",
    "null",
    "",
    "example.com",
    "https://example.com/",
    "https://example.com:443",
    "https://EXAMPLE.com",
    "https://*.example.com",
    "https://a@example.com",
    "file://",
    "https://example.com https://b",
  ])("are not %p", (origin) => {
    expect(fault({ cors: { origins: ["https://a", origin] } })).toBe(`not an origin: ${origin}`);
  });

  test("are listed where there may be credentials", () => {
    expect(fault({ cors: { credentials: true } })).toBe("credentials need a list of origins");
    expect(fault({ cors: { credentials: false } })).toBeUndefined();
    expect(fault({ cors: { credentials: true, origins: [] } })).toBeUndefined();
  });
});
