import { describe, expect, test } from "bun:test";

import type { ClientCommand } from "../../../src/check/clients/client-command.ts";
import {
  clientStepsOf,
  commandOf,
  readClientCommand,
  reasonNotToAsk,
  wordsFor,
} from "../../../src/check/clients/client-command.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";
import type { Phase } from "../../../src/check/script/script.ts";

function commandIn(text: string): ClientCommand {
  const command = readClientCommand(text);
  if (!command.ok) throw new Error(command.error);
  return command.value;
}

describe("a client's command", () => {
  test("is words with a name, and plain if it has a place for the URL", () => {
    expect(commandIn("curl=curl -H 'A: b c' {url}")).toEqual({
      name: "curl",
      words: ["curl", "-H", "A: b c", "{url}"],
      plain: true,
    });
    expect(commandIn("node a.mjs --x=y")).toEqual({
      name: "node a.mjs --x=y",
      words: ["node", "a.mjs", "--x=y"],
      plain: false,
    });
    expect(commandOf(["my client", "{url}"])).toMatchObject({
      value: { name: "my client {url}", plain: true },
    });
  });

  test("gets the URL in its place", () => {
    expect(wordsFor(commandIn("get --from={url} {url}"), "http://a/")).toEqual([
      "get",
      "--from=http://a/",
      "http://a/",
    ]);
  });

  test.each(["", "name=", "curl '{url}", "''"])("%p is refused", (text) => {
    expect(readClientCommand(text).ok).toBe(false);
  });
});

/** A phase with these statements. */
function phaseOf(...lines: readonly string[]): Phase {
  const body = lines.map((line) => `    ${line}\n`).join("");
  const script = parseScript("t", `# T\n\n    client\n\n## P (RFC 9110 §9, must)\n\n${body}`);
  const [phase] = script.ok ? script.value.phases : [];
  if (phase === undefined) throw new Error("no phase");
  return phase;
}

describe("what a plain command can be asked", () => {
  const get = ["ask GET /a", "> GET /a", "gets 200"] as const;

  test("is one GET, of which the content is told", () => {
    expect(clientStepsOf(phaseOf(...get))).toHaveLength(3);
    expect(reasonNotToAsk([phaseOf(...get, "| a")], { plain: true })).toBeUndefined();
    expect(reasonNotToAsk([phaseOf(...get, ...get)], { plain: false })).toBeUndefined();
  });

  test.each([
    [[...get, ...get]],
    [["ask HEAD /a", "gets 200"]],
    [["ask GET /a", "with A: b", "gets 200"]],
    [["ask GET /a", "| a", "gets 200"]],
    [["ask GET /a", "gets 200", "with A: b"]],
    [["ask GET /a", "gets 200", "save a = A"]],
  ])("is not %p", (lines) => {
    const reason = reasonNotToAsk([phaseOf(...lines)], { plain: true });
    expect(reason).toBe(
      "asks for more than one GET, or for fields of the answer: needs an adapter",
    );
  });
});
