import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { FailedLogins } from "../../../src/site/auth/failed-logins.ts";
import { Logins } from "../../../src/site/auth/logins.ts";
import { PasswordChecks } from "../../../src/site/auth/password-checks.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { FakeScheduler } from "../../schedule/fake-scheduler.ts";

const limits = { ...defaultLimits, loginsPerAddressMax: 2, passwordChecksWaitingMax: 1 };

function open(): { clock: FakeClock; logins: Logins } {
  const clock = new FakeClock();
  const scheduler = Object.assign(new FakeScheduler(), { alarm: () => clock });
  const failed = new FailedLogins(limits, clock, scheduler);
  return { clock, logins: new Logins(failed, new PasswordChecks(limits)) };
}

const stays = (): boolean => false;
const right = (): Promise<boolean> => Promise.resolve(true);
const never = (): Promise<boolean> => Promise.withResolvers<boolean>().promise;

describe("logins with the same credentials", () => {
  test("are verified once, from whatever address, and have one outcome", async () => {
    const { logins } = open();
    let runs = 0;
    const run = (): Promise<boolean> => Promise.resolve(++runs === 1);
    const outcomes = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"].map((address) =>
      logins.verify("a", address, run, stays),
    );
    for (const outcome of outcomes) expect(await outcome).toBe("right");
    expect(runs).toBe(1);
    expect(await logins.verify("b", "192.0.2.1", () => Promise.resolve(true), stays)).toBe("right");
  });

  test("share the time for which a wrong one is held back", async () => {
    const { clock, logins } = open();
    const told: string[] = [];
    const first = logins.verify("a", "192.0.2.1", () => Promise.resolve(false), stays);
    void first?.then((outcome) => told.push(outcome));
    await Bun.sleep(0);
    const second = logins.verify("a", "192.0.2.2", never, stays);
    void second?.then((outcome) => told.push(outcome));
    await Bun.sleep(0);
    expect(told).toEqual([]);
    clock.advance(limits.failedLoginTimeMs);
    await Bun.sleep(0);
    expect(told).toEqual(["wrong", "wrong"]);
  });

  test("are abandoned only when all of their clients have left", async () => {
    const { logins } = open();
    const ends: ((isRight: boolean) => void)[] = [];
    const busy = (): Promise<boolean> => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      ends.push(resolve);
      return promise;
    };
    for (const i of [1, 2]) void logins.verify(`busy ${i}`, `192.0.2.${i}`, busy, stays);
    const left = logins.verify("a", "192.0.2.3", right, () => true);
    const stayed = logins.verify("a", "192.0.2.3", right, stays);
    ends[0]?.(false);
    expect([await left, await stayed]).toEqual(["right", "right"]);
  });
});

describe("a login", () => {
  test("is turned away when its address has too many under way", () => {
    const { logins } = open();
    for (const key of ["a", "b"]) {
      expect(logins.verify(key, "192.0.2.1", never, stays)).toBeDefined();
    }
    expect(logins.verify("c", "192.0.2.1", never, stays)).toBeUndefined();
    expect(logins.verify("a", "192.0.2.1", never, stays)).toBeDefined();
  });

  test("is turned away when too many wait, and doesn't count for its address then", async () => {
    const { logins } = open();
    for (const i of [1, 2, 3]) {
      expect(logins.verify(`${i}`, `192.0.2.${i}`, never, stays)).toBeDefined();
    }
    for (let i = 0; i < 5; i++) {
      expect(logins.verify("d", "192.0.2.4", never, stays)).toBeUndefined();
    }
  });
});
