import { describe, expect, test } from "bun:test";

import type { ProbeOutcome } from "../../../../src/tree/store/client/store-probe.ts";
import { StoreProbe } from "../../../../src/tree/store/client/store-probe.ts";

const listOf = (...keys: readonly string[]): string =>
  `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join("")}</ListBucketResult>`;

/** A probe, what it has asked for, and the statuses that it gets; 0 for a failure. */
class Probed {
  readonly asked: string[] = [];
  failure: "failed" | "silent" = "failed";
  statusOf: (key: string) => number = () => 200;
  list = listOf();
  readonly probe = new StoreProbe(({ method, key, query }) => {
    const prefix = query?.find(([name]) => name === "prefix")?.[1];
    this.asked.push(key === "" ? `list ${prefix}` : `${method} ${key}`);
    const status = this.statusOf(key);
    const content = new TextEncoder().encode(key === "" ? this.list : "");
    return Promise.resolve(status === 0 ? this.failure : { isOk: status === 200, content });
  }, "site/");

  /** What the probe says so many times, and what it asked for. */
  async told(times = 1): Promise<{ said: ProbeOutcome[]; asked: string[] }> {
    const said: ProbeOutcome[] = [];
    for (let i = 0; i < times; i++) said.push(await this.probe.look());
    return { said, asked: this.asked.splice(0) };
  }
}

describe("a probe", () => {
  test("asks for keys that were there, one after the other", async () => {
    const probed = new Probed();
    for (const key of ["a", "b", "a", "b"]) probed.probe.saw(key);
    expect(await probed.told(3)).toEqual({
      said: ["there", "there", "there"],
      asked: ["HEAD a", "HEAD b", "HEAD a"],
    });
  });

  test("remembers the latest eight", async () => {
    const probed = new Probed();
    for (let i = 0; i < 20; i++) probed.probe.saw(`${i}`);
    const { asked } = await probed.told(9);
    expect(asked).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 12].map((i) => `HEAD ${i}`));
  });

  test("says that the store fails, and asks for the key again in its turn", async () => {
    const probed = new Probed();
    probed.probe.saw("a");
    probed.probe.saw("b");
    probed.statusOf = (key) => (key === "a" ? 0 : 200);
    expect(await probed.told(3)).toEqual({
      said: ["failed", "there", "failed"],
      asked: ["HEAD a", "HEAD b", "HEAD a"],
    });
  });

  test("says that the store is silent, of what it knows and of what a list would name", async () => {
    const probed = new Probed();
    probed.failure = "silent";
    probed.statusOf = () => 0;
    expect(await probed.told()).toEqual({ said: ["silent"], asked: ["list site/"] });
    probed.probe.saw("a");
    expect(await probed.told(2)).toEqual({
      said: ["silent", "silent"],
      asked: ["HEAD a", "HEAD a"],
    });
  });

  test("forgets a key that is gone, which the store has answered all the same", async () => {
    const probed = new Probed();
    probed.probe.saw("a");
    probed.statusOf = (key) => (key === "a" ? 404 : 200);
    expect(await probed.told(2)).toEqual({
      said: ["there", "there"],
      asked: ["HEAD a", "list site/"],
    });
  });

  test("without a key takes the first of a list", async () => {
    const probed = new Probed();
    probed.list = listOf("site/a");
    expect(await probed.told(2)).toEqual({
      said: ["there", "there"],
      asked: ["list site/", "HEAD site/a", "HEAD site/a"],
    });
    const failing = new Probed();
    failing.list = listOf("site/a");
    failing.statusOf = (key) => (key === "" ? 200 : 0);
    expect(await failing.told(1)).toEqual({
      said: ["failed"],
      asked: ["list site/", "HEAD site/a"],
    });
  });

  test("of a store that has nothing, or doesn't tell, is that it answers", async () => {
    const probed = new Probed();
    expect(await probed.told()).toEqual({ said: ["there"], asked: ["list site/"] });
    probed.statusOf = () => 403;
    expect(await probed.told()).toEqual({ said: ["there"], asked: ["list site/"] });
    probed.statusOf = () => 0;
    expect(await probed.told()).toEqual({ said: ["failed"], asked: ["list site/"] });
  });
});
