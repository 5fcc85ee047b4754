import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import type { FaultOptions } from "../../../src/server/faults/fault-options.ts";
import {
  faultNames,
  kindOf,
  readRuleOptions,
  unknownName,
} from "../../../src/server/faults/fault-options.ts";

const read = (given: Record<string, unknown>): unknown => {
  const result = readRuleOptions(given, defaultLimits);
  return result.ok ? result.value : result.error;
};

test("the type of faults follows from the table", () => {
  const right: FaultOptions = { latencyMs: 1, by: "fin", statuses: [503], bareLf: true, date: "" };
  expect(faultNames(right)).toEqual(["statuses", "latencyMs", "bareLf", "date"]);
  // @ts-expect-error: a typo is no fault
  const typo: FaultOptions = { latncyMs: 1 };
  // @ts-expect-error: nor is another value
  const wrong: FaultOptions = { by: "rst" };
  expect([read({ ...typo }), read({ ...wrong })]).toEqual([
    'no fault is called "latncyMs"; did you mean "latencyMs"?',
    'by must be one of fin, reset, not "rst"',
  ]);
});

test.each([
  ["headDelayMs", "latencyMs"],
  ["delayMs", "latencyMs"],
  ["delay", "latencyMs"],
  ["cutafter", "cutAfterBytes"],
  ["bodyLat", "bodyLatencyMs"],
])("%s is told to be %s", (name, meant) => {
  expect(unknownName(name)).toBe(`no fault is called "${name}"; did you mean "${meant}"?`);
});

test("a name that is like none is told nothing", () => {
  for (const name of ["relay", "cut", "bodiless"]) {
    expect(unknownName(name)).toBe(`no fault is called "${name}"`);
  }
});

describe("what a rule is given", () => {
  test("is taken when it is right; what is undefined or false is left out", () => {
    const given = { latencyMs: 1, bareLf: false, headBytes: undefined, probability: 0.5, seed: 3 };
    expect(read(given)).toEqual({ latencyMs: 1, probability: 0.5, seed: 3 });
  });

  test.each<readonly [given: Record<string, unknown>, error: string]>([
    [{}, "no fault is given"],
    [{ probability: 0.5 }, "no fault is given"],
    [{ bareLf: false }, "no fault is given"],
    [{ latencyMs: "1" }, 'latencyMs must be a whole number of milliseconds from 0 on up to 600000 (limits.faultWaitTimeMs), not "1"'], // prettier-ignore
    [{ latencyMs: 1n }, "latencyMs must be a whole number of milliseconds from 0 on up to 600000 (limits.faultWaitTimeMs), not 1"], // prettier-ignore
    [{ latencyMs: () => 1 }, "latencyMs must be a whole number of milliseconds from 0 on up to 600000 (limits.faultWaitTimeMs), not function"], // prettier-ignore
    [{ latencyMs: 1, probability: 0 }, "probability must be a number above 0, up to 1, not 0"],
    [{ times: 0, latencyMs: 1 }, "times must be a whole number of requests from 1 on, not 0"],
    [{ toString: 1 }, 'no fault is called "toString"'],
    [{ jitterMs: 1 }, "jitterMs needs latencyMs"],
    [{ stallMs: 1 }, "stallMs needs stallAfterBytes"],
    [{ retryAfter: 1 }, "retryAfter needs statuses"],
    [{ by: "fin", latencyMs: 1 }, "by needs garbageHead or cutHeadAfterBytes or contentLength or chunk or cutAfterBytes or keepAliveClose"], // prettier-ignore
    [{ garbageHead: 1, bareLf: true }, "garbageHead contradicts bareLf"],
    [{ chunk: "missing", contentLength: 1 }, "contentLength contradicts chunk"],
    [{ cutAfterBytes: 1, cutHeadAfterBytes: 1 }, "cutAfterBytes contradicts cutHeadAfterBytes"],
    [{ cutAfterBytes: 1, stallAfterBytes: 2, stallMs: 1 }, "stallAfterBytes is never reached: cutAfterBytes is less"], // prettier-ignore
    [{ cutAfterBytes: 2, stallAfterBytes: 1 }, "cutAfterBytes is never reached: stallAfterBytes without stallMs has no end"], // prettier-ignore
  ])("%p is refused", (given, error) => {
    expect(read(given)).toBe(error);
  });

  test("may combine what doesn't contradict", () => {
    const all = { latencyMs: 1, jitterMs: 2, stallAfterBytes: 1, stallMs: 1, cutAfterBytes: 2, by: "reset" }; // prettier-ignore
    expect(read(all)).toEqual(all);
  });
});

test("names are those of the table, and how often", () => {
  expect(kindOf("latencyMs")?.placeholder).toBe("MS");
  expect(kindOf("seed")?.placeholder).toBe("N");
  expect(kindOf("constructor")).toBeUndefined();
  expect(unknownName("methods", ["method"])).toBe(
    'no fault is called "methods"; did you mean "method"?',
  );
});
