import { describe, expect, test } from "bun:test";

import { OctetRange, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import type { PartBounds } from "../../../src/http/multipart.ts";
import { Form, formType, readForm } from "../../../src/site/forms/form-data.ts";
import { BodyError } from "../../../src/site/request.ts";

const bounds: PartBounds = { formFieldCountMax: 3, headerSectionBytesMax: 500, fieldCountMax: 5 };

/** The form in `content`, which is of the type that `contentType` says. */
function read(contentType: string, content: string): Form {
  const type = formType(contentType);
  if (type === undefined) throw new Error(`not a form: ${contentType}`);
  return readForm(new OctetRange(utf8Bytes(content)), type, bounds);
}

/** The kind of the error that reading throws. */
function refusal(contentType: string, content: string): unknown {
  try {
    read(contentType, content);
    return undefined;
  } catch (error) {
    return error instanceof BodyError ? error.message : error;
  }
}

const urlencoded = "application/x-www-form-urlencoded";
const multipart = "multipart/form-data; boundary=b";

const parts = (...all: readonly string[]): string =>
  `${all.map((part) => `--b\r\nContent-Disposition: form-data; ${part}\r\n`).join("")}--b--\r\n`;

describe("the type of a form", () => {
  test.each([
    [urlencoded, urlencoded],
    ["Application/X-WWW-Form-Urlencoded; charset=utf-8", urlencoded],
    [multipart, "multipart/form-data"],
  ])("is %s", (contentType, essence) => {
    expect(formType(contentType)?.essence).toBe(essence);
  });

  test.each([undefined, "", "text/plain", "application/json", "multipart/mixed; boundary=b"])(
    "is not %p",
    (contentType) => {
      expect(formType(contentType)).toBeUndefined();
    },
  );
});

describe("a urlencoded form (WHATWG URL §5.1)", () => {
  test.each<[string, readonly (readonly [string, string])[]]>([
    ["", []],
    [
      "a=1&b=2",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    [
      "a=1&a=2",
      [
        ["a", "1"],
        ["a", "2"],
      ],
    ],
    ["a+b=%C3%A9+%26", [["a b", "é &"]]],
    ["a", [["a", ""]]],
    ["=1", [["", "1"]]],
    ["&&a=1&", [["a", "1"]]],
    ["a=b=c", [["a", "b=c"]]],
    ["?a=1", [["?a", "1"]]],
    ["a=%ff", [["a", "\ufffd"]]],
  ])("%p", (content, values) => {
    expect([...read(urlencoded, content)]).toEqual(values.map((pair) => [...pair]) as never);
  });

  test("may have as many pairs as the limit says, and no more", () => {
    expect([...read(urlencoded, "a=1&b=2&&&c=3&&")]).toHaveLength(3);
    expect(refusal(urlencoded, "a&b&c&d")).toBe(new BodyError("body-too-large").message);
  });
});

describe("a multipart form (RFC 7578)", () => {
  test("has texts and files", () => {
    const content = parts(
      'name="text"\r\n\r\nhellö',
      'name="file"; filename="a.txt"\r\nContent-Type: text/x-a\r\n\r\ncontent',
      'name="none"; filename=""\r\n\r\n',
    );
    const form = read(multipart, content);
    expect(form.text("text")).toBe("hellö");
    expect(form.file("file")).toEqual({
      name: "a.txt",
      type: "text/x-a",
      content: utf8Bytes("content"),
    });
    expect(form.file("none")).toEqual({ name: "", type: "", content: new Uint8Array(0) });
  });

  test("is refused when it is malformed, or has too many parts", () => {
    expect(refusal(multipart, "no boundary")).toBe(new BodyError("form").message);
    expect(refusal("multipart/form-data", parts('name="a"\r\n\r\n1'))).toBe(
      new BodyError("form").message,
    );
    const one = 'name="a"\r\n\r\n1';
    expect(refusal(multipart, parts(one, one, one))).toBeUndefined();
    expect(refusal(multipart, parts(one, one, one, one))).toBe(
      new BodyError("body-too-large").message,
    );
  });
});

describe("the values of a form", () => {
  const file = { name: "f", type: "", content: new Uint8Array(1) };
  const values: [string, string | typeof file][] = [
    ["a", file],
    ["a", "1"],
    ["b", "2"],
    ["a", "3"],
  ];

  test("are had by their name, one or all, of one kind or any", () => {
    const form = new Form(() => values);
    expect([form.get("a"), form.get("b"), form.get("c")]).toEqual([file, "2", undefined]);
    expect([form.text("a"), form.text("c")]).toEqual(["1", undefined]);
    expect([form.file("a"), form.file("b")]).toEqual([file, undefined]);
    expect([form.getAll("a"), form.getAll("c")]).toEqual([[file, "1", "3"], []]);
    expect([form.has("b"), form.has("c"), form.count]).toEqual([true, false, 4]);
    expect([...form]).toEqual(values);
  });

  test("are read when the first is asked for, and once", () => {
    let reads = 0;
    const form = new Form(() => {
      reads++;
      return values;
    });
    expect(reads).toBe(0);
    expect([form.has("a"), form.count, reads]).toEqual([true, 4, 1]);
  });
});
