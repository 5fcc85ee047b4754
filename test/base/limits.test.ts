import { describe, expect, test } from "bun:test";

import type { Limits } from "../../src/base/limits.ts";
import { defaultLimits, resolveLimits } from "../../src/base/limits.ts";

const names = Object.keys(defaultLimits) as (keyof Limits)[];

describe("the default limits", () => {
  test("agree with each other", () => {
    // A copy, because the defaults themselves aren't examined.
    expect(resolveLimits({ ...defaultLimits })).toEqual({ ok: true, value: defaultLimits });
    expect(resolveLimits()).toEqual({ ok: true, value: defaultLimits });
  });

  test("take a request line of 8000 octets, as a server should (RFC 9112 §3)", () => {
    expect(Number(defaultLimits.requestLineBytesMax)).toBeGreaterThanOrEqual(8000);
  });

  test("have their unit last in their names, unless they are counts", () => {
    for (const name of names) {
      expect(name).toMatch(/(Bytes|BytesMax|BytesMin|Ms|Max|PerSecondMin)$/);
    }
  });
});

describe("resolveLimits", () => {
  test("puts changes on top of the defaults", () => {
    const result = resolveLimits({ fieldCountMax: 7, idleTimeMs: 1500 });
    expect(result).toEqual({
      ok: true,
      value: { ...defaultLimits, fieldCountMax: 7, idleTimeMs: 1500 } as Limits,
    });
  });

  test("refuses what is no whole number, zero or more", () => {
    for (const value of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(resolveLimits({ emptyLinesMax: value })).toEqual({
        ok: false,
        error: { limit: "emptyLinesMax", expected: "a whole number, zero or more" },
      });
    }
  });

  test("refuses a name that is no limit's", () => {
    const changes: Record<string, number> = { toString: 1 };
    expect(resolveLimits(changes)).toMatchObject({
      ok: false,
      error: { expected: "the name of a limit" },
    });
  });

  const contradictions: readonly (readonly [
    keyof Limits,
    Partial<Record<keyof Limits, number>>,
  ])[] = [
    ["chunkLineBytesMax", { chunkLineBytesMax: 15 }],
    ["chunkLineBytesMax", { chunkLineBytesMax: 100, chunkExtensionsBytesMax: 99 }],
    ["requestLineBytesMax", { requestLineBytesMax: 15 }],
    ["headerSectionBytesMax", { headerSectionBytesMax: 15 }],
    ["fieldCountMax", { fieldCountMax: 0 }],
    ["connectionsPerAddressMax", { connectionsMax: 10, connectionsPerAddressMax: 11 }],
    ["workerLookTimeMs", { workerLookTimeMs: 9 }],
    ["workerSilenceTimeMs", { workerSilenceTimeMs: 999 }],
    ["sendPieceBytes", { sendPieceBytes: 1 }],
    ["passwordChecksAtOnceMax", { passwordChecksAtOnceMax: 0 }],
    ["loginsPerAddressMax", { loginsPerAddressMax: 0 }],
    ["loginAddressesMax", { loginAddressesMax: 0 }],
    ["failedLoginLongestTimeMs", { failedLoginLongestTimeMs: 249 }],
    ["sendBurstBytes", { sendBurstBytes: 65_536 }],
    ["codingAtOnceBytesMax", { codingAtOnceBytesMax: 1_000_000 }],
    ["webSocketFragmentsMax", { webSocketFragmentsMax: 0 }],
    ["workerSteadyTimeMs", { workerSteadyTimeMs: 500 }],
  ];
  test.each(contradictions)("refuses a %s that contradicts another limit", (limit, changes) => {
    expect(resolveLimits(changes)).toMatchObject({ ok: false, error: { limit } });
  });
});
