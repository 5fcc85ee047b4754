import { describe, expect, test } from "bun:test";

import type { Column } from "../../../src/check/report/column.ts";
import { reportText } from "../../../src/check/report/text-report.ts";
import { column, failed, first, held, scriptOf, second } from "./sample.ts";

const matrix = `\
      a:80
      must  should  may
one    1/1     0/2    -
two      -       -    -
all    1/1     0/2    -
`;

const finding = `\
2 shoulds failed:

FAILED (should) one/first.wire:9
  P2 (RFC 9110 §9)
  | About one/first.wire & "more".
  held uncut, failed when sent byte by byte
  sent
    > GET /<a> HTTP/1.1
    >
    * the server closed the connection
  expected  this
  came      that <b>
    differs at byte 1
    expected  00000000  61 62                                            ab
    came      00000000  61 61                                            aa
                           ^^
  and 1 later should of this script failed:
    one/first.wire:9  P3 (RFC 9110 §9)
`;

const summary = `\
a:80: every must held (1/1), should 0/2, may 0/0, 1 script not played
`;

describe("the text", () => {
  test("has the matrix first, a script's first finding whole, and the summary last", () => {
    expect(reportText([first, second], [column])).toBe(`\
${matrix}
one: 1 script, 1 phase held, 2 FAILED, 5 replays
two: 1 script, 0 phases held, 1 script not played

${finding}
1 script not played against a:80:
  two/second.wire: needs its own tree

${summary}`);
  });

  test("has failures and counts alone where that is asked for", () => {
    expect(reportText([first, second], [column], true)).toBe(`${matrix}\n${finding}\n${summary}`);
  });

  test("says musts before shoulds, whatever their order in the scripts", () => {
    const mixed = scriptOf("s/mixed.wire", ["should", "must"]);
    const outcomes = new Map([
      [mixed, { kind: "played" as const, phases: [failed, failed], replays: 0 }],
    ]);
    const text = reportText([mixed], [{ server: "a:80", outcomes }]);
    expect(text.indexOf("1 must failed:")).toBeLessThan(text.indexOf("1 should failed:"));
    expect(text).toEndWith("a:80: 1 must FAILED (0/1), should 0/1, may 0/0\n");
  });

  test("calls a may that another server does otherwise a difference, and no failure", () => {
    const tastes = scriptOf("s/taste.wire", ["may", "must"]);
    const outcomes = new Map([
      [tastes, { kind: "played" as const, phases: [failed, held], replays: 0 }],
    ]);
    const text = reportText([tastes], [{ server: "a:80", outcomes }]);
    expect(text).toContain("s: 1 script, 1 phase held, 1 differ\n");
    expect(text).toContain("1 may in which a:80 chose otherwise than postern (no failures):");
    expect(text).not.toContain("FAILED");
    const own = reportText([tastes], [{ server: "postern", own: true, outcomes }]);
    expect(own).toContain("FAILED (may) s/taste.wire:9");
  });

  test("does not set a client beside postern, and shows both directions of what passed", () => {
    const client = { ...second, settings: { ...second.settings, client: true as const } };
    const outcomes = new Map([
      [first, { kind: "not-played" as const, reason: "plays the client's part, against a server" }],
      [client, { kind: "played" as const, phases: [failed], replays: 0 }],
    ]);
    const curl: Column = { server: "curl", client: true, outcomes };
    const text = reportText([first, client], [curl]);
    expect(text).toContain("  passed\n    > GET /<a> HTTP/1.1\n");
    expect(text).toContain("1 script not played with curl:\n");
    const tastes = scriptOf("s/taste.wire", ["may"]);
    const may = new Map([[tastes, { kind: "played" as const, phases: [failed], replays: 0 }]]);
    const other = reportText([tastes], [{ ...curl, outcomes: may }]);
    expect(other).toContain("1 may in which curl chose otherwise (no failures):");
  });

  test("says that a server could not be reached", () => {
    const away: Column = { server: "b:80", unreachable: "ECONNREFUSED", outcomes: new Map() };
    const text = reportText([first], [away]);
    expect(text).toContain("\nNOT REACHED b:80: ECONNREFUSED; nothing was played\n");
    expect(text).toEndWith("\nb:80: not reached\n");
  });
});
