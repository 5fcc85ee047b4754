import { expect, test } from "bun:test";

import { departed, totals } from "../../../src/check/report/totals.ts";
import { column, first, held, scriptOf, second } from "./sample.ts";

test("phases are counted, and a departure as one more", () => {
  expect(totals([first, second], column)).toEqual({
    must: { held: 1, played: 1 },
    should: { held: 0, played: 2 },
    may: { held: 0, played: 0 },
  });
  const script = scriptOf("s/a.wire", ["may", "may"]);
  const phases = [{ ...held, dateless: [3] }, { kind: "not-played", reason: "" } as const];
  const outcomes = new Map([[script, { kind: "played" as const, phases, replays: 0 }]]);
  const dateless = { server: "a:80", outcomes };
  expect(departed([script], dateless).must).toEqual({ held: 0, played: 1 });
  expect(totals([script], dateless)).toEqual({
    must: { held: 0, played: 1 },
    should: { held: 0, played: 0 },
    may: { held: 1, played: 1 },
  });
});
