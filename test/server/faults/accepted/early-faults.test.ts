import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../../src/base/limits.ts";
import { EarlyFaults } from "../../../../src/server/faults/accepted/early-faults.ts";
import type { RuleOptions } from "../../../../src/server/faults/fault-options.ts";
import { Rule } from "../../../../src/server/faults/fault-rules.ts";
import type { TlsSetting } from "../../../../src/server/serve-options.ts";

const rule = (options: RuleOptions, isAdded = false): Rule => new Rule("*", "/*", options, isAdded);

/** Which flaws were asked for, and for which setting. */
type Kept = readonly [flaws: readonly string[], setting: TlsSetting | undefined];

function early(kept: Kept[] = []): EarlyFaults {
  const tls = {
    keepFlaws: (flaws: readonly string[], setting?: TlsSetting) => void kept.push([flaws, setting]),
  };
  return new EarlyFaults(
    () => defaultLimits,
    () => tls,
  );
}

describe("the faults of connections", () => {
  test("are drawn for each one, by the first rule that isn't over", () => {
    const faults = early();
    expect(faults.next()).toBeUndefined();
    faults.replace([rule({ closeAtAccept: "fin", times: 1 }), rule({ acceptAfterMs: 5 })]);
    expect(faults.next()?.close).toBe("fin");
    expect(faults.next()?.close).toBeUndefined();
    expect(Number(faults.next()?.waitMs)).toBe(5);
  });

  test("of code outlast those of a configuration", () => {
    const faults = early();
    const added = rule({ closeAtAccept: "reset" }, true);
    faults.replace([rule({ closeAtAccept: "fin" })]);
    faults.add(added);
    expect([faults.count, faults.next()?.close]).toEqual([2, "reset"]);
    faults.replace([]);
    expect([faults.count, faults.next()?.close]).toEqual([1, "reset"]);
    faults.remove(added);
    expect([faults.count, faults.next()]).toEqual([0, undefined]);
  });

  test("have each certificate made that one of them shows, by the setting to come", () => {
    const kept: Kept[] = [];
    const faults = early(kept);
    faults.replace([rule({ certificate: "expired" }), rule({ certificate: "expired" })], "local");
    faults.add(rule({ certificate: "wrong-name" }, true));
    faults.replace([], false);
    expect(kept).toEqual([
      [["expired"], "local"],
      [["wrong-name", "expired"], undefined],
      [["wrong-name"], undefined],
    ]);
  });

  test("of a handshake are refused without TLS, and nothing is changed", () => {
    const faults = new EarlyFaults(
      () => defaultLimits,
      () => undefined,
    );
    faults.replace([rule({ acceptAfterMs: 5 })]);
    expect(() => faults.replace([rule({ certificate: "expired" })])).toThrow(
      "certificate happens in a handshake, so it needs TLS",
    );
    expect(() => faults.add(rule({ cutHandshake: "fin" }, true))).toThrow("so it needs TLS");
    expect([faults.count, Number(faults.next()?.waitMs)]).toEqual([1, 5]);
  });
});
