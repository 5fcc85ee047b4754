import { describe, expect, test } from "bun:test";

import { readConfig, resolvePaths } from "../../../src/cli/config/read-config.ts";
import { readCommandLine } from "../../../src/cli/options/command-line.ts";
import { headerText, proxyText, storeRow } from "../../../src/cli/options/rule-kinds.ts";

/** What is wrong with `value`, or "accepted". */
function complaint(value: unknown): string {
  const read = readConfig(value);
  return read.ok ? "accepted" : read.error;
}

describe("rules in a configuration", () => {
  test.each<readonly [value: unknown, line: string]>([
    [{ headers: {} }, "headers: expected a list of header rules, got an object"],
    [{ headers: ["a: b"] }, 'headers[0]: expected an object with name and value, got "a: b"'],
    [{ headers: [{ name: "a" }] }, "headers[0].value: expected text, got none"],
    [{ headers: [{ value: "a" }] }, "headers[0].name: expected a field's name, got none"],
    [
      {
        headers: [
          { name: "a", value: "b" },
          { name: "a", value: 5 },
        ],
      },
      "headers[1].value: expected text, got 5",
    ],
    [
      { headers: [{ name: "a", value: "b", glob: "c" }] },
      "headers[0].glob: unknown key, expected one of path, name, value",
    ],
    [{ cors: "*" }, 'cors: expected true, false or an object with origins, got "*"'],
    [{ cors: [] }, "cors: expected an object with origins, got a list"],
    [{ cors: { origins: "*" } }, 'cors.origins: expected a list of origins, got "*"'],
    [
      { cors: { origins: [1] } },
      'cors.origins[0]: expected an origin, "https://example.com", got 1',
    ],
    [{ cors: { credentials: 1 } }, "cors.credentials: expected true or false, got 1"],
    [{ cors: { any: 1 } }, "cors.any: unknown key, expected one of origins, credentials"],
    [{ redirects: "/a" }, 'redirects: expected a list of redirects, got "/a"'],
    [{ redirects: [{ to: "/" }] }, "redirects[0].from: expected a path as text, got none"],
    [
      { redirects: [{ from: "/", to: "/a", status: 200 }] },
      "redirects[0].status: expected one of 301, 302, 303, 307, 308, got 200",
    ],
    [{ auth: "ines:sesame" }, "auth: expected an object with file or users, got text"],
    [{ auth: true }, "auth: expected an object with file or users, got true"],
    [
      { auth: { ines: "sesame" } },
      "auth.ines: unknown key, expected one of file, users, realm, rules",
    ],
    [{ auth: { file: 1 } }, "auth.file: expected a file's path, got 1"],
    [
      { auth: { users: "ines:sesame" } },
      "auth.users: expected an object of users and their passwords",
    ],
    [{ auth: { users: { ines: 1234 } } }, "auth.users.ines: expected a password as text"],
    [{ auth: { realm: 1 } }, "auth.realm: expected text, got 1"],
    [{ auth: { rules: {} } }, "auth.rules: expected a list of rules, got an object"],
    [
      { auth: { rules: [{ methods: "GET" }] } },
      'auth.rules[0].methods: expected a list of methods, got "GET"',
    ],
    [{ auth: { rules: [{ public: 1 }] } }, "auth.rules[0].public: expected true or false, got 1"],
    [{ rewrites: [[]] }, "rewrites[0]: expected an object with from and to, got a list"],
    [{ rewrites: [{ from: "/" }] }, "rewrites[0].to: expected a path as text, got none"],
  ])("%# of the wrong type are told", (value, line) => {
    expect(complaint(value)).toBe(line);
  });
});

describe("a header rule as a flag writes it", () => {
  test.each([
    ["X-A: b", { name: "X-A", value: "b" }],
    ["X-A:b", { name: "X-A", value: "b" }],
    ["X-A:", { name: "X-A", value: "" }],
    ["X-A: b: c ", { name: "X-A", value: "b: c" }],
    ["/assets/** X-A: b", { path: "/assets/**", name: "X-A", value: "b" }],
    ["X-A", undefined],
    ["X A: b", undefined],
    ["/assets/**", undefined],
    [": b", undefined],
  ])("%j", (text, rule) => {
    expect(headerText.read(text)).toEqual(rule);
  });
});

