/**
 * Parses a request's head as three kinds of clients send it: completely, and recognised by the
 * cache of heads, as all but the first of a client are.
 */

import { defaultLimits } from "../../src/base/limits.ts";
import { RequestParser } from "../../src/http1/request-parser.ts";
import type { Part } from "./part.ts";

const agent =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " +
  "Chrome/131.0.0.0 Safari/537.36";

/** By client. */
const clients = {
  browser: [
    "GET /css/site.css HTTP/1.1",
    "Host: localhost:9001",
    "Connection: keep-alive",
    'sec-ch-ua-platform: "Linux"',
    `User-Agent: ${agent}`,
    "Accept: text/css,*/*;q=0.1",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Mode: no-cors",
    "Sec-Fetch-Dest: style",
    "Referer: http://localhost:9001/",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9",
  ],
  curl: ["GET /1k.txt HTTP/1.1", "Host: localhost:9001", "User-Agent: curl/8.5.0", "Accept: */*"],
  wrk: ["GET /1k.txt HTTP/1.1", "Host: localhost:9001"],
} as const;

export function parserParts(): readonly Part[] {
  return Object.entries(clients).flatMap(([client, lines]) => {
    const head = Buffer.from([...lines, "", ""].join("\r\n"), "latin1");
    const name = `parser: a head of ${client}, ${head.length} octets`;
    const other = Buffer.from(head);
    const hostAt = other.indexOf("localhost");
    const known = new RequestParser(defaultLimits);
    const alternating = new RequestParser(defaultLimits);
    let goes = 0;
    return [
      {
        name: `${name}, read`,
        run: () => {
          // The host is different each time, so that the cache has no hit.
          goes = (goes + 1) % 1_000_000;
          for (let digit = 0, rest = goes; digit < 6; digit++, rest = Math.floor(rest / 10)) {
            other[hostAt + digit] = 0x30 + (rest % 10);
          }
          parse(alternating, other);
        },
      },
      { name: `${name}, recognised`, run: () => parse(known, head) },
    ];
  });
}

function parse(parser: RequestParser, head: Uint8Array): void {
  parser.push(head);
  let heads = 0;
  // The events are: the head, the end of the empty body, and `need-data`.
  for (let event = parser.next(); event.kind !== "need-data"; event = parser.next()) {
    if (event.kind === "head") heads++;
    if (event.kind === "error") throw new Error(event.refusal.kind);
  }
  if (heads !== 1) throw new Error(`${heads} heads`);
}
