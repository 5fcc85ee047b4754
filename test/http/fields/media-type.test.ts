import { describe, expect, test } from "bun:test";

import { parseMediaType } from "../../../src/http/fields/media-type.ts";

const parts = (value: string): unknown => {
  const type = parseMediaType(value);
  return type === undefined ? undefined : [type.essence, Object.fromEntries(type.parameters)];
};

describe("media type (RFC 9110 §8.3.1)", () => {
  test("has a type and a subtype, in lower case", () => {
    expect(parts("text/html")).toEqual(["text/html", {}]);
    expect(parts("Application/X-WWW-Form-Urlencoded")).toEqual([
      "application/x-www-form-urlencoded",
      {},
    ]);
    expect(parts("application/vnd.a+json")).toEqual(["application/vnd.a+json", {}]);
  });

  test.each(["", "text", "text/", "/html", "/", "text/html/x", "te xt/html", "text /html"])(
    "rejects %j",
    (value) => {
      expect(parts(value)).toBeUndefined();
    },
  );

  test.each(["text/html, text/plain", "text/h<ml", "*", "text/html charset=a", "é/b"])(
    "rejects %j, too",
    (value) => {
      expect(parts(value)).toBeUndefined();
    },
  );
});

describe("parameters (RFC 9110 §5.6.6)", () => {
  test("have a name in lower case and a value as it came", () => {
    expect(parts("text/html;charset=UTF-8")).toEqual(["text/html", { charset: "UTF-8" }]);
    expect(parts("text/html; Charset=utf-8 ;\tx=Y")).toEqual([
      "text/html",
      { charset: "utf-8", x: "Y" },
    ]);
  });

  test("may be left out between semicolons", () => {
    expect(parts("a/b;")).toEqual(["a/b", {}]);
    expect(parts("a/b ;; ; c=d;")).toEqual(["a/b", { c: "d" }]);
  });

  test("count once, the first time", () => {
    expect(parts("a/b;c=d;C=e")).toEqual(["a/b", { c: "d" }]);
  });

  test.each(["a/b;c", "a/b;c=", "a/b;=d", "a/b;c =d", "a/b;c= d", "a/b;c=d e", "a/b;c=d/e"])(
    "rejects %j",
    (value) => {
      expect(parts(value)).toBeUndefined();
    },
  );

  test.each(["a/b,c=d", "a/b;c=d,e=f", "a/b;c=é", "a/b;c(=d", "a/b x", "a/b;c==d"])(
    "rejects %j, too",
    (value) => {
      expect(parts(value)).toBeUndefined();
    },
  );
});

describe("quoted strings (RFC 9110 §5.6.4)", () => {
  test("are taken out of their quotes and escapes", () => {
    expect(parts('a/b;c="d"')).toEqual(["a/b", { c: "d" }]);
    expect(parts('a/b;c=""')).toEqual(["a/b", { c: "" }]);
    expect(parts('a/b;c="d;e=f, \tg"; h=i')).toEqual(["a/b", { c: "d;e=f, \tg", h: "i" }]);
    expect(parts(String.raw`a/b;c="\"\\\d"`)).toEqual(["a/b", { c: String.raw`"\d` }]);
    expect(parts('a/b;c="\xe9\\\xe9"')).toEqual(["a/b", { c: "\xe9\xe9" }]);
  });

  test("hold the boundary of a form", () => {
    expect(parts('multipart/form-data; boundary="--a b:c"')).toEqual([
      "multipart/form-data",
      { boundary: "--a b:c" },
    ]);
  });

  test.each(['a/b;c="d', 'a/b;c="d\\"', 'a/b;c="d"e', 'a/b;c=d"e"', 'a/b;c="', "a/b;c='d e'"])(
    "rejects %j",
    (value) => {
      expect(parts(value)).toBeUndefined();
    },
  );

  test.each(['a/b;c="\x00"', 'a/b;c="\\\x01"', 'a/b;c="\n"', 'a/b;c="\x7f"', 'a/b;"c"=d'])(
    "rejects %j, too",
    (value) => {
      expect(parts(value)).toBeUndefined();
    },
  );
});

describe("work", () => {
  const run = " ".repeat(32_000);
  const heavy: readonly string[] = [
    `a/b;${run}x${run}y`,
    `a/b${run}x`,
    `a/b${"; ".repeat(16_000)}x`,
    `a/b;c="${"d".repeat(32_000)}`,
    `a/b;c="${String.raw`\"`.repeat(16_000)}`,
    `a/b;${"c".repeat(32_000)}`,
  ];
  test("is linear for values that fill a header section", () => {
    const begun = Bun.nanoseconds();
    for (const value of heavy) expect(parseMediaType(value)).toBeUndefined();
    // Quadratic work takes seconds here; linear work a few milliseconds.
    expect((Bun.nanoseconds() - begun) / 1e6).toBeLessThan(500);
  });
});
