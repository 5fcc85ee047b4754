import { describe, expect, test } from "bun:test";

import { EventLoop } from "../../src/schedule/event-loop.ts";

const source = JSON.stringify(import.meta.resolve("../../src/schedule/event-loop.ts"));

/**
 * Runs `script` in a process of its own: here its error would be the test's. In it `later` runs a
 * function some turns later.
 */
async function exitCodeOf(script: string): Promise<number> {
  const later = `
    const later = (run, turns = 5) =>
      setImmediate(() => (turns > 1 ? later(run, turns - 1) : run()));`;
  const begin = `import { EventLoop } from ${source}; const loop = new EventLoop();`;
  const all = `${begin} ${later} ${script}`;
  const child = Bun.spawn([process.execPath, "-e", all], { stdout: "ignore", stderr: "pipe" });
  return child.exited;
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the end of a turn", () => {
  test("comes before anything that was put off in it, and once", async () => {
    const loop = new EventLoop();
    const order: string[] = [];
    const turn = loop.turn();
    setImmediate(() => order.push("put off"));
    loop.afterTurn(() => order.push(`end of ${loop.turn() - turn}`));
    loop.afterTurn(() => {
      order.push("end");
      loop.afterTurn(() => order.push("end, added then"));
    });
    await immediate();
    expect(order).toEqual(["end of 0", "end", "end, added then", "put off"]);
    expect(loop.turn()).toBe(turn + 1);
    await immediate();
    expect(order).toHaveLength(4);
  });
});

describe("an error at the end of a turn", () => {
  test("ends the turn all the same", async () => {
    const script = `
      const turn = loop.turn();
      process.on("uncaughtException", () => undefined);
      loop.afterTurn(() => {
        throw new Error("no way");
      });
      later(() => process.exit(loop.turn() > turn ? 0 : 3));
    `;
    expect(await exitCodeOf(script)).toBe(0);
  });
});

describe("the next turn", () => {
  test("resumes each caller that waits for it once, and later callers in the turn after", async () => {
    const loop = new EventLoop();
    const order: string[] = [];
    const second = (): void => void order.push("second");
    const first = (): void => {
      order.push("first");
      if (order.length === 1) loop.defer(first);
    };
    for (const run of [first, second, first, first]) loop.defer(run);
    expect(order).toEqual([]);
    await immediate();
    expect(order).toEqual(["first", "second"]);
    await immediate();
    expect(order).toEqual(["first", "second", "first"]);
  });

  test("comes after the end of the turn in which it was asked for", async () => {
    const loop = new EventLoop();
    const order: string[] = [];
    const turn = loop.turn();
    loop.defer(() => order.push(`deferred to ${loop.turn() - turn}`));
    loop.afterTurn(() => order.push("end"));
    const next = loop.nextTurn().then(() => order.push("promised"));
    await next;
    expect(order).toEqual(["end", "deferred to 1", "promised"]);
  });

  test("has the others go on when one fails", async () => {
    const script = `
      let ran = 0;
      process.on("uncaughtException", () => undefined);
      loop.defer(() => {
        throw new Error("no way");
      });
      for (let i = 0; i < 3; i++) loop.defer(() => void ran++);
      later(() => process.exit(ran));
    `;
    expect(await exitCodeOf(script)).toBe(3);
  });
});

describe("an alarm", () => {
  test("rings, can be set anew, and doesn't keep the process alive", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const alarm = new EventLoop().alarm();
    alarm.set(1, () => resolve("first"));
    alarm.set(2, () => resolve("second"));
    expect(await promise).toBe("second");
    alarm.set(600_000, () => undefined);
    expect(await exitCodeOf("loop.alarm().set(600_000, () => {});")).toBe(0);
    alarm.clear();
  });

  test("that is cleared doesn't ring", async () => {
    const alarm = new EventLoop().alarm();
    let rang = 0;
    alarm.set(1, () => rang++);
    alarm.clear();
    await Bun.sleep(5);
    expect(rang).toBe(0);
  });
});
