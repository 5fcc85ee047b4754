import { describe, expect, test } from "bun:test";

import { cases } from "../../bench/cases.ts";
import type { Goal } from "../../bench/goals.ts";
import { boundText, goals, judge, nameOf } from "../../bench/goals.ts";
import type { Measure, Row } from "../../bench/measures.ts";
import { peers } from "../../bench/peers.ts";
import { probes } from "../../bench/probes.ts";

function row(name: string, server: string, measure: Measure, values: readonly number[]): Row {
  return { case: name, server, outcome: { kind: "measured", figures: { [measure]: values } } };
}

const own = { case: "1k", server: "postern", measure: "cpu" } as const;
const h2o = { ...own, server: "h2o" };
const lighttpd = { ...own, server: "lighttpd" };
const least: Goal = {
  figure: own,
  against: { kind: "least", of: [h2o, lighttpd] },
  relation: "≤",
  bound: 0.95,
};
const sum: Goal = { ...least, against: { kind: "sum", of: [h2o, lighttpd] } };

describe("a goal", () => {
  test("beside the least of several is a ratio of medians", () => {
    const rows = [
      row("1k", "postern", "cpu", [9, 8, 100]),
      row("1k", "h2o", "cpu", [10]),
      row("1k", "lighttpd", "cpu", [12]),
    ];
    expect(judge(least, rows)).toMatchObject({ value: 9, other: 10, compared: 0.9, isMet: true });
    expect(judge({ ...least, bound: 0.85 }, rows).isMet).toBe(false);
  });

  test("beside a sum needs all of it, beside the least of several one of them", () => {
    const rows = [row("1k", "postern", "cpu", [11]), row("1k", "h2o", "cpu", [10])];
    expect(judge(least, rows)).toMatchObject({ other: 10, isMet: false });
    expect(judge(sum, rows)).toMatchObject({ other: undefined, isMet: undefined });
    const all = [...rows, row("1k", "lighttpd", "cpu", [12])];
    expect(judge(sum, all)).toMatchObject({ other: 22, compared: 0.5, isMet: true });
  });

  test("without a number of postern's is neither met nor missed", () => {
    expect(judge(least, [row("1k", "h2o", "cpu", [10])]).isMet).toBeUndefined();
  });

  test("below a bound excludes it, at most and at least include it", () => {
    const rows = [row("1k", "postern", "cpu", [10]), row("1k", "h2o", "cpu", [10])];
    const even: Goal = { ...least, bound: 1 };
    expect(judge(even, rows).isMet).toBe(true);
    expect(judge({ ...even, relation: "<" }, rows).isMet).toBe(false);
    expect(judge({ ...even, relation: "≥" }, rows).isMet).toBe(true);
  });

  test("says its bound with a unit, or as a ratio", () => {
    expect(boundText(least)).toBe("≤ 0.95×");
    const start: Goal = {
      figure: { case: "start", server: "postern", measure: "firstAnswer" },
      relation: "≤",
      bound: 25,
    };
    expect(boundText(start)).toBe("≤ 25 ms");
  });

  test("says what it is beside", () => {
    expect(nameOf({ kind: "least", of: [h2o] }, own)).toBe("h2o");
    expect(nameOf({ kind: "least", of: [h2o, lighttpd] }, own)).toBe("the least of h2o, lighttpd");
    expect(nameOf({ kind: "sum", of: [h2o, lighttpd] }, own)).toBe("h2o + lighttpd");
    expect(nameOf({ kind: "least", of: [own] }, { ...own, case: "304" })).toBe("its own 1k");
  });
});

describe("the goals", () => {
  test("are about cases that there are, and servers that take part in them", () => {
    const asked = new Map([...cases, ...probes].map(({ name, servers }) => [name, servers]));
    const known = peers.map(({ name }) => name);
    for (const { figure, against } of goals) {
      for (const each of [figure, ...(against?.of ?? [])]) {
        const servers = [...(asked.get(each.case) ?? []), "postern, 2 workers"];
        expect({ ...each, takesPart: servers.includes(each.server) }).toMatchObject({
          takesPart: true,
        });
        expect([...known, "postern, 2 workers"]).toContain(each.server);
      }
    }
  });

  test("cover every case", () => {
    const covered = new Set(goals.map(({ figure }) => figure.case));
    const missing = [...cases, ...probes].filter(({ name }) => !covered.has(name));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});
