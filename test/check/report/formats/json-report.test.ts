import { expect, test } from "bun:test";

import { reportJson } from "../../../../src/check/report/formats/json-report.ts";
import { column, first, second } from "../sample.ts";

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
