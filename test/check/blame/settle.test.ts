import { expect, test } from "bun:test";

import type { PhaseOutcome } from "../../../src/check/blame/outcome.ts";
import { settled } from "../../../src/check/blame/settle.ts";
import { Traits } from "../../../src/check/blame/traits.ts";
import type { HttpResponse } from "../../../src/check/play/response-reader.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";

const request = "    > GET /a HTTP/1.1\n    >\n";
const parsed = parseScript(
  "s/a.wire",
  `# T\n\n## Part (RFC 9110 §14.2, should)\n\n${request}    < 206\n\n` +
    `## Whole (RFC 9110 §9.3.1, must)\n\n${request}    < 404\n`,
);
if (!parsed.ok) throw new Error("no script");
const script = parsed.value;

function answer(status: number): HttpResponse {
  return {
    version: "HTTP/1.1",
    status,
    reason: "",
    fields: [],
    trailers: [],
    body: new Uint8Array(0),
  };
}

function failedAt(line: number): PhaseOutcome {
  const failure = { line, expected: "status", came: "HTTP/1.1 200 OK", response: answer(200) };
  return { kind: "failed", failure };
}

const phases = [failedAt(7), failedAt(13)];
const outcomes = new Map([[script, { kind: "played" as const, phases, replays: 0 }]]);

function kindsOf(traits: Traits, own: { own?: true } = {}): readonly string[] {
  const outcome = settled({ server: "a:80", outcomes, traits, ...own }).outcomes.get(script);
  if (outcome?.kind !== "played") return [];
  return outcome.phases.map(({ kind }) => kind);
}

test("a server that never sent a 206 ignores Range, which it may: such phases aren't played", () => {
  const traits = new Traits();
  traits.note(answer(200));
  expect(kindsOf(traits)).toEqual(["not-played", "failed"]);
  expect(kindsOf(traits, { own: true })).toEqual(["failed", "failed"]);
});

test("one that sent it once is wrong where it didn't", () => {
  const traits = new Traits();
  traits.note(answer(206));
  expect(kindsOf(traits)).toEqual(["failed", "failed"]);
});
