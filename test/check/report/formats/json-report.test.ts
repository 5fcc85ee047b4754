import { expect, test } from "bun:test";

import { reportJson } from "../../../../src/check/report/formats/json-report.ts";
import { column, failed, first, held, second } from "../sample.ts";

test("the JSON has each phase with its failure, and why a script was not played", () => {
  const report = JSON.parse(reportJson([first, second], [column], 1)) as {
    servers: { scripts: object[] }[];
  };
  const [one, two] = report.servers[0]?.scripts ?? [];
  expect(one).toMatchObject({
    section: "one",
    phases: [
      { held: true },
      {
        held: false,
        failure: {
          line: 9,
          replay: "when sent byte by byte",
          diff: ["differs at byte 1", expect.any(String), expect.any(String), expect.any(String)],
        },
        prose: ['About one/first.wire & "more".'],
        exchange: ["> GET /<a> HTTP/1.1", ">", "* the server closed the connection"],
      },
      { held: false },
    ],
  });
  expect(two).toMatchObject({ notPlayed: "needs its own tree" });
});

test("it has the reason of each phase that was not played, and of the end of a server", () => {
  const reason = "the phase before, which it continues, did not hold";
  const phases = [held, failed, { kind: "not-played", reason }] as const;
  const outcomes = new Map([[first, { kind: "played" as const, phases, replays: 0 }]]);
  const gone = {
    error: "answers nothing any more since a.wire:3",
    during: [],
    hangs: true,
  } as const;
  const report = JSON.parse(reportJson([first], [{ server: "a:80", outcomes, gone }], 2)) as {
    servers: { scripts: object[] }[];
  };
  expect(report.servers[0]).toMatchObject({ gone });
  expect(report.servers[0]?.scripts[0]).toMatchObject({
    phases: [{ held: true }, { held: false }, { held: false, notPlayed: reason }],
  });
});
