import { describe, expect, test } from "bun:test";

import { PasswordChecks } from "../../../src/site/auth/password-checks.ts";

/** Verifications that end when a test says so. */
class Runs {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, (isRight: boolean) => void>();

  run(name: string): () => Promise<boolean> {
    return () => {
      this.begun.push(name);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      this.#ends.set(name, resolve);
      return promise;
    };
  }

  async end(name: string, isRight = false): Promise<void> {
    this.#ends.get(name)?.(isRight);
    await Bun.sleep(0);
  }
}

const stays = (): boolean => false;

const limits = { passwordChecksAtOnceMax: 2, passwordChecksWaitingMax: 2 };

describe("passwords", () => {
  test("are verified some at a time, in the order in which they came", async () => {
    const [runs, checks] = [new Runs(), new PasswordChecks(limits)];
    const outcomes = ["a", "b", "c", "d"].map((name) => checks.add(runs.run(name), stays));
    expect(runs.begun).toEqual(["a", "b"]);
    await runs.end("b", true);
    expect(runs.begun).toEqual(["a", "b", "c"]);
    await runs.end("a");
    expect(runs.begun).toEqual(["a", "b", "c", "d"]);
    await runs.end("d", true);
    await runs.end("c");
    const told: (string | undefined)[] = [];
    for (const outcome of outcomes) told.push(await outcome);
    expect(told).toEqual(["wrong", "right", "wrong", "right"]);
  });

  test("find no room when too many wait, and again when one has ended", async () => {
    const [runs, checks] = [new Runs(), new PasswordChecks(limits)];
    for (const name of ["a", "b", "c", "d"]) void checks.add(runs.run(name), stays);
    expect(checks.add(runs.run("e"), stays)).toBeUndefined();
    await runs.end("a");
    expect(checks.add(runs.run("f"), stays)).toBeDefined();
    expect(runs.begun).toEqual(["a", "b", "c"]);
  });

  test("aren't verified when no client waits any more", async () => {
    const [runs, checks] = [new Runs(), new PasswordChecks(limits)];
    for (const name of ["a", "b"]) void checks.add(runs.run(name), stays);
    let hasLeft = false;
    const left = checks.add(runs.run("c"), () => hasLeft);
    const last = checks.add(runs.run("d"), stays);
    hasLeft = true;
    await runs.end("a");
    expect(await left).toBe("abandoned");
    expect(runs.begun).toEqual(["a", "b", "d"]);
    await runs.end("d", true);
    expect(await last).toBe("right");
  });
});
