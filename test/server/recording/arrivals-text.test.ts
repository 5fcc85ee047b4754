import { describe, expect, test } from "bun:test";

import { arrivalsText } from "../../../src/server/recording/arrivals-text.ts";
import { RequestRecord } from "../../../src/server/recording/recorded-request.ts";
import { ReadFilter } from "../../../src/server/recording/request-filter.ts";
import { headOf } from "../../http1/transcript.ts";

function recordOf(line: string): RequestRecord {
  const head = headOf(`${line} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n`);
  const arrival = { head, remoteAddress: "::1", receivedMs: 0, connection: 1 };
  return new RequestRecord(arrival, 10, () => undefined);
}

describe("what arrived", () => {
  const wanted = new ReadFilter({ method: "POST", path: "/api/users" });

  test("is in order of likeness, ten of it", () => {
    const paths = ["/zebra", "/api/user", "/api/posts", "/api/users"];
    const others = Array.from({ length: 8 }, (_, i) => `/none/${i}`);
    const text = arrivalsText(
      [...others, ...paths].map((path) => recordOf(`GET ${path}`)),
      wanted,
    );
    const lines = text.split("\n");
    expect(lines.slice(0, 4)).toEqual([
      "What came, nearest first:",
      "  GET /api/users → not answered yet, another method",
      "  GET /api/user → not answered yet",
      "  GET /api/posts → not answered yet",
    ]);
    expect([lines.length, lines.at(-1)]).toEqual([12, "  and 2 more"]);
  });

  test("says how it was answered, and how much of a body came", () => {
    const record = recordOf("POST /x");
    record.took(new Uint8Array(3));
    record.status = 200;
    const line = (): string | undefined => arrivalsText([record], wanted).split("\n")[1];
    expect(arrivalsText([record], wanted)).toStartWith("What came:\n");
    expect(line()).toBe("  POST /x → 200, still being sent, a body of 3 octets");
    record.durationMs = 1;
    expect(line()).toBe("  POST /x → 200, a body of 3 octets");
    record.aborted = true;
    expect(line()).toBe("  POST /x → 200, cut off, a body of 3 octets");
  });

  test("has long targets cut, and none that writes lines of its own", () => {
    const long = recordOf(`GET /${"x".repeat(500)}`);
    const [, line = ""] = arrivalsText([long], wanted).split("\n");
    expect(line).toEndWith("xxx… → not answered yet");
    expect(line.length).toBeLessThan(160);
  });
});
