import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { readFaultFile, readFaultText } from "../../../src/server/faults/fault-file.ts";
import { TempSite } from "../../temp-site.ts";

const read = (text: string): unknown => {
  const result = readFaultText(text, "f.txt", defaultLimits);
  return result.ok ? result.value : result.error;
};

describe("a file of faults", () => {
  test("has a rule in a line, and comments", () => {
    const text = `# retries
GET /orders/:id  statuses=503,503,200 retryAfter=1   # a comment

\t*  /data/*  cutAfterBytes=1000 by=reset probability=0.1 seed=7 times=2\r
GET /a%23b.txt bareLf\tdate="Thu, 01 Jan 1970 00:00:00 GMT" duplicateField="X-A: #1" charset=
POST "/a b/c" contentLength=-5 bareLf=true`;
    expect(read(text)).toEqual([
      { method: "GET", path: "/orders/:id", statuses: [503, 503, 200], retryAfter: 1 },
      { method: "*", path: "/data/*", cutAfterBytes: 1000, by: "reset", probability: 0.1, seed: 7, times: 2 }, // prettier-ignore
      { method: "GET", path: "/a%23b.txt", bareLf: true, date: "Thu, 01 Jan 1970 00:00:00 GMT", duplicateField: "X-A: #1", charset: "" }, // prettier-ignore
      { method: "POST", path: "/a b/c", contentLength: -5, bareLf: true },
    ]);
    expect(read("")).toEqual([]);
    expect(read("# nothing\n\n")).toEqual([]);
  });

  test.each([
    ["\n\nGET /a latncyMs=3", 'f.txt:3: no fault is called "latncyMs"; did you mean "latencyMs"?'],
    ["GET", "f.txt:1: a rule is a method, a path and faults"],
    ["GET /a", "f.txt:1: no fault is given"],
    ["GET /a latencyMs", "f.txt:1: latencyMs needs a value: latencyMs=MS"],
    ["GET /a bareLf=maybe", 'f.txt:1: bareLf must be true or false, not "maybe"'],
    ["GET /a by=rst cutAfterBytes=1", 'f.txt:1: by must be one of fin, reset, not "rst"'],
    ["GET /a headBytes=1 headBytes=2", "f.txt:1: headBytes is given twice"],
    ["GET /a jitterMs=1", "f.txt:1: jitterMs needs latencyMs"],
    ["get /a latencyMs=1", 'f.txt:1: not a method: "get"; clients send GET'],
    ["GET a/*/b latencyMs=1", 'f.txt:1: not a path: "a/*/b"'],
    ["GET /a/*/b latencyMs=1", 'f.txt:1: * can only be the last segment: "/a/*/b"'],
    ['GET /a date="yesterday', "f.txt:1: a quotation mark has no other"],
  ])("%j is refused with its line", (text, error) => {
    expect(read(text)).toBe(error);
  });

  test("is read from disk, or it is said why not", () => {
    using site = new TempSite("empty");
    site.file("faults.txt", "GET /a latencyMs=5\n");
    const limits = defaultLimits;
    expect(readFaultFile(site.at("faults.txt"), limits)).toEqual({
      ok: true,
      value: [{ method: "GET", path: "/a", latencyMs: 5 }],
    });
    const missing = readFaultFile(site.at("none.txt"), limits);
    expect(missing).toMatchObject({ ok: false });
    expect(JSON.stringify(missing)).toContain("none.txt: ");
  });
});
