import { describe, expect, test } from "bun:test";

import { readBasicCredentials } from "../../../src/http/fields/basic-credentials.ts";

/** What is read of `values`, with the password as text. */
function read(values: readonly string[], octetsMax = 1024): string {
  const found = readBasicCredentials(values, octetsMax);
  if (typeof found === "string") return found;
  return `${found.user} / ${new TextDecoder().decode(found.password)}`;
}

const basic = (text: string | Uint8Array): string =>
  `Basic ${Buffer.from(text).toString("base64")}`;

describe("credentials of the Basic scheme (RFC 7617 §2)", () => {
  test("are a user-id and a password", () => {
    expect(read(["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="])).toBe("Aladdin / open sesame");
  });

  test("are UTF-8 (RFC 7617 §2.1)", () => {
    expect(read(["Basic dGVzdDoxMjPCow=="])).toBe("test / 123£");
    expect(read([basic(Uint8Array.of(0x74, 0x3a, 0xa3))])).toBe("malformed");
  });

  test("have a password that may have colons, and may be empty", () => {
    expect(read([basic("ines:a:b")])).toBe("ines / a:b");
    expect(read([basic("ines:")])).toBe("ines / ");
    expect(read([basic(":sesame")])).toBe(" / sesame");
    expect(read([basic("ines")])).toBe("malformed");
  });

  test("are absent without a field line, and malformed with two (RFC 9110 §5.3)", () => {
    expect(read([])).toBe("absent");
    expect(read([basic("a:b"), basic("a:b")])).toBe("malformed");
    expect(read([`${basic("a:b")}, ${basic("a:b")}`])).toBe("malformed");
  });

  test("name their scheme in any letter case, with blanks behind it (RFC 9110 §11.1)", () => {
    expect(read(["bASIC   YTpi"])).toBe("a / b");
    expect(read(["Basic\tYTpi"])).toBe("malformed");
    expect(read(["BasicYTpi"])).toBe("malformed");
    expect(read(["Bearer YTpi"])).toBe("malformed");
    expect(read(["Basic"])).toBe("malformed");
    expect(read([""])).toBe("malformed");
  });

  test.each(["YTpiYw=", "YTpiYw", "YTpiYx==", "YTp iYw==", "YTpiYw===", "YTpi!", "=", "YTpi YTpi"])(
    "are Base64 with all of its padding, which %p is not (RFC 4648 §4)",
    (token) => {
      expect(read([`Basic ${token}`])).toBe("malformed");
    },
  );

  test("have no control characters", () => {
    for (const text of ["a\0:b", "a:b\0c", "a:b\n", "\ta:b", "a:b\x7f"]) {
      expect(read([basic(text)])).toBe("malformed");
    }
  });

  test("are bounded", () => {
    expect(read([basic(`a:${"b".repeat(1022)}`)])).toBe(`a / ${"b".repeat(1022)}`);
    expect(read([basic(`a:${"b".repeat(1023)}`)])).toBe("malformed");
  });

  test("keep the octets of a user's name as they came: another normal form is another name", () => {
    expect(read([basic("\u00e9:x")])).toBe("\u00e9 / x");
    expect(read([basic("e\u0301:x")])).toBe("e\u0301 / x");
  });
});
