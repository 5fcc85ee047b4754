/** Two scripts and their outcomes against a server, for the tests of all reports. */

import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import type { PhaseOutcome } from "../../../src/check/blame/outcome.ts";
import type { Column } from "../../../src/check/report/column.ts";
import type { Script, Strength } from "../../../src/check/script/script.ts";

/** A script with a phase of each of these strengths. */
export function scriptOf(file: string, strengths: readonly Strength[]): Script {
  const settings = {
    serverArguments: [],
    limits: {},
    hosts: [],
    needs: [],
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
  const prose = new Map([[0, [`About ${file} & "more".`]]]);
  return { file, title: file, tree: [], settings, phases, prose };
}

export const held: PhaseOutcome = { kind: "held" };
export const failed: PhaseOutcome = {
  kind: "failed",
  failure: {
    line: 9,
    expected: "this",
    came: "that <b>",
    difference: { expected: latin1Bytes("ab"), came: latin1Bytes("aa") },
  },
  exchange: [
    {
      kind: "bytes",
      connection: "main",
      from: "client",
      octets: latin1Bytes("GET /<a> HTTP/1.1\r\n\r\n"),
      byteCount: 21,
    },
    { kind: "event", connection: "main", text: "the server closed the connection" },
  ],
  replay: "when sent byte by byte",
};
export const first = scriptOf("one/first.wire", ["must", "should", "should"]);
export const second = scriptOf("two/second.wire", ["must"]);
export const column: Column = {
  server: "a:80",
  outcomes: new Map([
    [first, { kind: "played", phases: [held, failed, failed], replays: 5 }],
    [second, { kind: "not-played", reason: "needs its own tree" }],
  ]),
};
