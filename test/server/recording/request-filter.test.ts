import { describe, expect, test } from "bun:test";

import { RequestRecord } from "../../../src/server/recording/recorded-request.ts";
import type { RequestFilter } from "../../../src/server/recording/request-filter.ts";
import { ReadFilter } from "../../../src/server/recording/request-filter.ts";
import { headOf } from "../../http1/transcript.ts";

function recordOf(line: string): RequestRecord {
  const head = headOf(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`);
  const arrival = { head, remoteAddress: "::1", receivedMs: 0, connection: 1 };
  return new RequestRecord(arrival, 0, () => undefined);
}

describe("a filter of requests", () => {
  test.each<readonly [filter: RequestFilter, line: string, fit: string]>([
    [{}, "GET /a", "fits"],
    [{}, "OPTIONS *", "fits"],
    [{ path: "/*" }, "OPTIONS *", "path"],
    [{ path: "/users/:id" }, "GET /users/5?a=b", "fits"],
    [{ path: "/a b" }, "GET /a%20b", "fits"],
    [{ path: "/a" }, "GET /a/", "path"],
    [{ method: "*", path: "/a" }, "GET /a", "fits"],
    [{ method: "POST", path: "/a" }, "GET /a", "method"],
    [{ method: "POST", path: "/a" }, "GET /b", "path"],
    [{ path: "/a", where: ({ target }) => target.endsWith("1") }, "GET /a?1", "fits"],
    [{ path: "/a", where: ({ target }) => target.endsWith("1") }, "GET /a?2", "where"],
  ])("%o and %s: %s", (filter, line, fit) => {
    expect<string>(new ReadFilter(filter).fit(recordOf(line))).toBe(fit);
  });

  test.each<readonly [filter: RequestFilter, text: string]>([
    [{}, "any request"],
    [{ method: "PUT" }, "PUT"],
    [{ method: "ANY", path: "/a" }, "/a"],
    [{ method: "PUT", path: "/a", where: () => true }, 'PUT /a that "where" accepts'],
  ])("%o is called %s", (filter, text) => {
    expect(new ReadFilter(filter).text).toBe(text);
  });
});
