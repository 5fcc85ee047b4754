import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import type { Response } from "../../../src/http/message/response.ts";
import { CachedResponse } from "../../../src/http/message/response.ts";
import { partialResponse } from "../../../src/site/content/partial-response.ts";
import { Representation } from "../../../src/site/content/representation.ts";
import type { ShownResponse } from "../shown-response.ts";
import { show } from "../shown-response.ts";

const letters = "abcdefghijklmnopqrstuvwxyz";
const representation = new Representation({
  mediaType: "text/plain",
  entityTag: { weak: false, opaque: "t" },
  content: utf8Bytes(letters),
  fields: [["Content-Encoding", "x"]],
});

function answer(range: string, isRepeated = false): Response | "unsatisfiable" | undefined {
  return partialResponse(representation, range, 0, isRepeated, defaultLimits);
}

function shown(range: string): ShownResponse {
  return show(answer(range) as Response);
}

describe("a part of a representation", () => {
  test("has its octets, says which they are, and when they were changed (§15.3.7.1)", () => {
    const { status, body, fields } = shown("bytes=2-4");
    expect([status, body, fields["Content-Range"]]).toEqual([206, "cde", "bytes 2-4/26"]);
    expect(fields["Last-Modified"]).toBe("Thu, 01 Jan 1970 00:00:00 GMT");
    expect(fields["Content-Encoding"]).toBe("x");
  });

  test("is one of several, each with its own fields, between boundaries (§14.6)", () => {
    const { status, body, fields } = shown("bytes=0-0,25-");
    const [, boundary = ""] = /boundary=(.+)/.exec(fields["Content-Type"] ?? "") ?? [];
    const part = (range: string): string =>
      `--${boundary}\r\nContent-Type: text/plain\r\nContent-Encoding: x\r\nContent-Range: ${range}\r\n\r\n`;
    expect([status, fields["Content-Range"], fields["Content-Encoding"]]).toEqual([
      206,
      undefined,
      undefined,
    ]);
    expect(body).toBe(
      `${part("bytes 0-0/26")}a\r\n${part("bytes 25-25/26")}z\r\n--${boundary}--\r\n`,
    );
  });

  test("is cached only where that is asked for", () => {
    expect(answer("bytes=0-1", true)).toBeInstanceOf(CachedResponse);
    expect(answer("bytes=0-1", false)).not.toBeInstanceOf(CachedResponse);
  });

  test("is none where Range is none of octets, or of none of these (§14.2, §15.5.17)", () => {
    expect(answer("lines=0-1")).toBeUndefined();
    expect(answer("bytes=26-")).toBe("unsatisfiable");
  });
});
