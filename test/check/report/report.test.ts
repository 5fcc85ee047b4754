import { describe, expect, test } from "bun:test";

import type { PhaseOutcome } from "../../../src/check/play/player.ts";
import type { Column } from "../../../src/check/report/report.ts";
import { reportJson, reportText, tally } from "../../../src/check/report/report.ts";
import type { Script, Strength } from "../../../src/check/script/script.ts";

function scriptOf(file: string, strengths: readonly Strength[]): Script {
  const settings = {
    serverArguments: [],
    limits: {},
    hosts: [],
    alone: false,
    cleartext: false,
    stateful: false,
  };
  const phases = strengths.map((strength, index) => ({
    line: index + 1,
    title: `P${index + 1}`,
    references: ["RFC 9110 §9"],
    strength,
    continues: false,
    steps: [],
  }));
  return { file, title: file, tree: [], settings, phases };
}

const held: PhaseOutcome = { kind: "held" };
const failed: PhaseOutcome = {
  kind: "failed",
  failure: { line: 9, expected: "this", came: "that" },
  replay: "when sent byte by byte",
};
const first = scriptOf("one/first.wire", ["must", "should", "should"]);
const second = scriptOf("two/second.wire", ["must"]);
const column: Column = {
  server: "a:80",
  outcomes: new Map([
    [first, { kind: "played", phases: [held, failed, failed], replays: 5 }],
    [second, { kind: "not-played", reason: "needs its own tree" }],
  ]),
};

describe("the tally", () => {
  test("counts phases by strength, and leaves out what was not played", () => {
    expect(tally([first, second], column)).toEqual({
      must: { held: 1, played: 1 },
      should: { held: 0, played: 2 },
      may: { held: 0, played: 0 },
    });
  });
});

describe("the text", () => {
  test("shows the first failure of a script, and counts the others", () => {
    expect(reportText([first, second], [column])).toBe(`\
one: 1 script, 1 phase held, 2 FAILED, 5 replays
two: 1 script, 0 phases held, 1 script not played

FAILED (should) one/first.wire:9
  P2 (RFC 9110 §9)
  held uncut, failed when sent byte by byte
  expected  this
  came      that
  and 1 later phase of this script failed

      a:80
      must  should  may
one    1/1     0/2    -
two      -       -    -
all    1/1     0/2    -

1 script not played against a:80:
  two/second.wire: needs its own tree
`);
  });

  test("says that a server could not be reached", () => {
    const away: Column = { server: "b:80", unreachable: "ECONNREFUSED", outcomes: new Map() };
    expect(reportText([first], [away])).toStartWith(
      "NOT REACHED b:80: ECONNREFUSED; nothing was played\n",
    );
  });
});

describe("the JSON", () => {
  test("has each phase with its failure, and why a script was not played", () => {
    const report = JSON.parse(reportJson([first, second], [column], 1)) as {
      servers: { scripts: object[] }[];
    };
    const [one, two] = report.servers[0]?.scripts ?? [];
    expect(one).toMatchObject({
      section: "one",
      phases: [
        { held: true },
        { held: false, failure: { line: 9, replay: "when sent byte by byte" } },
        { held: false },
      ],
    });
    expect(two).toMatchObject({ notPlayed: "needs its own tree" });
  });
});
