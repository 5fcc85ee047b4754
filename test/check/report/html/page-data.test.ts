import { expect, test } from "bun:test";

import { pageData } from "../../../../src/check/report/html/page-data.ts";
import { column, first, second } from "../sample.ts";

test("a cell has its exchange, a failed one what was expected and came, byte for byte", () => {
  const text = pageData([first, second], [column]);
  expect(text).not.toContain("<");
  const data = JSON.parse(text) as { sections: { scripts: object[] }[] };
  expect(data.sections[0]?.scripts[0]).toMatchObject({
    file: "one/first.wire",
    notPlayed: [null],
    phases: [
      { title: "P1", cells: [{ held: true, exchange: [] }] },
      {
        title: "P2",
        strength: "should",
        references: ["RFC 9110 §9"],
        cells: [
          {
            held: false,
            taste: false,
            line: 9,
            expected: "this",
            came: "that <b>",
            replay: "when sent byte by byte",
            diff: [expect.any(String), expect.any(String), expect.any(String), expect.any(String)],
            exchange: ["> GET /<a> HTTP/1.1", ">", "* the server closed the connection"],
          },
        ],
      },
      {},
    ],
  });
  expect(data.sections[1]?.scripts[0]).toMatchObject({
    notPlayed: ["needs its own tree"],
    phases: [{ cells: [null] }],
  });
});