const api = (target: unknown): unknown => ({ proxy: { "/api": target } });

describe("backends", () => {
  test("are URLs or objects, by their paths", () => {
    expect(complaint(api("http://127.0.0.1:3000"))).toBe("accepted");
    expect(complaint(api({ target: "http://a", host: "keep", verify: false }))).toBe("accepted");
    const expected = 'expected an object of URLs, { "/api": "http://127.0.0.1:3000" }';
    expect(complaint({ proxy: ["/api"] })).toBe(`proxy: ${expected}, got a list`);
    expect(complaint(api(5))).toBe(
      'proxy."/api": expected a URL, or an object with a target, got 5',
    );
    expect(complaint(api({ host: "a" }))).toBe('proxy."/api".target: expected a URL, got none');
    expect(complaint(api({ target: "http://a", timeout: 5 }))).toBe(
      'proxy."/api".timeout: unknown key, did you mean timeoutMs?',
    );
  });

  test("on Unix sockets lie relative to the file", () => {
    const proxy = { "/a": "unix:app.sock:/v1", "/b": { target: "unix:b.sock" }, "/c": "http://c" };
    expect(resolvePaths({ proxy }, (path) => `/etc/${path}`)).toEqual({
      proxy: {
        "/a": "unix:/etc/app.sock:/v1",
        "/b": { target: "unix:/etc/b.sock" },
        "/c": "http://c",
      },
    });
  });

  test("are told the user in a field, and keep credentials, if they say so", () => {
    const target = "http://a";
    expect(complaint(api({ target, authorization: "keep", userField: "X-User" }))).toBe("accepted");
    expect(complaint(api({ target, authorization: "drop" }))).toBe(
      'proxy."/api".authorization: expected one of "keep", got "drop"',
    );
  });

  test("are written in a flag as a path and a URL", () => {
    expect(proxyText.read("/api=unix:/a.sock:/b")).toEqual({ "/api": "unix:/a.sock:/b" });
    expect(proxyText.read("/api=http://a:1/b=c")).toEqual({ "/api": "http://a:1/b=c" });
    expect(proxyText.read("/api=https://a")).toEqual({ "/api": "https://a" });
    for (const text of ["api=http://a", "/api", "/api=", "/api=a:1", "http://a"]) {
      expect(proxyText.read(text)).toBeUndefined();
    }
  });
});

const absolute = (path: string): string => `/srv/${path}`;

describe("how object stores are asked", () => {
  test("is said by flags, each a member of one option", () => {
    const words = ["s3://site/docs", "--store-fresh", "10", "--store-stale=60"];
    const endpoint = "http://127.0.0.1:9000";
    const command = readCommandLine([...words, "--store-endpoint", endpoint], {});
    expect(command.ok && command.value.config).toEqual({
      root: "s3://site/docs",
      store: { fresh: 10, staleIfError: 60, endpoint },
    });
    expect(storeRow.store.flags).toHaveLength(4);
  });

  test.each([
    [{ fresh: -1 }, "store.fresh: expected a whole number of seconds, got -1"],
    [{ mode: "0644" }, 'store.mode: expected permission bits, 0o660, got "0644"'],
    [{ key: "a" }, "store.key: unknown key"],
  ])("is refused as %p", (store, message) => {
    const read = readConfig({ store });
    expect(read.ok ? "" : read.error).toStartWith(message);
  });

  test("and a bucket in a configuration is no path relative to it", () => {
    const config = { root: "s3://site", mounts: { "/a": "s3://b/c", "/d": "e" } };
    expect(resolvePaths(config, absolute)).toEqual({
      root: "s3://site",
      mounts: { "/a": "s3://b/c", "/d": "/srv/e" },
    });
    const onDisk = { root: "site", store: { cacheFolder: "cache" } };
    expect(resolvePaths(onDisk, absolute)).toEqual({
      root: "/srv/site",
      store: { cacheFolder: "/srv/cache" },
    });
  });
});
