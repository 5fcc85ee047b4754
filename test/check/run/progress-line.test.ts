import { describe, expect, test } from "bun:test";

import { ProgressLine } from "../../../src/check/run/progress-line.ts";
import { failed, held, scriptOf } from "../report/sample.ts";

const good = { kind: "played" as const, phases: [held], replays: 0 };
const bad = { kind: "played" as const, phases: [failed], replays: 0 };
const script = scriptOf("s/a.wire", ["must"]);

function screenOf(columns?: number) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const width = columns === undefined ? {} : { columns };
  const line = new ProgressLine({
    write: (text) => written.push(text),
    nowMs: () => clock.ms,
    ...width,
  });
  return { written, clock, line };
}

describe("in a log", () => {
  test("each tenth of the way and each script that failed is a plain line", () => {
    const { written, clock, line } = screenOf();
    line.planned({ play: 20, replay: 0 });
    for (let i = 0; i < 20; i++) {
      line.began("play", script);
      clock.ms += 1000;
      line.ended("play", script, i === 4 ? bad : good);
    }
    line.over();
    expect(written).toHaveLength(10);
    expect(written[0]).toBe("played 2 of 20, 0 failed, about 18 s left\n");
    expect(written[2]).toBe("failed (must) s/a.wire:9: P1\n");
    expect(written[3]).toBe("played 6 of 20, 1 failed, about 14 s left\n");
    expect(written.join("")).not.toContain("\u{1b}");
  });

  test("replays are counted apart, and the time left is unknown until the first is over", () => {
    const { written, clock, line } = screenOf();
    line.planned({ play: 1, replay: 2 });
    line.ended("play", script, good);
    clock.ms += 3000;
    line.ended("replay", script, good);
    expect(written).toEqual([
      "played 1 of 1, 0 failed\n",
      "played 1 of 1, replayed 1 of 2, 0 failed, about 3 s left\n",
    ]);
  });

  test("a may that did not hold is not told, and a script that failed only once", () => {
    const { written, line } = screenOf();
    const taste = scriptOf("s/b.wire", ["may"]);
    line.planned({ play: 2, replay: 2 });
    line.ended("play", taste, bad);
    line.ended("play", script, bad);
    line.ended("replay", script, bad);
    expect(written.filter((text) => text.startsWith("failed"))).toHaveLength(1);
  });
});

describe("on a terminal", () => {
  test("one line is written over, no longer than the terminal, and erased in the end", () => {
    const { written, clock, line } = screenOf(30);
    line.planned({ play: 2, replay: 0 });
    line.began("play", script);
    expect(written).toEqual(["\r\u{1b}[Kplayed 0 of 2, 0 failed  s/a."]);
    line.began("play", script);
    expect(written).toHaveLength(1);
    clock.ms += 500;
    line.ended("play", script, bad);
    expect(written[1]).toBe("\r\u{1b}[Kfailed (must) s/a.wire:9: P1\n");
    expect(written[2]).toStartWith("\r\u{1b}[Kplayed 1 of 2, 1 failed, ");
    line.over();
    expect(written.at(-1)).toBe("\r\u{1b}[K");
  });
});
