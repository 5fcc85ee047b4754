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

/** What a phase of these statements comes to that failed at its last line, with this answer. */
function settledReason(heading: string, steps: string, response: HttpResponse): string {
  const text = `# T\n\n## P (${heading})\n\n${steps}`;
  const of = parseScript("s/b.wire", text);
  if (!of.ok) throw new Error(JSON.stringify(of.error));
  const line = text.trimEnd().split("\n").length;
  const failure = { line, expected: "", came: "", response };
  const failed: readonly PhaseOutcome[] = [{ kind: "failed", failure }];
  const traits = new Traits();
  traits.note(response);
  const played = new Map([[of.value, { kind: "played" as const, phases: failed, replays: 0 }]]);
  const outcome = settled({ server: "a:80", outcomes: played, traits }).outcomes.get(of.value);
  const [phase] = outcome?.kind === "played" ? outcome.phases : [];
  return phase?.kind === "not-played" ? phase.reason : "failed";
}

test("a server without tags, or with weak ones, is blamed where they are the subject", () => {
  const save = `${request}    < 200\n    save tag = ETag ~ ^(".*")$\n`;
  const without = "none of the server's answers had an ETag";
  expect(settledReason("RFC 9110 §13.1.2, should", save, answer(200))).toBe(without);
  const has = `${request}    < 200\n    has ETag\n`;
  expect(settledReason("RFC 9110 §13.1.2, should", has, answer(200))).toBe(without);
  expect(settledReason("RFC 9110 §8.8.3, should", has, answer(200))).toBe("failed");
  const weak = { ...answer(200), fields: [{ name: "ETag", value: 'W/"a"' }] };
  const reason = "all tags of the server are weak, as they may be (RFC 9110 §8.8.3)";
  expect(settledReason("RFC 9110 §13.1.1, should", save, weak)).toBe(reason);
  expect(settledReason("RFC 9110 §8.8.1, should", save, weak)).toBe("failed");
  const strong = { ...answer(200), fields: [{ name: "ETag", value: '"a"' }] };
  expect(settledReason("RFC 9110 §13.1.1, should", save, strong)).toBe("failed");
});

test("a server needn't implement another method than GET and HEAD, if it says 501", () => {
  const options = "    > OPTIONS /a HTTP/1.1\n    >\n    < 2xx\n";
  const reason =
    "the server implements no such method, as it may (RFC 9110 §9.1), and says so: 501";
  expect(settledReason("RFC 9110 §9.3.7, should", options, answer(501))).toBe(reason);
  expect(settledReason("RFC 9110 §9.3.7, should", options, answer(500))).toBe("failed");
  expect(settledReason("RFC 9110 §9.1, should", options, answer(501))).toBe("failed");
});
