import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";

import { ipAddressText } from "../../../src/base/ip-address.ts";
import type {
  ForwardedElement,
  ForwardedNode,
} from "../../../src/http/fields/forwarded-elements.ts";
import {
  listMembers,
  parseForwarded,
  parseForwardedFor,
  parseNode,
} from "../../../src/http/fields/forwarded-elements.ts";

/** A node as text; "none" where it is malformed. */
function shown(node: ForwardedNode | undefined): string {
  if (node === undefined || node === "hidden") return node ?? "none";
  return ipAddressText(node);
}

describe("Forwarded (RFC 7239 §4)", () => {
  test.each<readonly [line: string, elements: readonly object[]]>([
    ["", []],
    [" , ,", []],
    [
      "for=192.0.2.60;proto=http;by=203.0.113.43",
      [{ for: "192.0.2.60", proto: "http", by: "203.0.113.43" }],
    ],
    ['For="[2001:db8:cafe::17]:4711"', [{ for: "[2001:db8:cafe::17]:4711" }]],
    ["for=192.0.2.43, for=198.51.100.17", [{ for: "192.0.2.43" }, { for: "198.51.100.17" }]],
    ["for=a,,for=b", [{ for: "a" }, { for: "b" }]],
    [";;for=a;;proto=b;", [{ for: "a", proto: "b" }]],
    ["for=a ; proto=b\t,\thost=c", [{ for: "a", proto: "b" }, { host: "c" }]],
    ['host="a\\"b,for=c"', [{ host: 'a"b,for=c' }]],
    ["host=a:80;for=[::1]", [{ host: "a:80", for: "[::1]" }]],
    [
      "__proto__=x;for=a",
      [
        Object.fromEntries([
          ["__proto__", "x"],
          ["for", "a"],
        ]),
      ],
    ],
  ])("is read: %j", (line, elements) => {
    expect(parseForwarded(line, 9)).toEqual(elements as readonly ForwardedElement[]);
  });

  test.each([
    "for",
    "for=",
    "=a",
    "for = a",
    "for= a",
    "for=a for=b",
    "for=a;for=b",
    "for=a;FOR=b",
    'for="a',
    'for="a\\"',
    'for="a"b',
    'for=a"b"',
    "for=a=b",
    "for=a/b",
    "for=é",
    "for=a\u0000",
    'for="a\u007f"',
    'for=", for=203.0.113.5',
  ])("is malformed: %j", (line) => {
    expect(parseForwarded(line, 9)).toBeUndefined();
  });

  test("has a bound on its elements", () => {
    expect(parseForwarded("for=a,for=b", 2)).toHaveLength(2);
    expect(parseForwarded("for=a,for=b,for=c", 2)).toBeUndefined();
    expect(parseForwarded(",".repeat(30_000), 2)).toEqual([]);
    expect(parseForwarded(";".repeat(30_000), 2)).toEqual([]);
  });

  test("cut anywhere is the same up to there, or malformed", () => {
    const line = 'for="[2001:db8::1]:80";host="a\\"b";proto=https, for=_x;by=c';
    const whole = parseForwarded(line, 9) ?? [];
    for (let end = 0; end < line.length; end++) {
      const cut = parseForwarded(line.slice(0, end), 9);
      expect((cut ?? []).length).toBeLessThanOrEqual(whole.length);
      if (cut?.length === 2) expect(cut[0]).toEqual(whole[0] as ForwardedElement);
    }
  });

  test("is read of any text without an exception, and what is written is read back", () => {
    const unit = fc.constantFrom(...Array.from('for=";,\\ \t[]:1.xé\u0000_'));
    fc.assert(
      fc.property(fc.string({ unit }), (line) => {
        for (const element of parseForwarded(line, 100) ?? []) {
          const pairs = Object.entries(element as Record<string, string>).map(
            ([name, value]) => `${name}="${value.replace(/["\\]/g, "\\$&")}"`,
          );
          expect(parseForwarded(pairs.join(";"), 1)).toEqual([element]);
        }
      }),
    );
  });
});

describe("a node (RFC 7239 §6)", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["192.0.2.1:80", "192.0.2.1"],
    ["192.0.2.1:_p", "192.0.2.1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["[2001:db8::1]:4711", "2001:db8::1"],
    ["[::ffff:127.0.0.1]", "127.0.0.1"],
    ["unknown", "hidden"],
    ["Unknown:80", "hidden"],
    ["_gazonk", "hidden"],
    ["_SEVKISEK:_x", "hidden"],
    ["", "none"],
    ["_", "none"],
    ["localhost", "none"],
    ["2001:db8::1", "none"],
    ["[2001:db8::1", "none"],
    ["[192.0.2.1]", "none"],
    ["[fe80::1%eth0]", "none"],
    ["192.0.2.1:", "none"],
    ["192.0.2.1:123456", "none"],
    ["192.0.2.1:80:80", "none"],
    [" 192.0.2.1", "none"],
  ])("%j is %s", (text, node) => {
    expect(shown(parseNode(text))).toBe(node);
  });
});

describe("X-Forwarded-For", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["192.0.2.1:4711", "192.0.2.1"],
    ["2001:db8::1", "2001:db8::1"],
    ["[2001:db8::1]:80", "2001:db8::1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["unknown", "hidden"],
    ["fe80::1%eth0", "none"],
    ["192.0.2.1 192.0.2.2", "none"],
    ['"192.0.2.1"', "none"],
    ["-", "none"],
  ])("has %j as %s", (text, node) => {
    expect(shown(parseForwardedFor(text))).toBe(node);
  });

  test("is a list over all lines, without its empty members", () => {
    expect(listMembers([" a ,,b", "", "c\t"], 3)).toEqual(["a", "b", "c"]);
    expect(listMembers(["a,b", "c"], 2)).toBeUndefined();
    expect(listMembers([",".repeat(30_000)], 2)).toEqual([]);
  });
});
