import { describe, expect, test } from "bun:test";

import { DroppedFields, endToEndLines } from "../../../src/http/fields/hop-by-hop.ts";
import type { Fields } from "../../../src/http/fields/fields.ts";

function fieldsOf(lines: readonly (readonly [string, string])[]): Fields {
  const getAll = (name: string): string[] =>
    lines.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);
  return {
    count: lines.length,
    get: (name) => getAll(name)[0],
    getAll,
    has: (name) => getAll(name).length > 0,
    [Symbol.iterator]: () => lines.values(),
  };
}

const passed = (
  lines: readonly (readonly [string, string])[],
  replaced: readonly string[] = [],
): string[] =>
  endToEndLines(fieldsOf(lines), new DroppedFields(replaced)).map(
    ([name, value]) => `${name}: ${value}`,
  );

describe("the fields that are passed on (RFC 9110 §7.6.1)", () => {
  test("stay in their order and spelling, repeated ones too", () => {
    const lines = [
      ["x-Zeta", "1"],
      ["Accept", "*/*"],
      ["X-ZETA", "2"],
    ] as const;
    expect(passed(lines)).toEqual(["x-Zeta: 1", "Accept: */*", "X-ZETA: 2"]);
  });

  test("are not those that are about one connection", () => {
    const names = [
      "Connection",
      "Keep-Alive",
      "Proxy-Connection",
      "Proxy-Authenticate",
      "Proxy-Authentication-Info",
      "Proxy-Authorization",
      "TE",
      "Trailer",
      "Transfer-Encoding",
      "Upgrade",
      "HTTP2-Settings",
    ];
    expect(passed(names.map((name) => [name, "x"] as const))).toEqual([]);
    expect(passed([["TRANSFER-ENCODING", "x"]])).toEqual([]);
  });

  test("are not those that Connection names, in any of its lines and in any case", () => {
    const lines = [
      ["Connection", "close, X-One"],
      ["x-one", "1"],
      ["X-Two", "2"],
      ["connection", " x-TWO ,"],
      ["X-Three", "3"],
    ] as const;
    expect(passed(lines)).toEqual(["X-Three: 3"]);
  });

  test("are not those that differ from a dropped one only in what CGI can't tell", () => {
    const plain = new DroppedFields(["x-user"], true);
    for (const name of ["X-User", "x_user", "X.USER"]) expect([name, plain.has(name)]).toEqual([name, true]); // prettier-ignore
    for (const name of ["X-Users", "y-user", "xuser", "x-usex"]) expect([name, plain.has(name)]).toEqual([name, false]); // prettier-ignore
    expect(new DroppedFields(["x-user"]).has("x_user")).toBe(false);
  });

  test("are not those that the caller writes", () => {
    expect(
      passed(
        [
          ["Host", "a"],
          ["X", "b"],
        ],
        ["host"],
      ),
    ).toEqual(["X: b"]);
  });
});
