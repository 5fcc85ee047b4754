import { describe, expect, test } from "bun:test";

import type { Statement } from "../../../src/check/script/statement.ts";
import { readStatement } from "../../../src/check/script/statement.ts";
import { StepParser } from "../../../src/check/script/step-parser.ts";

const heading = { title: "P", references: ["RFC 9110 §9"], strength: "must" } as const;

/** A parser that was given these lines, the first one as line 1, and the faults that it told. */
function fed(...lines: readonly string[]): { parser: StepParser; faults: string[] } {
  const faults: string[] = [];
  const parser = new StepParser((line, expected) => faults.push(`${line}: ${expected}`));
  for (const [index, text] of lines.entries()) {
    if (text === "##") {
      parser.end(() => faults.length === 0);
      parser.begin(index + 1, heading);
      continue;
    }
    const statement = readStatement(text, index + 1);
    if (!statement.ok) throw new Error(statement.error);
    parser.take(statement.value as Exclude<Statement, { kind: "setting" }>, index + 1);
  }
  parser.end(() => faults.length === 0);
  return { parser, faults };
}

describe("the steps of a script", () => {
  test("are grouped: a file with its lines, a block, a response with its checks", () => {
    const { parser, faults } = fed("file a", "| x", "##", "> a", ">", "< 200", "has B", "| x");
    expect(faults).toEqual([]);
    expect(parser.tree).toMatchObject([{ path: "a", content: { bytes: Uint8Array.of(120, 10) } }]);
    expect(parser.phases).toMatchObject([
      {
        line: 3,
        steps: [
          { kind: "send", line: 4, parts: [{}, {}] },
          { kind: "response", line: 6, fields: [{ name: "B" }], body: [{ kind: "exact" }] },
        ],
      },
    ]);
  });

  test("stand in a phase, and a phase needs one that acts and one that expects", () => {
    expect(fed("> a").faults).toEqual(["1: a phase (## …) before this statement"]);
    expect(fed("##", "> a").faults).toEqual(["1: something expected in this phase"]);
    expect(fed("##", "open").faults).toEqual([
      "1: something sent in this phase, or a connection opened",
    ]);
  });

  test("tell of a within that nothing follows, once", () => {
    expect(fed("##", "> a", "within 1s").faults).toEqual([
      "3: a response, closed or reset after within",
    ]);
  });
});
