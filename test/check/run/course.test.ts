import { describe, expect, test } from "bun:test";

import { Course, hasFailed } from "../../../src/check/run/course.ts";
import type { ScriptOutcome } from "../../../src/check/report/column.ts";
import type { Script } from "../../../src/check/script/script.ts";
import { failed, held, scriptOf } from "../report/sample.ts";

const must = scriptOf("s/a.wire", ["must"]);
const should = scriptOf("s/b.wire", ["should"]);
const last = scriptOf("s/c.wire", ["must"]);
const bad = { kind: "played" as const, phases: [failed], replays: 0 };

describe("a course", () => {
  test("with --bail plays nothing more after a must that failed, a should aside", async () => {
    const course = new Course({ replay: false, bail: true, bounds: {} });
    const outcomes = new Map<Script, ScriptOutcome>();
    for (const script of [should, must, last]) {
      await course.take("play", script, outcomes, () => {
        outcomes.set(script, bad);
        return Promise.resolve();
      });
    }
    expect(outcomes.get(must)).toEqual(bad);
    expect(outcomes.get(last)).toEqual({
      kind: "not-played",
      reason: "a must failed before it, and --bail was given",
    });
  });

  test("doesn't count an outcome that isn't final", async () => {
    const told: string[] = [];
    const progress = {
      planned: () => {},
      began: () => told.push("began"),
      ended: () => told.push("ended"),
      over: () => {},
    };
    const course = new Course({ replay: false, bail: true, bounds: {}, progress });
    const outcomes = new Map<Script, ScriptOutcome>();
    const play = (): Promise<void> => {
      outcomes.set(must, bad);
      return Promise.resolve();
    };
    await course.take("play", must, outcomes, play, () => false);
    expect(told).toEqual(["began"]);
    await course.take("play", must, outcomes, play);
    expect(told).toEqual(["began", "began", "ended"]);
  });

  test("has scripts that measure time apart, and fewer of them at once", async () => {
    const [phase] = scriptOf("s/d.wire", ["must"]).phases;
    if (phase === undefined) throw new Error("no phase");
    const pause = { kind: "pause" as const, line: 1, ms: 5 };
    const pausing = { ...must, phases: [{ ...phase, steps: [pause] }] };
    const seen: [Script, boolean][] = [];
    const course = new Course({ replay: false, bounds: {} });
    await course.inTurn([pausing, should], 32, (script, crowded) => {
      seen.push([script, crowded]);
      return Promise.resolve();
    });
    expect(seen).toEqual([
      [should, true],
      [pausing, false],
    ]);
    expect(course.narrowWidth()).toBe(6);
    expect(new Course({ replay: false, bounds: {}, jobs: 2 }).narrowWidth()).toBe(2);
    expect(new Course({ replay: false, bounds: {}, jobs: 50 }).width(32)).toBe(50);
  });
});

test("an outcome has failed if a phase has", () => {
  expect(hasFailed({ kind: "played", phases: [held, failed], replays: 0 })).toBe(true);
  expect(hasFailed({ kind: "played", phases: [held], replays: 0 })).toBe(false);
  expect(hasFailed({ kind: "not-played", reason: "" })).toBe(false);
  expect(hasFailed(undefined)).toBe(false);
});
