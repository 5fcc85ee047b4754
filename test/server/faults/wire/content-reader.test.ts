import { describe, expect, test } from "bun:test";

import { latin1Bytes, latin1Text } from "../../../../src/http/octets/bytes.ts";
import { ContentReader } from "../../../../src/server/faults/wire/content-reader.ts";

type Response = ConstructorParameters<typeof ContentReader>[0];

/** What is read of `body` in pieces of `size` octets, and whether it is over. */
function read(response: Response, body: string, size: number): [content: string, isOver: boolean] {
  const reader = new ContentReader(response);
  let content = "";
  for (let at = 0; at < body.length; at += size) {
    for (const piece of reader.read(latin1Bytes(body.slice(at, at + size)))) {
      content += latin1Text(piece);
    }
  }
  return [content, reader.isOver];
}

describe("content", () => {
  test.each<readonly [response: Response, body: string, content: string, isOver: boolean]>([
    [{ framing: "none", contentOctets: 9 }, "", "", true],
    [{ framing: "length", contentOctets: 0 }, "", "", true],
    [{ framing: "length", contentOctets: 5 }, "01234", "01234", true],
    [{ framing: "length", contentOctets: 6 }, "01234", "01234", false],
    [{ framing: "close", contentOctets: undefined }, "01234", "01234", false],
    [{ framing: "chunked", contentOctets: undefined }, "0\r\n\r\n", "", true],
    [{ framing: "chunked", contentOctets: undefined }, "3\r\nab", "ab", false],
    [
      { framing: "chunked", contentOctets: undefined },
      "3\r\n\r\n0\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
      "\r\n00123456789abcdef",
      true,
    ],
  ])("of %j in %j, cut anywhere", (response, body, content, isOver) => {
    for (const size of [1, 2, 3, 7, 100]) {
      expect(read(response, body, size)).toEqual([content, isOver]);
    }
  });
});
