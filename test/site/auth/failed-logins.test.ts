import { describe, expect, test } from "bun:test";

import type { Limits } from "../../../src/base/limits.ts";
import { resolveLimits } from "../../../src/base/limits.ts";
import { addressKey, FailedLogins } from "../../../src/site/auth/failed-logins.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { FakeScheduler } from "../../schedule/fake-scheduler.ts";

const changed: Partial<Record<keyof Limits, number>> = {
  loginsPerAddressMax: 2,
  loginAddressesMax: 3,
  failedLoginTimeMs: 100,
  failedLoginLongestTimeMs: 350,
  failedLoginKeptTimeMs: 1000,
};

/** A clock, and logins whose answers are held back by an alarm that it rings. */
function open(changes: typeof changed = {}): { clock: FakeClock; logins: FailedLogins } {
  const clock = new FakeClock();
  const scheduler = Object.assign(new FakeScheduler(), { alarm: () => clock });
  const limits = resolveLimits({ ...changed, ...changes });
  if (!limits.ok) throw new Error(limits.error.limit);
  return { clock, logins: new FailedLogins(limits.value, clock, scheduler) };
}

/** How long the answer to one more wrong password of `address` is held back. */
async function heldMs(
  { clock, logins }: ReturnType<typeof open>,
  address = "192.0.2.1",
): Promise<number> {
  const failed = logins.begin(address)?.failed();
  const since = clock.monotonicMs();
  const until = clock.alarmMs;
  clock.advance(until - since);
  await failed;
  return until - since;
}

describe("an address", () => {
  test("is IPv4 as it is, also mapped to IPv6", () => {
    expect(addressKey("192.0.2.1")).toBe("192.0.2.1");
    expect(addressKey("::ffff:192.0.2.1")).toBe("192.0.2.1");
    expect(addressKey("::FFFF:192.0.2.1")).toBe("192.0.2.1");
  });

  test("is the first half of IPv6, however it is spelled", () => {
    expect(addressKey("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
    expect(addressKey("2001:db8:1:2::1")).toBe("2001:db8:1:2");
    expect(addressKey("2001:0DB8:1:2::")).toBe("2001:db8:1:2");
    expect(addressKey("2001:db8::1:2:3")).toBe("2001:db8:0:0");
    expect(addressKey("fe80::1%eth0")).toBe("fe80:0:0:0");
    expect(addressKey("::1")).toBe("0:0:0:0");
    expect(addressKey("")).toBe("");
  });

  test("is a Unix socket for all of its clients", () => {
    expect(addressKey("unix:")).toBe("unix:");
  });

  test("waits twice as long after each wrong password, up to a bound", async () => {
    const opened = open();
    const held: number[] = [];
    for (let i = 0; i < 4; i++) held.push(await heldMs(opened));
    expect(held).toEqual([100, 200, 350, 350]);
    expect(await heldMs(opened, "192.0.2.2")).toBe(100);
  });

  test("begins anew when it has made no mistake for a while", async () => {
    const opened = open();
    for (let i = 0; i < 3; i++) await heldMs(opened);
    opened.clock.advance(1000);
    expect(await heldMs(opened)).toBe(100);
  });

  test("has only so many logins under way, those that are held back among them", async () => {
    const { clock, logins } = open();
    const first = logins.begin("192.0.2.1");
    const second = logins.begin("192.0.2.1");
    expect(logins.begin("192.0.2.1")).toBeUndefined();
    expect(logins.begin("192.0.2.2")).toBeDefined();
    first?.done();
    const failed = second?.failed();
    expect(logins.begin("192.0.2.1")).toBeDefined();
    expect(logins.begin("192.0.2.1")).toBeUndefined();
    clock.advance(100);
    await failed;
    expect(logins.begin("192.0.2.1")).toBeDefined();
  });

  test("isn't kept for logins that were right", () => {
    const { logins } = open();
    for (let i = 0; i < 10; i++) logins.begin(`192.0.2.${i}`)?.done();
    expect(logins.size).toBe(0);
  });

  test("waits for nothing where the limit is 0", async () => {
    const { logins } = open({ failedLoginTimeMs: 0 });
    await logins.begin("192.0.2.1")?.failed();
    await logins.begin("192.0.2.1")?.failed();
    expect(logins.size).toBe(1);
  });
});

describe("many addresses", () => {
  test("are bounded: the first without a login under way is forgotten", async () => {
    const opened = open();
    for (const last of [1, 2, 3]) expect(await heldMs(opened, `192.0.2.${last}`)).toBe(100);
    expect(opened.logins.begin("192.0.2.1")).toBeDefined();
    expect(await heldMs(opened, "192.0.2.4")).toBe(100);
    expect(opened.logins.size).toBe(3);
    // The second was forgotten, the third was not.
    expect(await heldMs(opened, "192.0.2.3")).toBe(200);
  });

  test("find no room while all have logins under way", () => {
    const { logins } = open();
    for (const last of [1, 2, 3]) logins.begin(`192.0.2.${last}`);
    expect(logins.begin("192.0.2.4")).toBeUndefined();
    expect(logins.begin("192.0.2.3")).toBeDefined();
  });
});
