import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import { readUnits } from "../../../src/cli/config/written-units.ts";

/** The numbers of `config`, or what is wrong. */
function read(config: unknown): unknown {
  const units = readUnits(config);
  return units.ok ? units.value : units.error;
}

describe("a time or a size in a configuration", () => {
  test("is a number, or text as on the command line", () => {
    expect(
      read({
        cache: "1h",
        uploadQuota: "2G",
        limits: { bodyBytesMax: "8M", idleTimeMs: "1.5s", requestsKeptMax: 5 },
        store: { fresh: "5m", staleIfError: 60, region: "1h" },
        host: "1h",
      }),
    ).toEqual({
      cache: 3600,
      uploadQuota: 2 * 2 ** 30,
      limits: { bodyBytesMax: 8 * 2 ** 20, idleTimeMs: 1500, requestsKeptMax: 5 },
      store: { fresh: 300, staleIfError: 60, region: "1h" },
      host: "1h",
    });
    for (const value of [5, null, "1h", ["1h"], {}]) expect(read(value)).toEqual(value);
  });

  test("of each limit that has one is read", () => {
    for (const name of Object.keys(defaultLimits)) {
      const units = [/Ms(?!\w)/, /Bytes(?!\w)|Bytes(?:Max|Min)/].map((unit) => unit.test(name));
      const value = units[0] === true ? "2s" : "2k";
      const number = units[0] === true ? 2000 : 2048;
      const expected = units.includes(true) ? number : value;
      expect([name, read({ limits: { [name]: value } })]).toEqual([
        name,
        { limits: { [name]: expected } },
      ]);
    }
  });

  test("that isn't one is told with its key, and with what may be meant", () => {
    expect(read({ cache: "1.5" })).toBe(
      'cache: expected whole seconds, or a time such as 5m, 1h or 7d, got "1.5"',
    );
    expect(read({ limits: { bodyBytesMax: "8 MiB" } })).toBe(
      'limits.bodyBytesMax: expected a number of bytes, or of k, M or G, got "8 MiB"; write "8M"',
    );
    expect(read({ store: { fresh: "b" } })).toStartWith("store.fresh: expected whole seconds");
  });
});
