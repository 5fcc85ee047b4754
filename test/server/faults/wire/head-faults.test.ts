import { describe, expect, test } from "bun:test";

import type { FaultOptions } from "../../../../src/server/faults/fault-options.ts";
import { faultyHead } from "../../../../src/server/faults/wire/head-faults.ts";

const head =
  "HTTP/1.1 200 OK\r\nDate: then\r\nContent-Type: text/html; charset=utf-8; a=b\r\n" +
  "Content-Length: 5\r\n\r\n";

const faulty = (faults: FaultOptions): string => [...faultyHead(head, faults)].join("");

describe("a head", () => {
  test("without faults is itself", () => {
    expect(faulty({})).toBe(head);
  });

  test.each<readonly [faults: FaultOptions, from: string, to: string]>([
    [{ charset: "x" }, "; charset=utf-8; a=b", "; a=b; charset=x"],
    [{ charset: "" }, "; charset=utf-8", ""],
    [{ date: "" }, "Date: then\r\n", ""],
    [{ date: "now" }, "then", "now"],
    [{ contentCoding: "br" }, "5\r\n\r\n", "5\r\nContent-Encoding: br\r\n\r\n"],
    [{ contentCoding: "" }, "", ""],
    [{ contentLength: 7 }, ": 5", ": 12"],
    [{ contentLength: -7 }, ": 5", ": 0"],
    [{ chunk: "missing" }, "Content-Length: 5", "Transfer-Encoding: chunked"],
    [{ duplicateField: "date" }, "5\r\n\r\n", "5\r\ndate: then\r\n\r\n"],
    [{ duplicateField: "A: b c" }, "5\r\n\r\n", "5\r\nA: b c\r\n\r\n"],
    [{ headBytes: 3, headFields: 1 }, "5\r\n\r\n", "5\r\nX-Fault: aaa\r\nX-Fault-1: a\r\n\r\n"],
  ])("with %j has %j replaced by %j", (faults, from, to) => {
    expect(faulty(faults)).toBe(head.replace(from, to));
    expect(faulty({ ...faults, bareLf: true })).toBe(
      head.replace(from, to).replaceAll("\r\n", "\n"),
    );
  });

  test("of megabytes is made piece by piece", () => {
    const sizes = Array.from(faultyHead(head, { headBytes: 1_000_000 }), ({ length }) => length);
    expect(Math.max(...sizes)).toBeLessThan(20_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(head.length + 1_000_000 + "X-Fault: \r\n".length); // prettier-ignore
  });
});
