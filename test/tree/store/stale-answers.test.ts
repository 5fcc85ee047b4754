import { describe, expect, test } from "bun:test";

import type { Milliseconds } from "../../../src/base/units.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { StaleAnswers } from "../../../src/tree/store/stale-answers.ts";
import { MovedClock } from "./stored-tree.ts";

/** The rule, for answers of up to 60 s, over a store that has been silent for so long. */
function staleAnswers(silentMs: number, staleIfError = 60): StaleAnswers {
  return new StaleAnswers({
    client: { silentMs: () => silentMs },
    clock: new MovedClock(),
    scheduler: new EventLoop(),
    limits: { storeOptionalTimeMs: 100 as Milliseconds },
    staleIfError,
  });
}

const failed = (answer: string): boolean => answer === "failed";
const never = async (): Promise<string> => await new Promise<string>(() => undefined);

describe("a stale answer", () => {
  test("may be used while it is young enough", () => {
    const nowMs = performance.now();
    expect(staleAnswers(0).mayBe({ moment: 1, askedMs: nowMs - 59_000 })).toBe(true);
    expect(staleAnswers(0).mayBe({ moment: 1, askedMs: nowMs - 60_000 })).toBe(false);
    expect(staleAnswers(0, 0).mayBe({ moment: 1, askedMs: nowMs })).toBe(false);
    expect([staleAnswers(0).isAllowed, staleAnswers(0, 0).isAllowed]).toEqual([true, false]);
  });

  test("is used for a failure, and for a question that takes too long, and for no other", async () => {
    const stale = staleAnswers(0);
    expect(await stale.inPlaceOf(Promise.resolve("new"), "old", failed)).toBe("new");
    expect(await stale.inPlaceOf(Promise.resolve("failed"), "old", failed)).toBe("old");
    expect(await stale.inPlaceOf(never(), "old", failed)).toBe("old");
  });

  test("isn't waited for when the store has been silent for that time, or isn't asked", async () => {
    const answered = Promise.resolve("new");
    expect(await staleAnswers(99).inPlaceOf(answered, "old", failed)).toBe("new");
    expect(await staleAnswers(100).inPlaceOf(answered, "old", failed)).toBe("old");
    expect(await staleAnswers(Infinity).inPlaceOf(answered, "old", failed)).toBe("old");
  });
});
