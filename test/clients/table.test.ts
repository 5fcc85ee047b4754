import { describe, expect, test } from "bun:test";

import type { Client } from "../../clients/client.ts";
import type { Report } from "../../clients/run.ts";
import { renderTable, titleOf, withBlock } from "../../clients/table.ts";
import type { Trial } from "../../clients/trials.ts";

const trial = (changes: Partial<Trial> = {}): Trial => ({
  fault: "cutAfterBytes",
  rule: { cutAfterBytes: 10, by: "reset" },
  next: undefined,
  method: "GET",
  times: 1,
  habit: undefined,
  isBeforeRequests: false,
  isSecure: false,
  departure: () => undefined,
  ...changes,
});

const client = (name: string, version: string): Client => ({
  name,
  version,
  habits: [],
  run: () => Promise.reject(new Error("not called")),
});

const report = (text: string): Report => ({ outcomes: [], seen: 1, text });

describe("the title of a trial", () => {
  test.each<readonly [string, Partial<Trial>]>([
    ["`cutAfterBytes=10 by=reset`", {}],
    ["`bareLf`", { rule: { bareLf: true } }],
    ["`statuses=503,200`", { rule: { statuses: [503, 200] } }],
    ['`duplicateField="Content-Length: 1"`', { rule: { duplicateField: "Content-Length: 1" } }],
    ['`date=""`', { rule: { date: "" } }],
    ["`latencyMs=1`, POST, 2 requests", { rule: { latencyMs: 1 }, method: "POST", times: 2 }],
    [
      "`latencyMs=1`, then `bareLf`, `curl --retry 1`",
      { rule: { latencyMs: 1 }, next: { bareLf: true }, habit: "retry" },
    ],
  ])("is %s", (title, changes) => {
    expect(titleOf(trial(changes))).toBe(title);
  });
});

describe("the table", () => {
  test("has a row for each trial, a column for each client, and all that it did", () => {
    const departing = trial({
      rule: { bareLf: true },
      departure: (_outcomes, seen) => (seen === 1 ? "RFC 9112 §8" : undefined),
    });
    const rows = [
      { trial: trial(), reports: new Map([["b", [report("x"), report("a|b"), report("x")]]]) },
      { trial: departing, reports: new Map([["a", [report("y")]]]) },
    ];
    expect(renderTable([client("a", "1.0"), client("b", "2 (Node 3)")], rows)).toBe(
      [
        "| fault | a 1.0 | b 2 (Node 3) |",
        "| --- | --- | --- |",
        "| `cutAfterBytes=10 by=reset` |  | a\\|b; or x |",
        "| `bareLf` | y (**against RFC 9112 §8**) |  |",
      ].join("\n"),
    );
  });

  test("takes the place of the one before on a page", () => {
    const page = "a\n<!-- clients -->\n\nold\n\n<!-- /clients -->\nb\n";
    const replaced = withBlock(page, "new\n");
    expect(replaced).toBe("a\n<!-- clients -->\n\nnew\n\n<!-- /clients -->\nb\n");
    expect(withBlock(replaced, "new")).toBe(replaced);
    expect(() => withBlock("a page", "new")).toThrow("no <!-- clients --> … <!-- /clients -->");
  });
});
