import { describe, expect, test } from "bun:test";

import type { Framing } from "../../src/http1/framing.ts";
import { requestFraming, responseFraming } from "../../src/http1/framing.ts";
import { read, refusal } from "./transcript.ts";

const framed = (codings: string[], lengths: string[] = [], minor = 1): Framing | string => {
  const result = requestFraming(minor, codings, lengths);
  return result.ok ? result.value : result.error;
};

const head = (lines: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;

describe("Transfer-Encoding (RFC 9112 §6.1)", () => {
  test("is chunked, in any letter case", () => {
    expect(framed(["chunked"])).toEqual({ kind: "chunked" });
    expect(framed(["CHUNKED"])).toEqual({ kind: "chunked" });
    expect(framed(["Chunked"])).toEqual({ kind: "chunked" });
  });

  test("rejects any in HTTP/1.0", () => {
    expect(framed(["chunked"], [], 0)).toBe("coding-version");
    expect(framed(["x y"], ["5"], 0)).toBe("coding-version");
  });

  test("rejects chunked twice, and chunked that is not the last", () => {
    expect(framed(["chunked, chunked"])).toBe("coding-not-final");
    expect(framed(["chunked", "chunked"])).toBe("coding-not-final");
    expect(framed(["chunked, gzip"])).toBe("coding-not-final");
    expect(framed(["chunked", "identity"])).toBe("coding-not-final");
    expect(framed(["gzip"])).toBe("coding-not-final");
    expect(framed(["identity"])).toBe("coding-not-final");
  });

  test("answers a well-formed list with a coding that is unknown with 501", () => {
    expect(framed(["gzip, chunked"])).toBe("coding-unknown");
    expect(framed(["gzip", "chunked"])).toBe("coding-unknown");
    expect(framed(["identity,\tchunked"])).toBe("coding-unknown");
    expect(framed(['a ; b = c;d="e, \\"f" , chunked'])).toBe("coding-unknown");
  });

  test("rejects a chunked with a parameter, which it doesn't have (§7.1)", () => {
    expect(framed(["chunked;a=b"])).toBe("coding-not-final");
    expect(framed(["chunked ; a=b"])).toBe("coding-not-final");
    expect(framed(["gzip, chunked;a=b"])).toBe("coding-not-final");
  });

  test.each([
    "",
    ",",
    ",chunked",
    "chunked,",
    "chunked,,chunked",
    "gzip,,chunked",
    "chunked chunked",
    "chun ked",
    "chunked;",
    "chunked;a",
    "gzip;, chunked",
    "gzip;a=, chunked",
    'gzip;a="b, chunked',
    'gzip;a="b"c, chunked',
    '"chunked"',
    "'chunked'x\xff",
    "\x0bchunked",
    "chunked\xa0",
    "\xe9chunked",
  ])("rejects %j, which is no list of codings", (value) => {
    expect(framed([value])).toBe("coding-malformed");
  });

  test("rejects an empty field line beside a good one", () => {
    expect(framed(["", "chunked"])).toBe("coding-malformed");
    expect(framed(["chunked", ""])).toBe("coding-malformed");
  });
});

describe("Content-Length (RFC 9112 §6.2)", () => {
  test("is digits", () => {
    expect(framed([], ["0"])).toEqual({ kind: "length", octets: 0 });
    expect(framed([], ["42"])).toEqual({ kind: "length", octets: 42 });
    expect(framed([], ["0042"])).toEqual({ kind: "length", octets: 42 });
    expect(framed([], ["9007199254740991"])).toEqual({ kind: "length", octets: 2 ** 53 - 1 });
  });

  test("is too large where it can't be counted any more", () => {
    expect(framed([], ["9007199254740992"])).toBe("body-too-large");
    expect(framed([], ["9007199254740993"])).toBe("body-too-large");
    expect(framed([], ["18446744073709551616"])).toBe("body-too-large");
    expect(framed([], ["9".repeat(400)])).toBe("body-too-large");
  });

  test.each(["", "+5", "-5", "5.0", "5e0", "0x5", "5 5", "5\t", "five", "٥", "5_0", "1n", "\xb2"])(
    "rejects %j",
    (value) => {
      expect(framed([], [value])).toBe("length-malformed");
    },
  );
});

describe("message body length (RFC 9112 §6.3)", () => {
  test("step 3: rejects a coding beside a length, whatever they say", () => {
    expect(framed(["chunked"], ["5"])).toBe("length-and-coding");
    expect(framed(["chunked"], [""])).toBe("length-and-coding");
    expect(framed([""], ["0"])).toBe("length-and-coding");
  });

  test("step 5: rejects two lengths, equal ones too", () => {
    expect(framed([], ["5", "6"])).toBe("length-repeated");
    expect(framed([], ["5", "5"])).toBe("length-repeated");
    expect(framed([], ["5, 5"])).toBe("length-repeated");
    expect(framed([], ["5,"])).toBe("length-repeated");
  });

  test("step 7: a request that says nothing has no body", () => {
    expect(framed([])).toEqual({ kind: "none" });
    expect(framed([], [], 0)).toEqual({ kind: "none" });
  });

  test("is decided before method, target and host are looked at", () => {
    const text = "CONNECT /x HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(refusal(text)).toBe("length-and-coding");
  });

  test("takes names in any letter case, and only whole names", () => {
    expect(refusal(head("CONTENT-length: 1\r\ncontent-LENGTH: 1\r\n"))).toBe("length-repeated");
    expect(refusal(head("transfer-ENCODING: x\r\n"))).toBe("coding-not-final");
    expect(read(head("Content-Lengths: 5\r\nTransfer_Encoding: chunked\r\n"))).toHaveLength(2);
    expect(read(head("Content_Length: 5\r\nX-Transfer-Encoding: chunked\r\n"))).toHaveLength(2);
  });
});

const extent = (status: number, codings: string[], lengths: string[], isHead = false): string => {
  const result = responseFraming(status, isHead, 1, codings, lengths);
  return result.ok ? result.value.kind : result.error;
};

describe("a response (RFC 9112 §6.3)", () => {
  test("ends with its connection where nothing else is said (step 8)", () => {
    expect(extent(200, [], [])).toBe("close");
    expect(extent(200, [], ["5"])).toBe("length");
    expect(extent(200, ["chunked"], [])).toBe("chunked");
  });

  test("has no content by its status or its method (step 1)", () => {
    expect([extent(204, [], []), extent(304, [], ["5"])]).toEqual(["none", "none"]);
    expect([extent(200, [], ["5"], true), extent(200, ["chunked"], [], true)]).toEqual([
      "none",
      "none",
    ]);
  });

  test("is refused where it is in doubt, also one without content", () => {
    expect(extent(200, ["chunked"], ["5"])).toBe("length-and-coding");
    expect(extent(304, [], ["5", "5"])).toBe("length-repeated");
    const old = responseFraming(200, false, 0, ["chunked"], []);
    expect(old).toEqual({ ok: false, error: "coding-version" });
  });
});
