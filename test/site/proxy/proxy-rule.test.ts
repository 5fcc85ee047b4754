import { describe, expect, test } from "bun:test";

import type { ProxyTarget } from "../../../src/site/proxy/proxy-rule.ts";
import { readProxyRules } from "../../../src/site/proxy/proxy-rule.ts";

type Given = Readonly<Record<string, string | ProxyTarget>>;

const fault = (proxy: Given): string | undefined => {
  const rules = readProxyRules(proxy);
  return rules.ok ? undefined : rules.error;
};

describe("the rules of a proxy", () => {
  test("name a prefix, and a backend by its URL", () => {
    const rules = readProxyRules({ "/api/": "http://127.0.0.1:3000" });
    expect(rules).toEqual({
      ok: true,
      value: [
        {
          prefix: "/api/",
          segments: ["api"],
          origin: "http://127.0.0.1:3000",
          address: {
            scheme: "http",
            host: "127.0.0.1",
            port: 3000,
            verify: true,
            ca: undefined,
            unix: undefined,
          },
          base: undefined,
          host: "127.0.0.1:3000",
          timeoutMs: undefined,
          authorization: undefined,
          userField: undefined,
        },
      ],
    });
  });

  test("come in an order in which the longest prefix is tried first", () => {
    const rules = readProxyRules({ "/": "http://a", "/x/y": "http://b", "/x": "http://c" });
    expect(rules.ok && rules.value.map(({ prefix }) => prefix)).toEqual(["/x/y", "/x", "/"]);
  });

  test("have the port of their scheme, and addresses without brackets", () => {
    const rules = readProxyRules({ "/a": "HTTPS://[::1]/v1/", "/b": "http://b" });
    const [a, b] = rules.ok ? rules.value : [];
    expect(a).toMatchObject({ base: "/v1/", address: { scheme: "https", host: "::1", port: 443 } });
    expect(a?.host).toBe("[::1]");
    expect(b?.address.port).toBe(80);
  });

  test("say more as objects", () => {
    const target = "https://backend.test";
    const rules = readProxyRules({ "/a": { target, host: "keep", timeoutMs: 5, verify: false } });
    expect(rules.ok && rules.value[0]).toMatchObject({
      host: "keep",
      timeoutMs: 5,
      address: { verify: false },
    });
  });

  test("name a Unix socket by its path, and behind a colon what replaces the prefix", () => {
    const rules = readProxyRules({
      "/a": "unix:/run/app.sock",
      "/b": "unix:/run/app.sock:/v1/",
      "/c": { target: "unix:app:1.sock", host: "keep" },
    });
    const [a, b, c] = rules.ok ? rules.value : [];
    expect(a).toMatchObject({
      origin: "unix:/run/app.sock",
      base: undefined,
      host: "localhost",
      address: { scheme: "http", unix: "/run/app.sock" },
    });
    expect(b).toMatchObject({ base: "/v1/", address: { unix: "/run/app.sock" } });
    expect(c).toMatchObject({ host: "keep", base: undefined, address: { unix: "app:1.sock" } });
  });

  test("of Unix sockets are refused with what is wrong with them", () => {
    expect(fault({ "/a": "unix:" })).toBe("/a has the target unix:: a socket needs a path");
    expect(fault({ "/a": `unix:/${"x".repeat(200)}` })).toContain(
      "the path of a socket has at most",
    );
    expect(fault({ "/a": "unix:/s:/../b" })).toBe(
      "/a has the target unix:/s:/../b: /../b can't replace a path",
    );
    // As nginx writes it.
    expect(fault({ "/a": "http://unix:/run/app.sock:/b" })).toBe(
      "/a needs its Unix socket as unix:/run/app.sock, not http://unix:/run/app.sock:/b",
    );
  });

  test("are refused with what is wrong with them", () => {
    expect(fault({ api: "http://a" })).toBe("api is not a path such as /api");
    expect(fault({ "/a/../b": "http://a" })).toBe("/a/../b is not a path such as /api");
    for (const url of [
      "127.0.0.1:3000",
      "ftp://a",
      "http://",
      "http://a:x",
      "http://a@b",
      "http://a?b",
      "http://a/#b",
      "http://a/../b",
      "http://a/ b",
      "ws://a",
    ]) {
      expect(fault({ "/a": url })).toBe(
        `/a needs a URL such as http://127.0.0.1:3000, or unix:/run/app.sock, not ${url}`,
      );
    }
    expect(fault({ "/a": "http://a:0" })).toBe("http://a:0 has no port that could be connected to");
    expect(fault({ "/a": "http://a", "/a/": "http://b" })).toBe("/a and /a/ are the same path");
    expect(fault({ "/a": { target: "http://a", host: "b\r\nc" } })).toStartWith("the host of /a ");
    expect(fault({ "/a": { target: "http://a", timeoutMs: 0 } })).toStartWith("the timeout of /a ");
    const target = "http://a";
    expect(fault({ "/a": { target, userField: "Host" } })).toBe(
      "the userField of /a must be a field such as Remote-User, not Host",
    );
    expect(fault({ "/a": { target, authorization: "drop" as "keep" } })).toBe(
      'the authorization of /a can only be "keep"',
    );
  });
});
