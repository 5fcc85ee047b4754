import { describe, expect, test } from "bun:test";

import type { OwnHosts } from "../../../src/site/guards/own-hosts.ts";
import { readOwnHosts } from "../../../src/site/guards/own-hosts.ts";

function hostsOf(allowed: readonly string[], own: readonly string[] = []): OwnHosts {
  const hosts = readOwnHosts(allowed, () => own);
  if (!hosts.ok || hosts.value === undefined) throw new Error(JSON.stringify(hosts));
  return hosts.value;
}

const local = [
  "localhost",
  "LocalHost",
  "localhost.",
  "app.localhost",
  "a.b.localhost.",
  "127.0.0.1",
  "127.1.2.3",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
];

const foreign = [
  "evil.example",
  "localhost.evil.example",
  "notlocalhost",
  "127.0.0.1.evil.example",
  "128.0.0.1",
  "0.0.0.0",
  "192.168.0.7",
  "[::]",
  "[::2]",
  "[::ffff:192.0.2.1]",
  "[v7.a:b]",
  "a-b~c!$&'()*+,;=%41",
];

describe("the hosts of a server (RFC 9110 §7.4)", () => {
  const hosts = hostsOf([]);

  test.each(local)("are those of loopback: %s", (host) => {
    expect(hosts.has(host)).toBe(true);
  });

  test.each(foreign)("are no others: %s", (host) => {
    expect(hosts.has(host)).toBe(false);
  });

  test("are its own names, in any case, with a dot at the end or without", () => {
    const named = hostsOf([], ["Laptop.example", "::1:2", "192.0.2.9", "", "two words"]);
    for (const host of ["laptop.EXAMPLE.", "[0::1:2]", "192.0.2.9"]) {
      expect([host, named.has(host)]).toEqual([host, true]);
    }
    expect(named.has("example")).toBe(false);
    expect(named.has("www.laptop.example")).toBe(false);
  });

  test("are asked for their own names once, and not before another host is named", () => {
    let calls = 0;
    const counted = readOwnHosts([], () => {
      calls++;
      return ["laptop"];
    });
    if (!counted.ok) throw new Error(counted.error);
    expect(counted.value?.has("localhost")).toBe(true);
    expect(calls).toBe(0);
    expect(counted.value?.has("laptop")).toBe(true);
    expect(counted.value?.has("evil.example")).toBe(false);
    expect(calls).toBe(1);
  });
});

describe("an allowed host", () => {
  test("is a name or an address, and nothing below it", () => {
    const hosts = hostsOf(["Site.example.", "10.0.0.1", "::2", "[::3]", "bücher.example"]);
    for (const host of ["site.example", "10.0.0.1", "[::2]", "[::3]", "xn--bcher-kva.example"]) {
      expect([host, hosts.has(host)]).toEqual([host, true]);
    }
    expect(hosts.has("www.site.example")).toBe(false);
  });

  test("is with a dot before it a domain and all below it", () => {
    const hosts = hostsOf([".Site.example"]);
    for (const host of ["site.example", "www.site.example", "a.b.site.example."]) {
      expect([host, hosts.has(host)]).toEqual([host, true]);
    }
    expect(hosts.has("mysite.example")).toBe(false);
  });

  test("is * for all", () => {
    expect(readOwnHosts(["site.example", "*"], () => [])).toEqual({ ok: true, value: undefined });
  });

  test.each(["", ".", "a:80", "http://a", "a/b", "a b", "*.example", "u@a", "%61", "[::1", "a\\b"])(
    "is not %p",
    (entry) => {
      expect(readOwnHosts([entry], () => [])).toEqual({ ok: false, error: entry });
    },
  );
});
