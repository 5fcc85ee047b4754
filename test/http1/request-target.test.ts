import { describe, expect, test } from "bun:test";

import type { Target } from "../../src/http/message/target.ts";
import { parseTarget } from "../../src/http1/request-target.ts";

const target = (method: string, raw: string): Target | string => {
  const result = parseTarget(method, raw);
  return result.ok ? result.value : result.error;
};

describe("origin-form request target (RFC 9112 §3.2.1)", () => {
  test("is split at its first question mark, and not changed", () => {
    expect(target("GET", "/")).toEqual({ form: "origin", path: "/" });
    expect(target("GET", "/a/b")).toEqual({ form: "origin", path: "/a/b" });
    expect(target("GET", "/a?")).toEqual({ form: "origin", path: "/a", query: "" });
    expect(target("GET", "/a?b?c/d")).toEqual({ form: "origin", path: "/a", query: "b?c/d" });
    expect(target("GET", "//a/../%2e")).toEqual({ form: "origin", path: "//a/../%2e" });
    expect(target("GET", "/http://a")).toEqual({ form: "origin", path: "/http://a" });
  });

  test.each(["a", "a/b", "index.html", "?a", "./", "../", "\\", "%2f", "@", "[::1]", "1://a/"])(
    "rejects %j, which does not begin with a slash",
    (raw) => {
      expect(target("GET", raw)).toBe("target");
    },
  );
});

describe("absolute-form request target (RFC 9112 §3.2.2)", () => {
  test("has a scheme, an authority, a path and a query", () => {
    expect(target("GET", "http://a.example:80/b?c")).toEqual({
      form: "absolute",
      scheme: "http",
      authority: { host: "a.example", port: 80 },
      path: "/b",
      query: "c",
    });
    expect(target("GET", "HTTPS://A/")).toEqual({
      form: "absolute",
      scheme: "https",
      authority: { host: "A" },
      path: "/",
    });
  });

  test("has the path / when it has none", () => {
    expect(target("GET", "http://a")).toMatchObject({ path: "/" });
    expect(target("GET", "http://a?b/c?")).toMatchObject({ path: "/", query: "b/c?" });
    expect(target("GET", "http://[::1]:80")).toMatchObject({ path: "/" });
  });

  test("is a target-scheme error for every scheme but http and https", () => {
    expect(target("GET", "ftp://a/")).toBe("target-scheme");
    expect(target("GET", "httpx://a/")).toBe("target-scheme");
    expect(target("GET", "ws+x.y-z://a/")).toBe("target-scheme");
  });

  test.each([
    "http:",
    "http:/",
    "http:/a",
    "http://",
    "http:///",
    "http:///a",
    "http://?a",
    "http://:80/",
    "http://user@a/",
    "http://user:pass@a/",
    "http://a:b/",
    "http://a:65536/",
    "http://a%/",
    "http://a%2/",
    "http://a%zz/",
    "http://a\\b/",
    "http://a|b/",
    "http://[::1/",
    "http://::1/",
    "mailto:a@b",
    "a/b?c=http://d/",
    "a%3a://b/",
    "://a/",
  ])("rejects %j", (raw) => {
    expect(target("GET", raw)).toBe("target");
  });
});

describe("authority-form request target (RFC 9112 §3.2.3)", () => {
  test("is a host and a port, for CONNECT", () => {
    expect(target("CONNECT", "a.example:443")).toEqual({
      form: "authority",
      authority: { host: "a.example", port: 443 },
    });
    expect(target("CONNECT", "[::1]:443")).toMatchObject({ authority: { host: "[::1]" } });
  });

  test.each(["a", "a:", "/", "*", "http://a:80/", ":80", "u@a:80", "a:80/", "a:80:90", "a:-1"])(
    "rejects %j for CONNECT",
    (raw) => {
      expect(target("CONNECT", raw)).toBe("target-form");
    },
  );

  test("is no target of another method", () => {
    expect(target("GET", "a.example:443")).toBe("target");
    expect(target("connect", "a.example:443")).toBe("target");
  });
});

describe("asterisk-form request target (RFC 9112 §3.2.4)", () => {
  test("is for OPTIONS alone", () => {
    expect(target("OPTIONS", "*")).toEqual({ form: "asterisk" });
    expect(target("GET", "*")).toBe("target-form");
    expect(target("options", "*")).toBe("target-form");
  });

  test("is one asterisk and nothing else", () => {
    expect(target("OPTIONS", "**")).toBe("target");
    expect(target("OPTIONS", "*/")).toBe("target");
    expect(target("OPTIONS", "*?a")).toBe("target");
  });
});
