import { describe, expect, test } from "bun:test";

import { OctetRange, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { cutText, describeBody, describeOctets } from "../../../src/site/forms/logged-form.ts";
import { limitsWith } from "../../http1/transcript.ts";

const limits = limitsWith({ logValueBytesMax: 3 });

const record = (content: string, contentType?: string): unknown =>
  describeBody(new OctetRange(utf8Bytes(content)), contentType, limits)();

describe("the log's record", () => {
  test("of a text is cut and marked", () => {
    expect([cutText("abc", limits), cutText("abcd", limits)]).toEqual(["abc", "abc…"]);
  });

  test("of a form has its values by name, several of one name in their order", () => {
    const form = record("a=1&b=22222&a=3&abcd=", "application/x-www-form-urlencoded");
    expect(form).toEqual({ a: ["1", "3"], b: "222…", "abc…": "" });
  });

  test("of a body that is no form has its type and length", () => {
    const body = { filename: "", type: "tex…", octets: 5 };
    expect(record("hello", "text/plain")).toEqual({ body });
    expect(describeOctets(undefined, 0, limits)).toEqual({
      body: { ...body, type: "", octets: 0 },
    });
  });
});
