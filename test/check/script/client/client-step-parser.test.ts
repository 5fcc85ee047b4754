import { describe, expect, test } from "bun:test";

import type { ClientStep } from "../../../../src/check/script/script.ts";
import { parseScript } from "../../../../src/check/script/script-parser.ts";

/** The steps of one phase with these lines, or the faults as `line: expected`. The first is line 7. */
function parsed(...lines: readonly string[]): readonly ClientStep[] | readonly string[] {
  const body = lines.map((line) => `    ${line}\n`).join("");
  const text = `# T\n\n    client\n\n## P (RFC 9110 §9, must)\n\n${body}`;
  const script = parseScript("t.wire", text);
  if (!script.ok) return script.error.map(({ line, expected }) => `${line}: ${expected}`);
  expect(script.value.settings.client).toBe(true);
  expect(script.value.phases.map(({ steps }) => steps)).toEqual([[]]);
  return script.value.phases[0]?.clientSteps ?? [];
}

const asked = ["ask GET /a", "> GET /a"] as const;

describe("the steps of a script that tests a client", () => {
  test("are grouped, and a | line belongs to what stands above it", () => {
    const steps = parsed(
      "ask POST /a",
      "with A: b",
      "| sent",
      "> POST /a",
      "> A: b",
      "| sent",
      "< HTTP/1.1 200 OK",
      "<",
      "| answer",
      "fill 2 x",
      "gets 200",
      "with C: d",
      "| answer",
      "closed",
    );
    expect(steps).toMatchObject([
      { kind: "ask", line: 7, method: "POST", fields: [{ name: "A" }], content: [{}] },
      { kind: "request", line: 10, fields: [{ name: "A" }], body: [{ kind: "exact", line: 12 }] },
      { kind: "send", line: 13, parts: [{}, {}, {}, { kind: "fill" }] },
      { kind: "result", line: 17, fields: [{ name: "C" }], body: [{ kind: "exact", line: 19 }] },
      { kind: "end", line: 20 },
    ]);
  });

  test("repeat what stands since the last request, which then need not come", () => {
    const steps = parsed(...asked, "< A", "close", "repeat 9", "fails");
    expect(steps[4]).toMatchObject({
      kind: "repeat",
      count: 9,
      steps: [{ kind: "request", optional: true }, { kind: "send" }, { kind: "close" }],
    });
  });

  test("have times for a request, a result and an end", () => {
    const within = ["ask GET /a", "within 1s", "> GET /a", "within 2s", "fails", "within 3s"];
    expect(parsed(...within, "closed")).toMatchObject([
      {},
      { withinMs: 1000 },
      { withinMs: 2000 },
      { withinMs: 3000 },
    ]);
  });

  test("may use both names of the player's port, and what was saved", () => {
    const saved = ["save b = B", "< {{host}} {{other-host}} {{b}}", "fails"];
    expect(parsed(...asked, ...saved)).toHaveLength(4);
  });

  test.each([
    [
      ["> GET /a", "fails"],
      ["7: ask before a request is expected", "8: ask before its result"],
    ],
    [["open"], ["5: ask METHOD /TARGET in this phase"]],
    [["ask GET /a", "> GET /a"], ["7: gets or fails after ask, in the same phase"]],
    [["ask GET /a", "ask GET /b", "fails"], ["8: gets or fails before the next ask"]],
    [[...asked, "< A", "with A: b", "fails"], ["10: with right after ask or gets"]],
    [["ask GET /a", "with A ~ b", "fails"], ["8: with Name: value after ask"]],
    [
      [...asked, "< A", "has B", "fails"],
      ["10: this right after > METHOD /TARGET or gets, with nothing between"],
    ],
    [[...asked, "fails", "| a"], ["10: content only after ask, a request, < or gets"]],
    [[...asked, "body is a", "fails"], ["9: no body is: there is no tree"]],
    [["ask GET /{{b}}", "fails"], ["7: save b = … before {{b}}"]],
    [[...asked, "repeat 2", "fails"], ["9: repeat after a request and what answers it"]],
    [
      [...asked, "within 1s", "< A", "fails"],
      ["9: a request, a result, closed or reset after within"],
    ],
    [["continue", ...asked, "fails"], ["7: continue only after another phase"]],
  ])("%p are refused", (lines, faults) => {
    expect(parsed(...lines)).toEqual(faults);
  });

  test("stand in a phase, and their script says at once that it tests a client", () => {
    const early = parseScript("t.wire", "# T\n\n    client\n    ask GET /a\n");
    expect(early.ok ? [] : early.error[0]).toMatchObject({ line: 4 });
    const late = parseScript(
      "t.wire",
      "# T\n\n    alone\n    client\n\n## P (RFC 9110 §9, must)\n",
    );
    expect(late.ok ? [] : late.error[0]).toEqual({
      file: "t.wire",
      line: 4,
      expected: "client before all other statements",
    });
  });

  test("continue with the client of the phase before", () => {
    const phase = "## P (RFC 9110 §9, must)\n\n";
    const first = `# T\n\n    client\n\n${phase}    ask GET /a\n    > GET /a\n    fails\n\n`;
    const script = parseScript(
      "t.wire",
      `${first}${phase}    continue\n    ask GET /a\n    fails\n`,
    );
    expect(script.ok && script.value.phases[1]).toMatchObject({ continues: true });
    const late = parseScript("t.wire", `${first}${phase}    ask GET /a\n    continue\n    fails\n`);
    expect(late.ok ? [] : late.error[0]).toMatchObject({ expected: "continue first in its phase" });
  });
});
