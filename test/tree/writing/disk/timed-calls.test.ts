import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";

import type { WritingCalls, WrittenFile } from "../../../../src/system/writing/writing-calls.ts";
import { writingCalls } from "../../../../src/system/writing/writing-calls.ts";
import { timedCalls } from "../../../../src/tree/writing/disk/timed-calls.ts";
import { TempSite } from "../../../temp-site.ts";
import { Alarms } from "./fake-alarms.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());

const never = new Promise<never>(() => undefined);
const stuckFile: WrittenFile = {
  write: () => never,
  sync: () => never,
  finish: () => never,
  close: () => Promise.resolve(),
};
const stuck: WritingCalls = {
  ...writingCalls,
  create: () => Promise.resolve({ ok: true, value: stuckFile }),
  renameNew: () => never,
  remove: () => never,
  makeFolder: () => never,
  syncFolder: () => never,
  freeBytes: () => never,
  names: () => never,
  isAbandoned: () => never,
};

/** What `made` came to by now; "nothing" if it still waits. */
async function now(made: Promise<unknown>): Promise<unknown> {
  return Promise.race([made, Bun.sleep(1).then(() => "nothing")]);
}

describe("a call that takes too long is answered for", () => {
  test.each<
    readonly [name: string, call: (calls: WritingCalls) => Promise<unknown>, late: unknown]
  >([
    ["write", (calls) => fileOf(calls).then((f) => f.write(new Uint8Array(1))), "ETIMEDOUT"],
    ["sync", (calls) => fileOf(calls).then((file) => file.sync()), "ETIMEDOUT"],
    ["finish", (calls) => fileOf(calls).then((file) => file.finish(0o600)), "ETIMEDOUT"],
    ["names", (calls) => calls.names("/"), { ok: false, error: "ETIMEDOUT" }],
    ["renameNew", (calls) => calls.renameNew("a", "b"), "EINPROGRESS"],
    ["remove", (calls) => calls.remove("a"), "EINPROGRESS"],
    ["makeFolder", (calls) => calls.makeFolder("a", 0o700), "EINPROGRESS"],
    ["syncFolder", (calls) => calls.syncFolder("a"), "EINPROGRESS"],
    ["freeBytes", (calls) => calls.freeBytes("a"), undefined],
    ["isAbandoned", (calls) => calls.isAbandoned("a", 0), false],
  ])("%s", async (_name, call, late) => {
    const alarms = new Alarms();
    const made = call(timedCalls(stuck, alarms, 1000));
    expect(await now(made)).toBe("nothing");
    alarms.advance(999);
    expect(await now(made)).toBe("nothing");
    alarms.advance(1);
    expect(await made).toEqual(late);
  });
});

async function fileOf(calls: WritingCalls): Promise<WrittenFile> {
  const file = await calls.create(site.at("a"));
  if (!file.ok) throw new Error(file.error);
  return file.value;
}

test("a file is closed when its last call has ended, however long its writer waits", async () => {
  const alarms = new Alarms();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let isClosed = false;
  const file: WrittenFile = {
    ...stuckFile,
    write: () => promise,
    close: () => {
      isClosed = true;
      return Promise.resolve();
    },
  };
  const create = (): Promise<{ ok: true; value: WrittenFile }> =>
    Promise.resolve({ ok: true, value: file });
  const timed = await fileOf(timedCalls({ ...stuck, create }, alarms, 1000));
  const written = timed.write(new Uint8Array(1));
  alarms.advance(1000);
  expect(await written).toBe("ETIMEDOUT");
  const closed = timed.close();
  await Bun.sleep(1);
  alarms.advance(1000);
  await closed;
  expect(isClosed).toBe(false);
  resolve(undefined);
  await Bun.sleep(1);
  expect(isClosed).toBe(true);
});

test("a file that is created too late is removed", async () => {
  const alarms = new Alarms();
  const { promise, resolve } = Promise.withResolvers<void>();
  const create: WritingCalls["create"] = async (path) => {
    await promise;
    return writingCalls.create(path);
  };
  const removed = Promise.withResolvers<string | undefined>();
  const remove: WritingCalls["remove"] = async (path) => {
    const error = await writingCalls.remove(path);
    removed.resolve(error);
    return error;
  };
  const calls = timedCalls({ ...writingCalls, create, remove }, alarms, 1000);
  const created = calls.create(site.at("late"));
  alarms.advance(1000);
  expect(await created).toEqual({ ok: false, error: "ETIMEDOUT" });
  resolve();
  expect(await removed.promise).toBeUndefined();
  expect(readdirSync(site.root)).toEqual([]);
});

test("a call that is done in time leaves no alarm, and passes its errors on", async () => {
  const alarms = new Alarms();
  const calls = timedCalls(writingCalls, alarms, 1000);
  expect(await calls.remove(site.at("none"))).toBe("ENOENT");
  expect(await calls.names(site.root)).toEqual({ ok: true, value: [] });
  expect([alarms.clocks.length, alarms.set]).toEqual([2, 0]);
});
