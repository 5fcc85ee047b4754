import { describe, expect, test } from "bun:test";

import { LoopDelay } from "../../../src/server/operations/loop-delay.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";

/** What a delay has counted: how many looks, and the seconds of delay of all. */
function seen(delay: LoopDelay): { looks: number | undefined; seconds: number } {
  const { samples } = delay.family();
  const sum = samples.find(({ suffix }) => suffix === "_sum")?.value ?? -1;
  return { looks: samples.at(-1)?.value, seconds: Math.round(sum * 1000) / 1000 };
}

describe("the delay of an event loop", () => {
  test("is none while the loop comes in time", () => {
    const clock = new FakeClock();
    const delay = new LoopDelay(clock, clock);
    delay.begin(100);
    clock.advance(1000);
    expect(seen(delay)).toEqual({ looks: 10, seconds: 0 });
  });

  test("is how long after its time a timer rings", () => {
    const clock = new FakeClock();
    const delay = new LoopDelay(clock, clock);
    delay.begin(100);
    clock.stall(350);
    clock.advance(0);
    expect(seen(delay)).toEqual({ looks: 1, seconds: 0.25 });
    clock.advance(100);
    expect(seen(delay)).toEqual({ looks: 2, seconds: 0.25 });
  });

  test("is not looked at before it begins, nor when it has stopped", () => {
    const clock = new FakeClock();
    const delay = new LoopDelay(clock, clock);
    clock.advance(1000);
    delay.begin(100);
    clock.advance(100);
    delay.stop();
    clock.advance(1000);
    expect(seen(delay)).toEqual({ looks: 1, seconds: 0 });
    expect(clock.alarmMs).toBe(Infinity);
  });
});
